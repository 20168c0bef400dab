import HTTP
import Transport
import Wire

extension LoopWorker {
    /// When an upstream may be asked again, in seconds, rounded up: `retry-after-ms`, else `retry-after`; of one that has said 429
    /// without either, when the limits are full again.
    static func retryAfter(_ connection: ClientConnection) -> Int? {
        if let text = text(connection, .retryAfterMilliseconds), let milliseconds = Int(text), milliseconds > 0 {
            return milliseconds / 1_000 + (milliseconds % 1_000 > 0 ? 1 : 0)
        }
        if let text = text(connection, .retryAfter) { return seconds(retryAfter: text) }
        return connection.head.status == 429 ? limitReset(connection) : nil
    }

    private static func text(_ connection: ClientConnection, _ name: FieldName) -> String? {
        connection.head.value(name).map { String(decoding: connection.headBytes($0), as: UTF8.self) }
    }

    private static func seconds(retryAfter text: String) -> Int? {
        if let seconds = Int(text) { return seconds > 0 ? seconds : nil }
        return RetryAfter.nanoseconds(text, at: wallClockNanoseconds()).flatMap(seconds)
    }

    private static func seconds(_ nanoseconds: Int64) -> Int? {
        nanoseconds > 0 ? Int((nanoseconds + 999_999_999) / 1_000_000_000) : nil
    }

    /// OpenAI's `x-ratelimit-reset-requests` and `-tokens`, which others have taken over
    /// (https://platform.openai.com/docs/guides/rate-limits): the later one of those that nothing remains of; else the earlier of
    /// those that could be the cause, as tokens may remain that are not enough.
    private static func limitReset(_ connection: ClientConnection) -> Int? {
        let requests = limit("requests", connection), tokens = limit("tokens", connection)
        let exhausted = [requests, tokens].filter { $0.remaining == 0 }.compactMap(\.reset)
        let possible = [requests.remaining == nil ? requests.reset : nil, tokens.reset].compactMap { $0 }
        return (exhausted.max() ?? possible.min()).flatMap(seconds)
    }

    /// - Returns: nanoseconds from now, and what remains until then.
    private static func limit(
        _ name: String, _ connection: ClientConnection
    ) -> (reset: Int64?, remaining: Int?) {
        var reset: Int64?, remaining: Int?
        for field in connection.head.fields where field.name == .other {
            let field = (
                name: String(decoding: connection.headBytes(field.nameRange), as: UTF8.self).lowercased(),
                value: String(decoding: connection.headBytes(field.valueRange), as: UTF8.self)
            )
            if field.name == "x-ratelimit-reset-\(name)" { reset = RetryAfter.duration(field.value) }
            if field.name == "x-ratelimit-remaining-\(name)" { remaining = Int(field.value) }
        }
        return (reset, remaining)
    }
}

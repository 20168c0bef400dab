import Configuration
import HTTP
import Ledger
import Providers
import Transport
import Wire

extension LoopWorker {
    /// What holds the answer of an attempt back; `nil`: it goes to the client as it comes, as no other attempt may follow.
    func withheldAnswer(_ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount) -> WithheldAnswer? {
        guard let way = exchange.way, attempt.status == 200 else { return nil }
        if way.mayMoveOn(after: exchange.attempts.count) {
            return WithheldAnswer(
                exchange, firstByteBy: (attempt.sentAt ?? attempt.startedAt) + way.patience(account))
        }
        return way.mayRepeat(after: exchange.attempts.count) ? WithheldAnswer(exchange, firstByteBy: nil) : nil
    }

    /// Reads an error, whose text is small, and keeps it: it is told if nobody else can serve the request.
    func keepError(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount, _ connection: ClientConnection
    ) async {
        let mask = exchange.echoMask()
        if let id = connection.head.value(.requestID) {
            attempt.upstreamRequestID = exchange.upstreamID(connection.headBytes(id))
        }
        var fields: [(name: [UInt8], value: [UInt8])] = []
        for field in connection.head.fields
        where AnthropicEndpoint.returns(responseField: field.name, passesThrough: exchange.passesThrough)
            && !connection.isHopByHop(field)
        {
            fields.append(
                (Array(connection.headBytes(field.nameRange)), mask.masked(connection.headBytes(field.valueRange))))
        }
        let isCompressed = connection.isCompressed
        connection.headIsUsed()
        let meter = AnswerMeter(.whole, isCompressed: false)
        do throws(ClientFault) {
            let patience = exchange.way?.patience(account) ?? account.timeouts.idle
            var bytes = try await connection.readAll(
                limit: Self.errorLimit, timeout: min(patience, account.timeouts.idle), abort: .downstreamHangup)
            if isCompressed {
                // What cannot be read cannot be looked through for what the provider echoes.
                guard let plain = Self.decompressed(bytes) else {
                    attempt.failure = .failed(.unreadable("a Content-Encoding that nobody asked for"), account.name)
                    return
                }
                bytes = plain
                fields.removeAll { $0.name.withUnsafeBytes { $0.equalsIgnoringCase("content-encoding") } }
            }
            mask.mask(&bytes)
            bytes.withUnsafeBytes { meter.consume($0, isLast: true) }
            attempt.meter = meter
            attempt.kept = KeptAnswer(status: attempt.status, fields: fields, body: bytes)
        } catch {
            attempt.fault = error
        }
    }

    /// `nil`: they are none of gzip or zlib, or too many.
    static func decompressed(_ bytes: [UInt8]) -> [UInt8]? {
        // Arrays lend their bytes with untyped errors only: through a result.
        try? bytes.withUnsafeBytes { bytes in
            Result { () throws(GunzipFault) in try gunzip(bytes, limit: errorLimit) }
        }.get()
    }

    /// A stream that began with an error: the event's data is what the error's body would have been.
    func keep(
        eventOf type: String, _ withheld: WithheldAnswer?, _ attempt: Attempt, _ exchange: Exchange,
        _ account: UpstreamAccount
    ) {
        var data = withheld?.bytes.withUnsafeBytes { KeptAnswer.data(inStream: $0) } ?? []
        exchange.echoMask().mask(&data)
        guard !data.isEmpty else {
            attempt.failure = .failed(
                UpstreamFailure(type: type, message: "the stream began with an error"), account.name)
            return
        }
        attempt.kept = KeptAnswer(
            status: KeptAnswer.status(of: type),
            fields: [(Array("content-type".utf8), Array("application/json".utf8))], body: data)
    }
}

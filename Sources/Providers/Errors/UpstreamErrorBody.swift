import Wire

/// What a provider's error says, whichever shape it has: OpenAI's, Google's (also in a list of one), xAI's strings, AWS's, Azure's,
/// Anthropic's, FastAPI's, or no JSON at all.
package struct UpstreamErrorBody: Sendable, Equatable {
    /// The provider's own name for the error; may be empty.
    package private(set) var code = ""
    /// For people, as it was written.
    package private(set) var message = ""
    /// Seconds that Google asks to wait (`RetryInfo`).
    package private(set) var retryDelay: Int?
    /// All that the provider calls it; the one that says most comes first.
    private var names: [String] = []
    /// What it says its status is, as servers do whose streams have begun with 200.
    private var status: Int?

    /// `awsType`: the value of `x-amzn-errortype`.
    package init(_ body: UnsafeRawBufferPointer, awsType: String = "") {
        var value = (try? JSONValue(parsing: body)) ?? .null
        if let list = value.array, let first = list.first { value = first }
        if let type = awsType.split(separator: ":").first { name([String(type)]) }
        read(value)
        if message.isEmpty { message = Self.plain(body) }
    }

    /// An error that a stream has: the event that tells it, the object in it, or a plain string.
    package init(inStream bytes: UnsafeRawBufferPointer) {
        let value = (try? JSONValue(parsing: bytes)) ?? .null
        if let text = value.string { message = text } else { read(value) }
    }

    /// - Parameters:
    ///   - status: of the answer, where it is one of an error.
    ///   - sent: with the request.
    func kind(status: Int?, _ sent: SentMedia) -> ErrorKind {
        ErrorKind(status: status ?? self.status, names: names, text: message, sent: sent)
    }

    private mutating func read(_ value: JSONValue) {
        guard let object = value.object else { return }
        if let error = object["error"], !error.isNull {
            if let text = error.string {
                message = text
                name([object["code"]?.string])
            } else {
                read(error: error)
            }
        } else if let detail = object["detail"], !detail.isNull {
            message = Self.reasons(detail)
        } else {
            read(error: value)
        }
    }

    private mutating func read(error: JSONValue) {
        message = error["message"]?.string ?? error["Message"]?.string ?? ""
        status = [error["code"], error["status"]].compactMap { $0.flatMap(Self.status) }.first
        name([error["status"]?.string, error["code"]?.string, error["type"]?.string])
        if let inner = error["innererror"]?["code"]?.string { name([inner]) }
        for detail in error["details"]?.array ?? [] {
            if let delay = detail["retryDelay"]?.string, let seconds = Double(delay.dropLast()),
                (0.0...Self.longestDelay).contains(seconds)
            {
                retryDelay = Int(seconds.rounded(.up))
            }
            if let reason = detail["reason"]?.string, reason == "API_KEY_INVALID" { name([reason]) }
        }
    }

    /// What is told later says more.
    private mutating func name(_ given: [String?]) {
        let given = given.compactMap { $0 }.filter { !$0.isEmpty && Int($0) == nil }
        code = given.first ?? code
        names = given + names
    }

    /// A number that could be the status of an error, also as text.
    private static func status(_ value: JSONValue) -> Int? {
        let number = value.int64.flatMap { Int(exactly: $0) } ?? value.string.flatMap { Int($0) }
        return number.flatMap { (400...599).contains($0) ? $0 : nil }
    }

    /// FastAPI's: a sentence, or what is wrong with each part of the request, by its path.
    private static func reasons(_ detail: JSONValue) -> String {
        if let text = detail.string { return text }
        let reasons = (detail.array ?? []).prefix(mostReasons).compactMap { part -> String? in
            guard let reason = part["msg"]?.string else { return part.string }
            let path = (part["loc"]?.array ?? []).map { $0.string ?? $0.text }.joined(separator: ".")
            return path.isEmpty ? reason : "\(path): \(reason)"
        }
        return reasons.joined(separator: "; ")
    }

    private static let mostReasons = 5

    /// Thirty days; what is more, or no number, is no delay.
    private static let longestDelay = 2_592_000.0

    /// The beginning of what is no JSON: a page of a proxy, a line of text.
    private static func plain(_ body: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: body.prefix(300), as: UTF8.self).drop(while: \.isWhitespace)
        return ["<", "{", "["].contains { text.hasPrefix($0) } ? "" : String(text)
    }
}

import Wire

/// What a provider's error answer says, whichever shape it has: OpenAI's, Google's (also in a list of one), xAI's strings, AWS's,
/// Azure's, Anthropic's, or no JSON at all.
package struct UpstreamErrorBody: Sendable, Equatable {
    /// The provider's own name for the error; may be empty.
    package private(set) var code = ""
    /// For people, as it was written.
    package private(set) var message = ""
    /// The body is an error of Anthropic's, which clients understand as it is.
    package private(set) var isAnthropic = false
    /// Seconds that Google asks to wait (`RetryInfo`).
    package private(set) var retryDelay: Int?

    /// `awsType`: the value of `x-amzn-errortype`.
    package init(_ body: UnsafeRawBufferPointer, awsType: String = "") {
        var value = (try? JSONValue(parsing: body)) ?? .null
        if let list = value.array, let first = list.first { value = first }
        if let type = awsType.split(separator: ":").first { code = String(type) }
        read(value)
        if message.isEmpty { message = Self.plain(body) }
    }

    private mutating func read(_ value: JSONValue) {
        guard let object = value.object else { return }
        isAnthropic = object["type"]?.string == "error" && object["error"]?["type"]?.string != nil
        if let error = object["error"] {
            if let text = error.string {
                message = text
                code = object["code"]?.string ?? code
            } else {
                read(error: error)
            }
        } else {
            message = object["message"]?.string ?? object["Message"]?.string ?? ""
        }
    }

    private mutating func read(error: JSONValue) {
        message = error["message"]?.string ?? ""
        let names = [error["status"]?.string, error["code"]?.string, error["type"]?.string]
        code = names.compactMap { $0 }.first { !$0.isEmpty && Int($0) == nil } ?? code
        if let inner = error["innererror"]?["code"]?.string { code = inner }
        for detail in error["details"]?.array ?? [] {
            if let delay = detail["retryDelay"]?.string, let seconds = Double(delay.dropLast()),
                (0.0...Self.longestDelay).contains(seconds)
            {
                retryDelay = Int(seconds.rounded(.up))
            }
            if let reason = detail["reason"]?.string, reason == "API_KEY_INVALID" { code = reason }
        }
    }

    /// Thirty days; what is more, or no number, is no delay.
    private static let longestDelay = 2_592_000.0

    /// The beginning of what is no JSON: a page of a proxy, a line of text.
    private static func plain(_ body: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: body.prefix(300), as: UTF8.self).drop(while: \.isWhitespace)
        return ["<", "{", "["].contains { text.hasPrefix($0) } ? "" : String(text)
    }
}

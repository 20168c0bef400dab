import Wire

extension UpstreamFailure {
    /// Google's error object: `{code, message, status, details}`. https://cloud.google.com/apis/design/errors
    package init(google bytes: UnsafeRawBufferPointer) {
        let value = (try? JSONValue(parsing: bytes)) ?? .null
        let status = value["status"]?.string ?? Self.status(of: value["code"]?.int64 ?? 0)
        let text = value["message"]?.string ?? value.string ?? "The provider failed."
        self.init(type: Self.type(of: status), message: AccountText.clean(text))
    }

    /// The status that a code stands for, where only that is said.
    private static func status(of code: Int64) -> String {
        switch code {
        case 400: "INVALID_ARGUMENT"
        case 429: "RESOURCE_EXHAUSTED"
        case 503, 529: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: ""
        }
    }
}

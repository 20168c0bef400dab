import Wire

/// A failure of a provider in the middle of an answer, in Anthropic's words. What a provider writes for people goes on to the
/// client without what identifies an account.
package struct UpstreamFailure: Error, Sendable, Equatable {
    /// `overloaded_error`, `api_error`, …
    package let type: String
    package let message: String
    /// The provider told it, as an error of its own; otherwise it is what we make of an answer that is none.
    package let isTold: Bool

    package init(type: String, message: String) {
        self.init(type: type, message: message, isTold: false)
    }

    private init(type: String, message: String, isTold: Bool) {
        self.type = type
        self.message = message
        self.isTold = isTold
    }

    package static let cut = UpstreamFailure(
        type: "overloaded_error", message: "The provider's answer ended too early.")

    package static func unreadable(_ what: StaticString) -> UpstreamFailure {
        UpstreamFailure(type: "api_error", message: "The provider's answer has \(what).")
    }

    /// An error that a stream has, as the event that tells it, the object in it, or a plain string as xAI sends it.
    package init(inStream bytes: UnsafeRawBufferPointer, sent: SentMedia) {
        let body = UpstreamErrorBody(inStream: bytes)
        self.init(body.kind(status: nil, sent), body.message)
    }

    init(_ kind: ErrorKind, _ text: String) {
        let (type, message) = Self.words(for: kind, text)
        self.init(type: type, message: message, isTold: true)
    }

    private static func words(for kind: ErrorKind, _ text: String) -> (type: String, message: String) {
        let shown = text.isEmpty ? "The provider failed." : AccountText.clean(text)
        return switch kind {
        case .promptTooLong: ("invalid_request_error", ContextLength.told(text))
        case .media(let media): ("invalid_request_error", media.told(shown))
        case .noQuota: ("billing_error", "The account has no credit or quota left at its provider.")
        case .blocked: ("policy_blocked", "The provider's content filter refused the request: \(shown)")
        case .credential:
            ("api_error", "The provider refused the gateway's own credential; its operator has to look.")
        case .invalid: ("invalid_request_error", shown)
        case .notFound: ("not_found_error", shown)
        case .requestTooLarge: ("request_too_large", shown)
        case .rateLimited: ("rate_limit_error", shown)
        case .overloaded: ("overloaded_error", shown)
        case .timedOut: ("timeout_error", shown)
        case .failed: ("api_error", shown)
        }
    }
}

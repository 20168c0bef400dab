import Wire

/// A failure of a provider in the middle of an answer, in Anthropic's words. What a provider writes for people goes on to the
/// client without what identifies an account.
package struct UpstreamFailure: Error, Sendable, Equatable {
    /// `overloaded_error`, `api_error`, …
    package let type: String
    package let message: String

    package init(type: String, message: String) {
        self.type = type
        self.message = message
    }

    package static let cut = UpstreamFailure(
        type: "overloaded_error", message: "The provider's answer ended too early.")

    package static func unreadable(_ what: StaticString) -> UpstreamFailure {
        UpstreamFailure(type: "api_error", message: "The provider's answer has \(what).")
    }

    /// An error that a stream has, as the event that tells it, the object in it, or a plain string as xAI sends it.
    package init(inStream bytes: UnsafeRawBufferPointer) {
        let body = UpstreamErrorBody(inStream: bytes)
        self.init(body.kind(status: nil), body.message)
    }

    init(_ kind: ErrorKind, _ text: String) {
        let shown = text.isEmpty ? "The provider failed." : AccountText.clean(text)
        switch kind {
        case .promptTooLong: self.init(type: "invalid_request_error", message: ContextLength.told(text))
        case .noQuota:
            self.init(type: "billing_error", message: "The account has no credit or quota left at its provider.")
        case .blocked:
            self.init(
                type: "policy_blocked", message: "The provider's content filter refused the request: \(shown)")
        case .credential:
            self.init(
                type: "api_error",
                message: "The provider refused the gateway's own credential; its operator has to look.")
        case .invalid: self.init(type: "invalid_request_error", message: shown)
        case .notFound: self.init(type: "not_found_error", message: shown)
        case .requestTooLarge: self.init(type: "request_too_large", message: shown)
        case .rateLimited: self.init(type: "rate_limit_error", message: shown)
        case .overloaded: self.init(type: "overloaded_error", message: shown)
        case .timedOut: self.init(type: "timeout_error", message: shown)
        case .failed: self.init(type: "api_error", message: shown)
        }
    }
}

import Wire

/// A failure of a provider in the middle of an answer, in Anthropic's words. What a provider writes for people goes on to the
/// client without what identifies an account.
package struct UpstreamFailure: Sendable, Equatable {
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

    /// An error object of OpenAI's interfaces, or a plain string as xAI sends it.
    package init(openAI bytes: UnsafeRawBufferPointer) {
        let value = (try? JSONValue(parsing: bytes)) ?? .null
        let code = value["code"]?.string ?? value["type"]?.string ?? ""
        let text = value["message"]?.string ?? value.string ?? "The provider failed."
        self.init(type: Self.type(of: code), message: AccountText.clean(text))
    }

    /// Anthropic's type for the codes and statuses of others.
    package static func type(of code: String) -> String {
        switch code {
        case "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "throttlingException": "rate_limit_error"
        case "server_is_overloaded", "slow_down", "overloaded", "UNAVAILABLE", "serviceUnavailableException",
            "modelNotReadyException":
            "overloaded_error"
        case "invalid_request_error", "INVALID_ARGUMENT", "validationException", "context_length_exceeded":
            "invalid_request_error"
        case "DEADLINE_EXCEEDED", "modelTimeoutException": "timeout_error"
        default: "api_error"
        }
    }
}

import Wire

/// A provider's error as the client is told it: with the status and the words that make Claude Code recover by itself, and
/// nothing that names the organisation's accounts.
package enum ErrorTranslation {
    /// What is known of a failed answer.
    package struct Answer: Sendable {
        package let status: Int
        package let body: UpstreamErrorBody
        /// Seconds, from `retry-after` or its like.
        package let retryAfter: Int?

        package init(status: Int, body: UpstreamErrorBody, retryAfter: Int?) {
            self.status = status
            self.body = body
            self.retryAfter = retryAfter
        }
    }

    package static func refusal(_ answer: Answer, model: String, account: String) -> Refusal {
        let code = answer.body.code, text = answer.body.message
        if isTooLong(code, text) { return .upstream(400, "invalid_request_error", tooLong(text)) }
        if text.contains("exceeds 30.000MB") { return .upstream(400, "invalid_request_error", "Input is too long.") }
        if isQuota(code) {
            return .upstream(
                429, "billing_error", "The account \(account) has no credit or quota left at its provider.")
        }
        if isBlocked(code) {
            return .upstream(400, "policy_blocked", "The provider's content filter refused the request: \(shown(text))")
        }
        if isOurCredential(answer) {
            return .upstream(
                500, "api_error",
                "The provider refused the gateway's own credential for \(account); its operator has to look.")
        }
        if answer.status == 200 { return byCode(answer, account) }
        return byStatus(answer, model)
    }

    /// An error that came with 200: what it is called says what it is.
    private static func byCode(_ answer: Answer, _ account: String) -> Refusal {
        let text = answer.body.message
        let sentence = text.isEmpty ? "The provider's answer is no stream." : AccountText.clean(text)
        return .failed(UpstreamFailure(type: UpstreamFailure.type(of: answer.body.code), message: sentence), account)
    }

    private static func byStatus(_ answer: Answer, _ model: String) -> Refusal {
        let text = shown(answer.body.message)
        switch answer.status {
        case 404: return .upstream(404, "not_found_error", "model: \(model): \(text)")
        case 408, 504: return .upstream(504, "timeout_error", text)
        case 413: return .upstream(413, "request_too_large", text)
        case 429:
            if answer.body.code == "ModelNotReadyException" { return .upstream(529, "overloaded_error", text) }
            var refusal = Refusal.upstream(429, "rate_limit_error", text)
            refusal.retryAfter = answer.retryAfter ?? answer.body.retryDelay
            return refusal
        case 503, 529: return .upstream(529, "overloaded_error", text)
        case 400..<500: return .upstream(400, "invalid_request_error", text)
        default: return .upstream(500, "api_error", text)
        }
    }

    private static func shown(_ text: String) -> String {
        text.isEmpty ? "the provider gave no reason" : AccountText.clean(text)
    }

    // MARK: Kinds

    private static func isTooLong(_ code: String, _ text: String) -> Bool {
        if code == "context_length_exceeded" { return true }
        let text = text.lowercased()
        return [
            "maximum context length", "context window", "input token count", "input is too long", "prompt is too long",
            "context length", "maximum prompt length", "too many tokens", "exceeds the maximum number of tokens",
            "exceed_context_size_error", "exceeds the available context size",
        ].contains { text.contains($0) }
    }

    /// Claude Code compacts when it reads this, by the numbers if they are there.
    static func tooLong(_ text: String) -> String {
        if text.lowercased().contains("input is too long") { return "Input is too long." }
        let numbers = text.split { !($0.isASCII && $0.isNumber) && $0 != "," }
            .compactMap { Int($0.filter { $0 != "," }) }.filter { $0 >= 256 }
        guard let most = numbers.max(), let least = numbers.min(), most > least else { return "prompt is too long" }
        // What was asked for is more than what is allowed; of several parts the allowance is said first.
        let allowed = numbers.first.map { $0 < most ? $0 : least } ?? least
        return "prompt is too long: \(most) tokens > \(allowed) maximum"
    }

    private static func isQuota(_ code: String) -> Bool {
        ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"].contains(code)
    }

    private static func isBlocked(_ code: String) -> Bool {
        ["content_filter", "ResponsibleAIPolicyViolation", "content_policy_violation"].contains(code)
    }

    /// Not 401 and not 403: the client would ask its user to log in.
    private static func isOurCredential(_ answer: Answer) -> Bool {
        if answer.status == 401 || answer.status == 403 || answer.status == 402 { return true }
        if [
            "API_KEY_INVALID", "invalid_api_key", "ExpiredTokenException", "UnrecognizedClientException",
            "InvalidSignatureException", "IncompleteSignature",
        ].contains(answer.body.code) {
            return true
        }
        // xAI says so with 400.
        return answer.status == 400 && answer.body.message.lowercased().contains("incorrect api key")
    }
}

extension Refusal {
    /// What a provider's error became. Errors of the request are final; so is what only an operator can mend.
    package static func upstream(_ status: Int, _ type: StaticString, _ message: String) -> Refusal {
        Refusal(status, type, message, isFinal: (400..<429).contains(status) || "\(type)" == "billing_error")
    }

    /// A failure that came before anything could be told to the client.
    package static func failed(_ failure: UpstreamFailure, _ account: String) -> Refusal {
        let text = "\(account): \(failure.message)"
        switch failure.type {
        case "rate_limit_error": return .upstream(429, "rate_limit_error", text)
        case "overloaded_error": return .upstream(529, "overloaded_error", text)
        case "timeout_error": return .upstream(504, "timeout_error", text)
        case "invalid_request_error":
            if ErrorTranslation.mentionsLength(failure.message) {
                return .upstream(400, "invalid_request_error", ErrorTranslation.tooLong(failure.message))
            }
            return .upstream(400, "invalid_request_error", text)
        default: return .upstream(500, "api_error", text)
        }
    }
}

extension ErrorTranslation {
    static func mentionsLength(_ text: String) -> Bool { isTooLong("", text) }
}

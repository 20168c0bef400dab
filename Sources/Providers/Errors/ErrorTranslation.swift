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
        /// What it was sent with is always the same: if it is refused, nothing is won by sending it again.
        package let hasStandingCredential: Bool
        /// With the request.
        package let sent: SentMedia

        package init(
            status: Int, body: UpstreamErrorBody, retryAfter: Int?, hasStandingCredential: Bool = false,
            sent: SentMedia
        ) {
            self.status = status
            self.body = body
            self.retryAfter = retryAfter
            self.hasStandingCredential = hasStandingCredential
            self.sent = sent
        }
    }

    package static func refusal(_ answer: Answer, model: String, account: String) -> Refusal {
        let text = shown(answer.body.message)
        let kind = answer.body.kind(status: answer.status == 200 ? nil : answer.status, answer.sent)
        switch kind {
        case .promptTooLong:
            return .upstream(400, "invalid_request_error", ContextLength.told(answer.body.message))
        case .media(let media): return .upstream(400, "invalid_request_error", media.told(text))
        case .noQuota:
            return .upstream(
                429, "billing_error", "The account \(account) has no credit or quota left at its provider.")
        case .blocked:
            return .upstream(400, "policy_blocked", "The provider's content filter refused the request: \(text)")
        case .credential:
            return Refusal(
                500, "api_error",
                "The provider refused the gateway's own credential for \(account); its operator has to look.",
                isFinal: answer.hasStandingCredential)
        case .notFound: return .upstream(404, "not_found_error", "model: \(model): \(text)")
        default: break
        }
        if answer.status == 200 { return unasked(kind, answer.body, account) }
        return plain(kind, text, answer)
    }

    /// An error that came with 200.
    private static func unasked(_ kind: ErrorKind, _ body: UpstreamErrorBody, _ account: String) -> Refusal {
        let sentence = body.message.isEmpty ? "The provider's answer is no stream." : body.message
        return .failed(UpstreamFailure(kind, sentence), account)
    }

    private static func plain(_ kind: ErrorKind, _ text: String, _ answer: Answer) -> Refusal {
        switch kind {
        case .timedOut: return .upstream(504, "timeout_error", text)
        case .requestTooLarge: return .upstream(413, "request_too_large", text)
        case .rateLimited:
            var refusal = Refusal.upstream(429, "rate_limit_error", text)
            refusal.retryAfter = answer.retryAfter ?? answer.body.retryDelay
            return refusal
        case .overloaded: return .upstream(529, "overloaded_error", text)
        case .invalid: return .upstream(400, "invalid_request_error", text)
        default: return .upstream(500, "api_error", text)
        }
    }

    private static func shown(_ text: String) -> String {
        text.isEmpty ? "the provider gave no reason" : AccountText.clean(text)
    }
}

extension Refusal {
    /// What a provider's error became. Errors of the request are final; so is what only an operator can mend.
    package static func upstream(_ status: Int, _ type: StaticString, _ message: String) -> Refusal {
        Refusal(
            status, type, message,
            isFinal: (400..<429).contains(status) || "\(type)" == "billing_error")
    }

    /// A failure that came before anything could be told to the client.
    package static func failed(_ failure: UpstreamFailure, _ account: String) -> Refusal {
        let text = "\(account): \(failure.message)"
        switch failure.type {
        case "rate_limit_error": return .upstream(429, "rate_limit_error", text)
        case "billing_error": return .upstream(429, "billing_error", text)
        case "overloaded_error": return .upstream(529, "overloaded_error", text)
        case "timeout_error": return .upstream(504, "timeout_error", text)
        case "policy_blocked": return .upstream(400, "policy_blocked", failure.message)
        case "not_found_error": return .upstream(404, "not_found_error", text)
        case "request_too_large": return .upstream(413, "request_too_large", text)
        case "invalid_request_error":
            return .upstream(
                400, "invalid_request_error", ContextLength.isTold(failure.message) ? failure.message : text)
        default: return .upstream(500, "api_error", text)
        }
    }
}

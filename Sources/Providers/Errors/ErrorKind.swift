/// What a provider's error is about: by its status, by the provider's own names for it and by its sentence, alike for one that came
/// as an answer and for one within a stream.
enum ErrorKind: Sendable, Equatable {
    case promptTooLong
    case media(RefusedMedia)
    case noQuota
    /// By a filter of contents, or for what the provider's rules forbid.
    case blocked
    /// The provider does not take the gateway's own credential.
    case credential
    case invalid
    case notFound
    case requestTooLarge
    case rateLimited
    case overloaded
    case timedOut
    case failed

    /// - Parameters:
    ///   - status: as of HTTP; `nil` where there is none, within a stream.
    ///   - names: codes and types, the one that says most first.
    ///   - text: of the provider; what it quotes of the request says nothing.
    init(status: Int?, names: [String], text: String, sent: SentMedia) {
        let names = names.map { $0.lowercased() }, text = Self.unquoted(text).lowercased()
        let named = names.lazy.compactMap { Self.usual[$0] }.first
        if let kind = names.lazy.compactMap({ Self.certain[$0] }).first {
            self = kind
        } else if Self.isBlocked(status, names, text) {
            self = .blocked
        } else if Self.mayBeTooLong(status, names, named), ContextLength.isMentioned(text) {
            self = .promptTooLong
        } else if let media = RefusedMedia(status: status, names: names, text: text, sent: sent) {
            self = .media(media)
        } else if status == 400, text.contains("incorrect api key") {
            // xAI's.
            self = .credential
        } else if let status {
            let kind = Self.of(status)
            self = kind == .invalid ? named ?? .invalid : kind
        } else {
            self = named ?? .failed
        }
    }

    /// A sentence without what stands behind it of the request, as Pydantic's errors have it: whatever the conversation is about would
    /// be taken for the reason.
    static func unquoted(_ text: String) -> String {
        var text = text.prefix(longestReason)
        for mark in [", 'input':", ", \"input\":", ",\"input\":", ", input_value="] {
            if let quote = text.firstRange(of: mark) { text = text[..<quote.lowerBound] }
        }
        return String(text)
    }

    /// In characters. Reasons stand in front.
    private static let longestReason = 1000

    /// What a status says by itself.
    private static func of(_ status: Int) -> ErrorKind {
        switch status {
        case 401, 402, 403: .credential
        case 404: .notFound
        case 408, 504: .timedOut
        case 413: .requestTooLarge
        case 429: .rateLimited
        case 503, 529: .overloaded
        case 400..<500: .invalid
        default: .failed
        }
    }

    /// Limits of tokens in a minute or a day are told in the same words, but with other statuses, or under other names.
    private static func mayBeTooLong(_ status: Int?, _ names: [String], _ named: ErrorKind?) -> Bool {
        guard let status else { return named == .invalid || names.isEmpty }
        return [400, 413, 422].contains(status) && named ?? .invalid == .invalid
    }

    private static func isBlocked(_ status: Int?, _ names: [String], _ text: String) -> Bool {
        guard [nil, 400, 403].contains(status) else { return false }
        if names.contains("invalid_prompt") { return text.contains("flagged") || text.contains("usage policy") }
        // xAI's, and OpenRouter's.
        return ["violates usage guidelines", "safety_check_", "input was flagged"].contains { text.contains($0) }
    }

    /// Names that say more than any status.
    private static let certain: [String: ErrorKind] = [
        "context_length_exceeded": .promptTooLong, "exceed_context_size_error": .promptTooLong,
        "insufficient_quota": .noQuota, "billing_hard_limit_reached": .noQuota, "billing_not_active": .noQuota,
        "content_filter": .blocked, "content_policy_violation": .blocked, "responsibleaipolicyviolation": .blocked,
        "api_key_invalid": .credential, "invalid_api_key": .credential, "expiredtokenexception": .credential,
        "unrecognizedclientexception": .credential, "invalidsignatureexception": .credential,
        "incompletesignature": .credential,
        "throttlingexception": .rateLimited, "modelnotreadyexception": .overloaded,
    ]

    /// Names that count where no status says it.
    private static let usual: [String: ErrorKind] = [
        "rate_limit_exceeded": .rateLimited, "rate_limit_error": .rateLimited, "resource_exhausted": .rateLimited,
        "server_is_overloaded": .overloaded, "slow_down": .overloaded, "overloaded": .overloaded,
        "overloaded_error": .overloaded, "unavailable": .overloaded, "serviceunavailableexception": .overloaded,
        "invalid_request_error": .invalid, "invalid_argument": .invalid, "validationexception": .invalid,
        "invalid_prompt": .invalid,
        "model_not_found": .notFound, "not_found": .notFound, "not_found_error": .notFound,
        "throttling_error": .rateLimited, "server_error": .failed, "api_error": .failed, "internal_error": .failed,
        "deadline_exceeded": .timedOut, "modeltimeoutexception": .timedOut, "timeout_error": .timedOut,
    ]
}

/// Whose prompts and answers are recorded, and how much of them: `content_capture`. Without a rule nobody's are.
package struct ContentRule: Sendable {
    package enum Part: String, CaseIterable, Sendable { case request, response }

    /// What the client's `x-tollgate-logging-config` may say: `{"enabled": true}`.
    package enum Client: String, CaseIterable, Sendable {
        /// `false` keeps a request out.
        case mayDecline = "may_decline"
        /// Only what says `true` is recorded.
        case mustConsent = "must_consent"
        /// What the client says does not matter.
        case ignored
    }

    /// What is taken out by a pattern of our own.
    package enum Redaction: String, CaseIterable, Sendable { case secrets, emails, cards }

    package let id: String
    package var when = RuleMatch()
    package var parts: [Part] = Part.allCases
    /// Of the requests that it is about, 0...1.
    package var sample = 1.0
    /// Bytes of each part, at most.
    package var maximumBytes = 64 * 1024
    package var client = Client.mayDecline
    /// What is taken out before anything leaves, each place with the label that stands there then.
    package var redactions: [(label: String, pattern: Pattern)] = []

    package init(id: String) { self.id = id }
}

extension ContentRule.Redaction {
    /// Made once; that they compile is tested.
    package var patterns: [Pattern] { Self.compiled[self] ?? [] }

    private static let compiled: [Self: [Pattern]] = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, $0.texts.compactMap { try? Pattern($0) }) })

    /// Known forms of credentials; addresses; numbers of payment cards. What other text follows has bounds (RFC 5321, 4.5.3.1): a
    /// run that could be of any length would be looked through from each of its places.
    var texts: [String] {
        switch self {
        case .secrets:
            [
                #"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"#, #"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"#,
                #"\bgh[pousr]_[A-Za-z0-9]{20,}"#, #"\bgithub_pat_[A-Za-z0-9_]{20,}"#, #"\bglpat-[A-Za-z0-9_-]{16,}"#,
                #"\bxox[abeprs]-[A-Za-z0-9-]{10,}"#, #"\bAIza[A-Za-z0-9_-]{30,}"#, #"\btgk_[A-Za-z0-9]{16,}"#,
                #"\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,16384}\.[A-Za-z0-9_-]*"#,
                #"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"#,
                #"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{12,}"#,
                #"(?i)\b(?:password|passwd|secret|api[_-]?key|access[_-]?token)\b["']?\s*[:=]\s*["']?[^\s"',;]{6,}"#,
            ]
        case .emails: [#"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+\b"#]
        case .cards: [#"\b(?:\d[ -]?){12,18}\d\b"#]
        }
    }
}

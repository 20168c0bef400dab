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

    /// Known forms of credentials; addresses; numbers of payment cards. What other text follows has bounds, or begins where no run of
    /// its characters can have begun before: a run that could be of any length would be looked through from each of its places.
    var texts: [String] {
        switch self {
        case .secrets:
            [
                "\(Self.begin)(?:\(Self.forms.joined(separator: "|")))",
                #"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"#,
                #"(?i)\#(Self.begin)bearer\s+[A-Za-z0-9._~+/=-]{12,}"#,
                #"(?i)\bauthorization\b\\*["']?\s*[:=]\s*\\*["']?\w{1,20}\s+\K[^\s"',;]{6,}"#,
                #"(?i)(?:\#(Self.names.joined(separator: "|")))\b\#(Self.value)"#,
                // Variables of an environment. In small letters a token is often one of a parser.
                #"[A-Z0-9]_(?:TOKEN|PASS|PWD|PAT)\b\#(Self.value)"#,
                #"://[^\s/:@"'<>]{0,256}:\K[^\s/@"'<>]{1,256}(?=@)"#,
                #"(?i)[?&](?:[\w-]{0,40}(?:token|signature)|sig)=\K[^\s&"'<>\\]{6,}"#,
                // `Cookie: NAME=…` and `Set-Cookie:`, to the end of the line.
                #"(?i)\bcookie\b\\*["']?[ \t]*:[ \t]*\\*["']?\K(?=[^\s=;"'\\]{1,128}=)[^\n"'\\]{6,4096}"#,
                // Options of commands: `--db-password …`, `-u NAME:…`.
                #"(?i)(?<![\w-])--[\w-]{0,40}(?:\#(Self.names.joined(separator: "|"))|token)\#(Self.argument)"#,
                #"(?<=\s)(?:-u|--user)[ \t=]\\*["']?[^\s:"'\\]{1,128}:\K[^\s"'\\]{6,}"#,
            ]
        case .emails:
            // Letters of any script (RFC 6531).
            [#"(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]++@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+"#]
        case .cards: [#"\b(?:\d[ -]?){12,18}\d\b"#]
        }
    }

    /// Where a word begins, also behind an escape of JSON's in text that is not taken apart: `…\nsk-…`.
    private static let begin = #"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"#

    /// By the beginnings that those who issue them chose.
    private static let forms = [
        #"(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"#, #"(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"#,
        #"(?:AKIA|ASIA)[A-Z0-9]{16}\b"#,
        #"gh[pousr]_[A-Za-z0-9]{20,}"#, #"github_pat_[A-Za-z0-9_]{20,}"#, #"glpat-[A-Za-z0-9_-]{16,}"#,
        #"xox[abeprs]-[A-Za-z0-9-]{10,}"#, #"AIza[A-Za-z0-9_-]{30,}"#, #"AQ\.[A-Za-z0-9_-]{30,}"#,
        #"ya29\.[A-Za-z0-9_.-]{16,}"#, #"1//0[A-Za-z0-9_-]{30,}"#,
        #"tgk_[A-Za-z0-9]{16,}"#, #"xai-[A-Za-z0-9]{20,}"#, #"npm_[A-Za-z0-9]{30,}"#, #"hf_[A-Za-z0-9]{30,}"#,
        #"bedrock-api-key-[A-Za-z0-9+/=_-]{16,}"#, #"ABSK[A-Za-z0-9+/]{40,}=*"#,
        #"eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,16384}\.[A-Za-z0-9_-]*"#,
    ]

    /// Ends of names of what is secret: `password`, `DB_PASSWORD`, `aws_secret_access_key`, `clientSecret`.
    private static let names = [
        "passw(?:or)?d", "passphrase", "secret", "secret[_-]?key(?:[_-]base)?",
        "(?:api|access|account|private|encryption|signing)[_-]?key", "(?:access|auth|refresh|session|bearer)[_-]?token",
    ]

    /// What such a name is given, quoted or not; of `{\"password\": \"…\"}` too, JSON that is a text of other JSON; between tags; in
    /// a URL that is part of another; as the `value` of that `name`, as containers have their variables. The name stays.
    private static let value =
        #"\\*["']?(?:\s*(?:=>|:=|[:=])\s*\#(given)|[\s,]{1,64}\\*["']?value\\*["']?\s*:\s*\#(given)"#
        + #"|>\K[^<\n]{6,256}(?=</)|%3[aAdD]\K[^\s"'&<>]{6,})"#

    /// What follows such an option, unless it is the next one.
    private static let argument =
        #"(?:[ \t]+|=)(?:\\*"\K[^"\n]{6,1024}|\\*'\K[^'\n]{6,1024}|\K[^\s"'\\-][^\s"'\\]{5,})"#

    private static let given = #"(?:\\*"\K[^"\n]{6,1024}|\\*'\K[^'\n]{6,1024}|\K[^\s"',;]{6,})"#
}

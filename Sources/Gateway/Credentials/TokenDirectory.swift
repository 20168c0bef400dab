import Governance

/// What a loop knows of tokens at one moment; immutable.
struct TokenDirectory: Sendable {
    /// Grows with each change: what was made later counts.
    let version: Int
    let verifier: TokenVerifier
    /// Where the keys of each issuer come from; `nil` for a secret.
    let sources: [KeySetSource?]
}

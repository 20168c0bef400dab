/// Why there is no credential for an upstream. No sentence of it holds a secret.
package enum CredentialFault: Error, Sendable, Equatable {
    /// A file cannot be read, or is not what it should be.
    case file(path: String, reason: String)
    /// The variables of this process do not make a credential.
    case environment(reason: String)
    /// The endpoint did not answer.
    case unreachable(endpoint: String, reason: String, advice: String)
    /// It answered that it gives none; `reason` is its own word for it, if it had one.
    case refused(endpoint: String, status: Int, reason: String?, advice: String)
    /// It answered something that cannot be understood.
    case malformed(endpoint: String, reason: String, advice: String)
    /// The caller's own client went away first.
    case cancelled

    /// One sentence for logs and error messages: what happened where, and what to do.
    package var sentence: String {
        switch self {
        case .file(let path, let reason): "the credential file \(path) cannot be used: \(reason)"
        case .environment(let reason): reason
        case .unreachable(let endpoint, let reason, let advice):
            "no credential from \(endpoint): \(reason); \(advice)"
        case .refused(let endpoint, let status, let reason, let advice):
            "no credential from \(endpoint): it answered \(status)\(reason.map { " (\($0))" } ?? ""); \(advice)"
        case .malformed(let endpoint, let reason, let advice):
            "no credential from \(endpoint): \(reason); \(advice)"
        case .cancelled: "given up, as the client went away"
        }
    }
}

import Configuration

/// What authenticates one attempt.
package enum UpstreamCredential: Sendable {
    /// Nothing of ours: only the client's own login can serve.
    case none
    /// A field of the request.
    case field(name: StaticString, value: Secret)
    /// The request is signed: see `SigV4`.
    case aws(AWSCredentials)
}

/// A credential that may end.
struct TimedCredential: Sendable {
    let credential: UpstreamCredential
    /// Unix nanoseconds; nil: it does not end.
    let expiry: Int64?
}

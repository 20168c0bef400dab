import CLinux

/// What can go wrong with sockets, names and TLS.
package enum TransportError: Error, Equatable {
    /// A system call failed: the call's name and its `errno`.
    case system(call: String, errno: Int32)
    /// The name did not resolve; `reason` is the resolver's own sentence.
    case unresolved(host: String, reason: String)
    /// TLS failed, but for the certificate; `reason` is OpenSSL's sentence.
    case tls(reason: String)
    /// The peer's certificate was refused: whose, and why.
    case certificate(owner: String, reason: String)
    /// Certificate, key or CA files could not be used.
    case tlsConfiguration(reason: String)
    /// The proxy gives no tunnel: its status.
    case proxy(status: Int)
    /// What the proxy does makes no sense.
    case proxyFault(reason: String)
    /// Nothing answered before the deadline.
    case timedOut
    /// The peer closed the connection.
    case closed
    /// The caller's own client went away first.
    case cancelled

    package static func == (left: TransportError, right: TransportError) -> Bool {
        left.sentence == right.sentence
    }

    /// One sentence for logs and error messages; holds no secrets.
    package var sentence: String {
        switch self {
        case .system(let call, let errno): "\(call): \(Self.text(errno))"
        case .unresolved(let host, let reason): "the name \(host) does not resolve: \(reason)"
        case .tls(let reason): "TLS: \(reason)"
        case .certificate(let owner, let reason): "TLS: the certificate of \(owner) was refused: \(reason)"
        case .tlsConfiguration(let reason): "TLS configuration: \(reason)"
        case .proxy(status: 407): "the proxy wants a user and a password (status 407)"
        case .proxy(let status): "the proxy does not connect to the upstream: it answered \(status)"
        case .proxyFault(let reason): "the proxy cannot be used: \(reason)"
        case .timedOut: "timed out"
        case .cancelled: "given up, as the client went away"
        case .closed: "the peer closed the connection"
        }
    }

    private static func text(_ errno: Int32) -> String {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let length = tg_error_text(errno, buffer.baseAddress, buffer.count)
            return String(decoding: buffer.prefix(length), as: UTF8.self)
        }
    }
}

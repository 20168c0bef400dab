/// What can go wrong with HTTP/2 (RFC 9113).
package enum HTTP2Fault: Error, Equatable {
    /// The server speaks something else: its first bytes say so, or the TLS handshake did not choose `h2`.
    case notSpoken
    /// What came is against the protocol, or the connection was ended by either side; the library's own sentence.
    case broken(String)
    /// The stream was ended with this error code (RFC 9113 §7).
    case reset(code: UInt32)
    /// The request was not looked at: it may be sent again, on another connection (RFC 9113 §8.7).
    case refused
    /// The answer is larger than the caller reads.
    case tooLarge

    /// One sentence for logs.
    package var sentence: String {
        switch self {
        case .notSpoken: "the server does not speak HTTP/2 there"
        case .broken(let reason): "HTTP/2: \(reason)"
        case .reset(let code): "the server ended the stream with HTTP/2 error code \(code)"
        case .refused: "the server took no more requests on the connection"
        case .tooLarge: "the answer is too large"
        }
    }
}

import Transport
import Wire

/// How an exchange with a server failed.
package enum ClientFault: Error {
    /// No connection, or the connection broke.
    case transport(TransportError)
    /// What came is not HTTP.
    case malformed(HTTPParseError)
    /// The connection ended before the answer was complete.
    case cut
    /// The answer is larger than is read of it.
    case tooLarge
    /// Nothing came in the time allowed.
    case timedOut
    /// The caller's own client went away first.
    case cancelled
    /// We are about to end ourselves.
    case stopping
    /// A fault of HTTP/2 itself.
    case http2(HTTP2Fault)

    package init(_ error: TransportError) {
        self =
            switch error {
            case .cancelled: .cancelled
            case .timedOut: .timedOut
            default: .transport(error)
            }
    }

    /// One sentence for logs and error messages.
    package var sentence: String {
        switch self {
        case .transport(let error): error.sentence
        case .malformed(let error): "the answer is not HTTP: \(error.sentence)"
        case .cut: "the connection ended before the answer was complete"
        case .tooLarge: "the answer is larger than is read of it"
        case .timedOut: "nothing came in the time allowed"
        case .cancelled: "given up, as the client went away"
        case .stopping: "the gateway is being stopped"
        case .http2(let fault): fault.sentence
        }
    }
}

import Glibc
import HTTP
import Transport

extension ClientFault {
    /// `error.type` of an attempt that came to no connection: which of the steps to one failed.
    var connectionErrorType: String? {
        switch self {
        case .timedOut: "connect_timeout"
        case .transport(let error): error.connectionErrorType
        case .malformed, .tooLarge, .cut, .cancelled, .stopping, .http2: nil
        }
    }
}

extension TransportError {
    fileprivate var connectionErrorType: String {
        switch self {
        case .unresolved: "name_resolution_error"
        case .certificate: "server_certificate_invalid"
        case .tls, .tlsConfiguration: "tls_error"
        case .proxy, .proxyFault: "proxy_error"
        case .system(_, errno: ECONNREFUSED): "connection_refused"
        case .system, .closed, .timedOut, .cancelled: "connection_error"
        }
    }
}

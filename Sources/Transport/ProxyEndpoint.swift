import Wire

/// A forward proxy that tunnels connections (CONNECT, RFC 9110 §9.3.6); it is spoken to without TLS.
package struct ProxyEndpoint: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// A name or an address literal, without brackets.
    package let host: String
    package let port: UInt16
    /// `user:password` in Base64, or nothing: never shown.
    private let credential: [UInt8]?

    /// `credential`: `user:password`, if the proxy wants one (RFC 7617).
    package init(host: String, port: UInt16, credential: UnsafeRawBufferPointer? = nil) {
        self.host = host
        self.port = port
        self.credential = credential.map { credential in
            var output = ByteWriter()
            Base64.encode(credential, to: &output)
            return output.array
        }
    }

    package var description: String { "\(host):\(port)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Asks for a tunnel to `authority`, which is `host:port`.
    func request(to authority: String) -> [UInt8] {
        var output = ByteWriter(capacity: 512)
        output.append(string: "CONNECT \(authority) HTTP/1.1\r\nhost: \(authority)\r\n")
        if let credential {
            output.append("proxy-authorization: Basic ")
            output.append(credential)
            output.append("\r\n")
        }
        output.append("\r\n")
        return output.array
    }
}

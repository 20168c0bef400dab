/// Where a provider's API is: `https://api.anthropic.com`, with an optional port and path prefix.
package struct BaseURL: Sendable, Equatable {
    package let isEncrypted: Bool
    /// A name or an address literal, without brackets.
    package let host: String
    package let port: UInt16
    /// What stands before `/v1/messages`; empty or beginning with `/`, without one at its end.
    package let prefix: String
    /// As it goes into `Host`.
    package let authority: String

    /// `nil` for anything but `http(s)://HOST[:PORT][/PATH]`: no user, no query, no fragment, nothing that would have to be
    /// escaped in a request's head.
    package init?(_ text: String) {
        let rest: Substring
        if text.hasPrefix("https://") {
            (isEncrypted, rest) = (true, text.dropFirst(8))
        } else if text.hasPrefix("http://") {
            (isEncrypted, rest) = (false, text.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !path.contains(where: { "?#".contains($0) }) else {
            return nil
        }
        while path.last == "/" { path.removeLast() }
        prefix = String(path)
        self.authority = String(authority)
        guard let (host, port) = HostPort.parse(authority) else { return nil }
        if host.contains(":") {
            guard HostPort.isIPv6(host) else { return nil }
        } else {
            guard host.utf8.allSatisfy(Self.isNameByte) else { return nil }
        }
        if let port {
            guard port > 0 else { return nil }
        }
        self.host = host
        self.port = port ?? (isEncrypted ? 443 : 80)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

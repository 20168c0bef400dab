import Transport

/// A collector's URL in its parts: http or https, without user information, which would show up where URLs are shown.
package struct OTLPURL: Sendable, Equatable {
    package let isEncrypted: Bool
    /// A name or an address, an IPv6 one without brackets.
    package let host: String
    package let port: UInt16
    /// With the query, if there is one.
    package private(set) var path: String

    /// Nil for what is no such URL. Without a port the scheme's own counts, or `plainPort` for http; without a path `/`.
    package init?(_ text: String, plainPort: UInt16 = 80) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let lower = text.lowercased()
        isEncrypted = lower.hasPrefix("https://")
        guard isEncrypted || lower.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(isEncrypted ? 8 : 7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port ?? (isEncrypted ? 443 : plainPort)
        let path = rest[authority.endIndex...]
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// The host is this one: an address or the name that RFC 6761 §6.3 keeps for it.
    var isLoopback: Bool {
        host.lowercased() == "localhost" || SocketAddress(literal: host, port: port)?.isLoopback == true
    }

    /// With another path.
    func replacing(path: String) -> OTLPURL {
        var copy = self
        copy.path = path
        return copy
    }

    /// With a signal's path behind this one's.
    func appending(_ suffix: String) -> OTLPURL {
        var copy = self
        let base = path.prefix { $0 != "?" }
        copy.path = base + (base.hasSuffix("/") ? "" : "/") + suffix + path[base.endIndex...]
        return copy
    }

    private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
        var host = authority, port: UInt16?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            host = authority[..<colon]
            guard digits.allSatisfy(\.isWholeNumber), let number = UInt16(digits), number > 0 else { return nil }
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else if host.contains(where: { "@:[]\\".contains($0) }) {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }
}

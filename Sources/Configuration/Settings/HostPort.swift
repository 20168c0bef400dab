import Glibc

/// `HOST[:PORT]` as URLs and listening addresses have it; IPv6 addresses stand in brackets.
enum HostPort {
    /// The host without its brackets; a host with a colon had some. `nil` when it is neither form.
    static func parse(_ text: some StringProtocol) -> (host: String, port: UInt16?)? {
        let host: String
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = String(text[text.index(after: text.startIndex)..<end])
            rest = Substring(text[text.index(after: end)...])
            guard host.contains(":") else { return nil }
        } else {
            host = String(text.prefix { $0 != ":" })
            rest = Substring(text.dropFirst(host.count))
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (host, nil) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else {
            return nil
        }
        return (host, port)
    }

    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// In one of several ways to write the same host: small letters, no dot at the end, an IPv6 address in its short form.
    static func normalized(_ host: String) -> String {
        var address = in6_addr()
        guard inet_pton(AF_INET6, host, &address) == 1 else {
            return String((host.hasSuffix(".") ? host.dropLast() : host[...]).lowercased())
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(text.count)).map { String(cString: $0) } ?? host
        }
    }
}

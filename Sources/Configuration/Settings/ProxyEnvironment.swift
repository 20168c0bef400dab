import Wire

/// A forward proxy on the way to upstreams.
package struct ProxySetting: Sendable {
    /// A name or an address literal, without brackets.
    package let host: String
    package let port: UInt16
    /// `user:password`.
    package let credential: Secret?

    /// What the text of one looks like.
    static let form = "http://[USER:PASSWORD@]HOST[:PORT]"

    /// Whether both are the same, for finding out whether a reload changed anything.
    package func isSame(as other: ProxySetting) -> Bool {
        guard host == other.host, port == other.port else { return false }
        switch (credential, other.credential) {
        case (nil, nil): return true
        case (let left?, let right?): return left.isSame(as: right)
        default: return false
        }
    }

    /// Reads `http://[USER:PASSWORD@]HOST[:PORT]`; the scheme may be missing, and user and password may be percent-encoded.
    init?(_ text: String) {
        var rest = Substring(text)
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else { return nil }
            rest = rest[scheme.upperBound...]
        }
        if rest.last == "/" { rest.removeLast() }
        var credential: String?
        if let at = rest.lastIndex(of: "@") {
            credential = PercentEncoding.decode(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        // The URL's own reader knows what a host may be.
        guard let url = BaseURL("http://\(rest)"), url.prefix.isEmpty else { return nil }
        (host, port) = (url.host, url.port)
        self.credential = credential.map { Secret($0.contains(":") ? $0 : $0 + ":") }
    }
}

/// Which upstreams are reached through a proxy, by `HTTPS_PROXY` and `NO_PROXY` in small letters or capitals, small ones first.
/// Pure. `HTTPS_PROXY` holds for upstreams without encryption too.
package struct ProxyEnvironment: Sendable {
    /// A variable that makes no sense. The sentence names it, not what it holds.
    package struct Fault: Error, Equatable {
        package let sentence: String
    }

    private let proxy: ProxySetting?
    private let exceptions: [Exception]
    /// Exceptions too.
    private let ranges: [AddressRange]

    /// A host, or all below a domain; of one port or of all.
    private struct Exception {
        let host: String
        let port: UInt16?

        func covers(_ host: String, _ port: UInt16) -> Bool {
            if let only = self.port, only != port { return false }
            return self.host == "*" || host == self.host || host.hasSuffix("." + self.host)
        }
    }

    /// No proxy at all.
    package init() { (proxy, exceptions, ranges) = (nil, [], []) }

    /// One for every upstream but this machine.
    init(_ proxy: ProxySetting) { (self.proxy, exceptions, ranges) = (proxy, [], []) }

    /// `lookUp` answers what a variable holds; an empty one counts as not set.
    package init(_ lookUp: (String) -> String?) throws(Fault) {
        func value(_ name: String) -> (name: String, text: String)? {
            for name in [name, name.uppercased()] {
                if let text = lookUp(name), !text.isEmpty { return (name, text) }
            }
            return nil
        }
        let words = (value("no_proxy")?.text ?? "").split { $0 == "," || $0.isWhitespace }
        exceptions = words.map(Self.exception)
        ranges = words.compactMap(AddressRange.init)
        guard let (name, text) = value("https_proxy") else {
            proxy = nil
            return
        }
        guard let proxy = ProxySetting(text) else {
            throw Fault(sentence: "\(name) in the environment is not \(ProxySetting.form); correct or unset it")
        }
        self.proxy = proxy
    }

    /// The proxy on the way to an upstream; nil: directly. This machine is always reached directly.
    package func proxy(for host: String, port: UInt16) -> ProxySetting? {
        guard let proxy, !HostPort.isThisMachine(host) else { return nil }
        let host = HostPort.normalized(host)
        let isExcepted = exceptions.contains { $0.covers(host, port) } || ranges.contains { $0.contains(host) }
        return isExcepted ? nil : proxy
    }

    private static func exception(_ text: Substring) -> Exception {
        // An IPv6 address may stand without brackets.
        if HostPort.isIPv6(String(text)) { return Exception(host: HostPort.normalized(String(text)), port: nil) }
        let (host, port) = HostPort.parse(text) ?? (String(text), nil)
        if host == "*" { return Exception(host: host, port: port) }
        // `.example.com` and `*.example.com` are ways to write a domain.
        let domain = host.hasPrefix("*.") ? host.dropFirst(2) : host.drop { $0 == "." }
        return Exception(host: HostPort.normalized(String(domain)), port: port)
    }
}

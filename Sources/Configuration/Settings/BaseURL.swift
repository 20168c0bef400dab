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
        guard !authority.isEmpty, !authority.contains(where: { "?#@ ".contains($0) }) else { return nil }
        var path = rest.dropFirst(authority.count)
        guard !path.contains(where: { "?# ".contains($0) }) else { return nil }
        while path.last == "/" { path.removeLast() }
        prefix = String(path)
        self.authority = String(authority)
        var name = authority, explicit: Substring?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            name = authority[..<colon]
            explicit = authority[authority.index(after: colon)...]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty else { return nil }
        host = String(name)
        if let explicit {
            guard let number = UInt16(explicit), number > 0 else { return nil }
            port = number
        } else {
            port = isEncrypted ? 443 : 80
        }
    }
}

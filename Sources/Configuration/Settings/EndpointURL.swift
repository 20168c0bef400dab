/// A URL with a path and a query, of which both may be secret.
struct EndpointURL: Sendable {
    let base: BaseURL
    /// Begins with `/`.
    let path: String

    /// `nil` for anything but `http(s)://HOST[:PORT]/PATH[?QUERY]`, without user and fragment.
    init?(_ text: String) {
        let scheme = text.hasPrefix("https://") ? 8 : 7
        let authority = text.dropFirst(scheme).prefix { $0 != "/" && $0 != "?" }
        let path = text.dropFirst(scheme + authority.count)
        guard let base = BaseURL(String(text.prefix(scheme)) + authority),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { return nil }
        self.base = base
        self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
    }

    static let form = "http(s)://HOST[:PORT]/PATH, without user and fragment"
}

import Wire

/// What a client asks of Anthropic's search. https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool
struct WebSearchRules {
    struct Domains {
        /// Hosts; `example.com/blog` is `example.com` here, as no other API takes paths.
        var names: [String] = []
        var hadPaths = false
    }
    private(set) var allowed = Domains()
    private(set) var blocked = Domains()
    /// The object as it is.
    private(set) var location: UnsafeRawBufferPointer?
    private(set) var maximumUses: Int64?

    /// - Parameter tool: the tool's definition, which was read without fault.
    init(_ tool: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(tool)
        try? read(&cursor)
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("allowed_domains") {
                allowed = try Self.domains(&cursor)
            } else if key.equals("blocked_domains") {
                blocked = try Self.domains(&cursor)
            } else if key.equals("user_location"), try cursor.peekKind() == .object {
                location = cursor.bytes(try cursor.skipValue())
            } else if key.equals("max_uses") {
                maximumUses = try cursor.integerOrSkip()
            } else {
                try cursor.skipValue()
            }
        }
    }

    private static func domains(_ cursor: inout JSONCursor) throws(JSONError) -> Domains {
        var domains = Domains()
        guard try cursor.enterArrayOrSkip() else { return domains }
        while try cursor.nextElement() {
            guard let text = try cursor.stringOrSkip() else { continue }
            let name = try text.decoded()
            let host = String(name.prefix { $0 != "/" })
            if host != name { domains.hadPaths = true }
            domains.names.append(host)
        }
        return domains
    }
}

extension JSONWriter {
    /// A list of hosts.
    mutating func member(_ name: StaticString, _ domains: WebSearchRules.Domains) {
        key(name)
        beginArray()
        for domain in domains.names { value(string: domain) }
        endArray()
    }
}

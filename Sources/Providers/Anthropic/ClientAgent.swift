/// What Claude Code's `User-Agent` says: `claude-cli/2.1.329 (external, sdk-py, agent-sdk/0.2.186)`.
package struct ClientAgent: Equatable, Sendable {
    /// `2.1.329`; of other clients their first product with its version.
    package let version: String
    /// `cli`, `sdk-py`, `claude-vscode`, …; empty for other clients.
    package let entrypoint: String

    package init(_ userAgent: String) {
        let product = userAgent.prefix { $0 != " " && $0 != "(" }
        let name = "claude-cli/"
        version = String((product.hasPrefix(name) ? product.dropFirst(name.count) : product).prefix(48))
        guard product.hasPrefix("claude-cli/"), let open = userAgent.firstIndex(of: "("),
            let close = userAgent[open...].firstIndex(of: ")")
        else {
            entrypoint = ""
            return
        }
        let words = userAgent[userAgent.index(after: open)..<close].split(separator: ",")
        let second = words.dropFirst().first.map { $0.drop { $0 == " " } } ?? ""
        entrypoint = String(second.prefix(48))
    }
}

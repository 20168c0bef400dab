import Wire

/// What Claude Code's `User-Agent` says: `claude-cli/2.1.329 (external, sdk-py, agent-sdk/0.2.186)`. HOT.
package struct ClientAgent: Equatable {
    /// `2.1.329`; of other clients their first product with its version. Bytes of the text.
    package let version: Range<Int>
    /// `cli`, `sdk-py`, `claude-vscode`, …; empty for other clients. Bytes of the text.
    package let entrypoint: Range<Int>

    /// More of either is left out.
    private static let longest = 48

    package init(_ userAgent: UnsafeRawBufferPointer) {
        let name: StaticString = "claude-cli/"
        let isOurs = userAgent.starts(with: name)
        let start = isOurs ? name.utf8CodeUnitCount : 0
        var end = start
        while end < userAgent.count, userAgent[end] != UInt8(ascii: " "), userAgent[end] != UInt8(ascii: "(") {
            end += 1
        }
        version = start..<min(end, start + Self.longest)
        entrypoint = isOurs ? Self.second(in: userAgent) : 0..<0
    }

    /// The second of the words between the parentheses.
    private static func second(in text: UnsafeRawBufferPointer) -> Range<Int> {
        guard let open = text.firstIndex(of: UInt8(ascii: "("), in: 0..<text.count),
            let close = text.firstIndex(of: UInt8(ascii: ")"), in: open..<text.count),
            let comma = text.firstIndex(of: UInt8(ascii: ","), in: open..<close)
        else { return 0..<0 }
        var start = comma + 1
        while start < close, text[start] == UInt8(ascii: " ") { start += 1 }
        let end = text.firstIndex(of: UInt8(ascii: ","), in: start..<close) ?? close
        return start..<min(end, start + longest)
    }
}

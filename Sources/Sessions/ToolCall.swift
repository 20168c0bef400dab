import Wire

/// A call of a tool as it stands in a conversation; valid as long as the body's bytes are.
struct ToolCall {
    let name: JSONString
    /// As it is written; empty if it is not there.
    let input: UnsafeRawBufferPointer

    /// Whether it is a call of the same tool with the same input, but for white space between the input's parts.
    func isSame(as other: ToolCall) -> Bool {
        name.bytes.equals(other.name.bytes) && (input.equals(other.input) || Self.areSame(input, other.input))
    }

    /// Whether the tool changes files, or what a server of tools keeps. A shell may do anything, and so counts as none.
    var isEdit: Bool {
        if name.equals("Edit") || name.equals("Write") || name.equals("MultiEdit") || name.equals("NotebookEdit") {
            return true
        }
        guard name.bytes.startsIgnoringCase("mcp__") else { return false }
        // `mcp__SERVER__TOOL`: what the server is called says nothing about the tool.
        var rest = name.bytes.slice(5..<name.bytes.count)
        if let end = rest.firstIndex(of: "__") { rest = rest.slice(end + 2..<rest.count) }
        return rest.indices.contains { Self.begins(rest.slice($0..<rest.count)) }
    }

    private static func begins(_ text: UnsafeRawBufferPointer) -> Bool {
        text.startsIgnoringCase("edit") || text.startsIgnoringCase("write") || text.startsIgnoringCase("create")
            || text.startsIgnoringCase("update") || text.startsIgnoringCase("apply_patch")
    }

    /// Compares two JSON texts; white space counts in strings only.
    private static func areSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        var left = SignificantBytes(one), right = SignificantBytes(other)
        while true {
            let byte = left.next()
            guard byte == right.next() else { return false }
            if byte == nil { return true }
        }
    }
}

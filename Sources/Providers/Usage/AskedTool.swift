import Wire

/// A tool of the client's that an answer calls for.
package struct AskedTool: Sendable, Equatable {
    /// `tool_use.id`.
    package let id: String
    package let name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    /// The most that are kept of one answer.
    package static let maximum = 128
    /// Longer ids and names are nobody's.
    static let maximumText = 256
}

extension MessageFacts {
    /// Reads the data of a `content_block_start`: small, but for results of the provider's own tools, which are left at their type.
    ///
    /// - Returns: whether it begins a call of one of the client's tools.
    mutating func read(blockStart event: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(event)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            guard key.equals("content_block"), try cursor.peekKind() == .object else {
                _ = try cursor.skipValue()
                continue
            }
            return try read(block: &cursor)
        }
        return false
    }

    /// Reads the calls of tools out of a whole answer's `content`.
    mutating func read(content: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(content)
        try cursor.enterArray()
        while try cursor.nextElement() {
            let block = content.slice(try cursor.skipValue())
            guard block.first == UInt8(ascii: "{") else { continue }
            var inner = JSONCursor(block)
            _ = try read(block: &inner)
        }
    }

    /// A block up to where it is clear what it is; the cursor may stop inside it.
    private mutating func read(block cursor: inout JSONCursor) throws(JSONError) -> Bool {
        var id: JSONString?, name: JSONString?, isTool = false
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            guard try cursor.peekKind() == .string else {
                _ = try cursor.skipValue()
                continue
            }
            let value = try cursor.readString()
            if key.equals("type") {
                guard value.equals("tool_use") else { return false }
                isTool = true
            } else if key.equals("id") {
                id = value
            } else if key.equals("name") {
                name = value
            }
            if isTool, id != nil, name != nil { break }
        }
        guard isTool, let id, let name else { return false }
        return try keep(id: id, name: name)
    }

    private mutating func keep(id: JSONString, name: JSONString) throws(JSONError) -> Bool {
        guard tools.count < AskedTool.maximum, id.bytes.count <= AskedTool.maximumText,
            name.bytes.count <= AskedTool.maximumText
        else { return false }
        tools.append(AskedTool(id: try id.decoded(), name: try name.decoded()))
        return true
    }
}

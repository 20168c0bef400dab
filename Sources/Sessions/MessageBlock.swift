import Wire

/// What a block of a message says of itself in its first members; its content is not read.
struct MessageBlock {
    private(set) var type: JSONString?
    /// Of a block of the type `text`.
    private(set) var text: JSONString?

    init(_ json: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(json)
        try? read(&cursor)
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if try cursor.peekKind() != .string {
                try cursor.skipValue()
            } else if key.equals("type") {
                type = try cursor.readString()
                if type?.equals("text") == false || text != nil { return }
            } else if key.equals("text") {
                text = try cursor.readString()
                if type != nil { return }
            } else {
                try cursor.skipValue()
            }
        }
    }
}

extension ToolResult {
    /// Of a block of the type `tool_result`; `nil` for any other, and for one without an id.
    init?(_ json: UnsafeRawBufferPointer) {
        self.init(id: "", isError: false, bytes: 0)
        var cursor = JSONCursor(json), isResult = false
        do throws(JSONError) {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("type") {
                    isResult = try cursor.readString().equals("tool_result")
                    if !isResult { return nil }
                } else if key.equals("tool_use_id") {
                    id = try cursor.readString().decoded()
                } else if key.equals("is_error"), try cursor.peekKind() == .bool {
                    isError = try cursor.readBool()
                } else if key.equals("content") {
                    bytes = try cursor.skipValue().count
                } else {
                    try cursor.skipValue()
                }
            }
        } catch {
            return nil
        }
        if !isResult || id.isEmpty { return nil }
    }
}

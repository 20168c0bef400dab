import Wire

/// Tool calls.
extension MessageWriter {
    /// A tool call begins. An id that is missing or unfit is replaced (T-18).
    package func tool(id: JSONString?, name: JSONString) {
        guard !hasEnded else { return }
        toolCalls += 1
        let original = context.toolNames.original(of: name)
        var head = JSONWriter()
        head.beginObject()
        head.member("type", literal: "tool_use")
        head.key("id")
        if let id, CallID.isUnique(id) { head.value(id) } else { head.value(string: context.toolID(toolCalls)) }
        head.key("name")
        if let original { original.withUnsafeBytes { head.value(utf8: $0) } } else { head.value(name) }
        note(id, original.map { String(decoding: $0, as: UTF8.self) } ?? (try? name.decoded()) ?? "")
        head.key("input")
        head.beginObject()
        head.endObject()
        head.endObject()
        endBlock()
        begin()
        if form == .stream {
            event("content_block_start") { json in
                json.member("index", Int64(blocks))
                json.key("content_block")
                json.value(raw: head.bytes)
            }
        } else {
            if blocks > 0 { content.append(",") }
            // Without `{}}` of the empty input.
            content.append(head.bytes.slice(0..<head.bytes.count - 3))
        }
        arguments.reset(keepingAtMost: 64 * 1024)
        openBlock = .tool
    }

    private func note(_ id: JSONString?, _ name: String) {
        guard facts.tools.count < AskedTool.maximum, name.utf8.count <= AskedTool.maximumText else { return }
        let given = id.flatMap { CallID.isUnique($0) ? try? $0.decoded() : nil }
        facts.tools.append(AskedTool(id: given ?? context.toolID(toolCalls), name: name))
    }

    /// A piece of the arguments' JSON text, itself escaped as a JSON string.
    package func toolInput(_ piece: JSONString) {
        guard case .tool = openBlock, !piece.bytes.isEmpty, !hasEnded else { return }
        guard piece.bytes.isUTF8 else { return repaired(piece.bytes) { toolInput($0) } }
        guard (try? argumentPieces.append(piece, to: &arguments)) != nil else { return malformed("arguments") }
        delta("input_json_delta", "partial_json", piece)
    }

    /// The arguments as the JSON object they are.
    package func toolInput(json: UnsafeRawBufferPointer) {
        guard case .tool = openBlock, json.count > 0, !hasEnded else { return }
        guard json.isUTF8 else { return repaired(json) { toolInput(json: $0.bytes) } }
        arguments.append(json)
        var escaped = JSONWriter()
        escaped.value(utf8: json)
        let bytes = escaped.bytes
        delta("input_json_delta", "partial_json", JSONString(bytes.slice(1..<bytes.count - 1), hasEscapes: true))
    }

    /// Whether what came of the open call's arguments is a whole object, so that nothing more can follow.
    var openToolIsComplete: Bool {
        guard case .tool = openBlock, !arguments.isEmpty else { return false }
        return (try? Self.isObject(arguments.bytes)) ?? false
    }

    static func isObject(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(bytes)
        guard try cursor.peekKind() == .object else { return false }
        try cursor.skipValue()
        try cursor.finish()
        return true
    }
}

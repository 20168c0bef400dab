import Wire

extension MessagesReader {
    /// A string, or a list of blocks.
    mutating func readContent(_ path: @autoclosure () -> String) throws(Fault) -> [MessagesRequest.Block] {
        switch try kind() {
        case .string:
            guard let text = try string() else { return [] }
            return [.text(text)]
        case .null:
            try skip()
            return []
        case .array:
            var blocks: [MessagesRequest.Block] = []
            blocks.reserveCapacity(4)
            try elements(path()) { (reader, index) throws(Fault) in
                blocks.append(try reader.readBlock("\(path()).\(index)"))
            }
            return blocks
        default: throw .member(path(), "must be a string or a list of blocks")
        }
    }

    /// A block's members as they are found; which of them count is known when its type is.
    private struct Parts {
        var type: JSONString?
        var text: JSONString?, id: JSONString?, name: JSONString?, toolUseID: JSONString?
        var thinking: JSONString?, signature: JSONString?, data: JSONString?
        var title: JSONString?, context: JSONString?, sourceText: JSONString?, toolName: JSONString?
        var input: UnsafeRawBufferPointer?
        var content: [MessagesRequest.Block] = []
        var contentText: JSONString?
        var rawContent: UnsafeRawBufferPointer?
        var source: MessagesRequest.Source?
        var isError = false
    }

    private mutating func readBlock(_ path: @autoclosure () -> String) throws(Fault) -> MessagesRequest.Block {
        var parts = Parts()
        try members(path()) { (reader, key) throws(Fault) in try reader.read(key, into: &parts, path()) }
        guard let type = parts.type else { throw .member("\(path()).type", "Field required") }
        return try block(type, parts, path())
    }

    private mutating func read(_ key: JSONString, into parts: inout Parts, _ path: @autoclosure () -> String)
        throws(Fault)
    {
        if key.equals("type") {
            parts.type = try string()
        } else if key.equals("text") {
            parts.text = try string()
        } else if key.equals("id") {
            parts.id = try string()
        } else if key.equals("name") {
            parts.name = try string()
        } else if key.equals("tool_use_id") {
            parts.toolUseID = try string()
        } else if key.equals("input") {
            parts.input = try raw()
        } else if key.equals("content") {
            try readInner(into: &parts, path())
        } else if key.equals("is_error") {
            parts.isError = try bool()
        } else if key.equals("source") {
            try readSource(into: &parts, path())
        } else if key.equals("cache_control") {
            if try kind() != .null { request.hasCacheControl = true }
            try skip()
        } else {
            try readRare(key, into: &parts)
        }
    }

    private mutating func readRare(_ key: JSONString, into parts: inout Parts) throws(Fault) {
        if key.equals("thinking") {
            parts.thinking = try string()
        } else if key.equals("signature") {
            parts.signature = try string()
        } else if key.equals("data") {
            parts.data = try string()
        } else if key.equals("title") {
            parts.title = try string()
        } else if key.equals("context") {
            parts.context = try string()
        } else if key.equals("tool_name") {
            parts.toolName = try string()
        } else if key.equals("citations") {
            // A list with something in it, or an object that switches them on.
            let value = try raw()
            let isOff = value.first == UInt8(ascii: "{") && value.firstIndex(of: "false") != nil
            if value.count > 2, value.first != UInt8(ascii: "n"), !isOff { request.hasCitations = true }
        } else {
            try skip()
        }
    }

    /// `content` of a block: what it is depends on the type, which may come later.
    private mutating func readInner(into parts: inout Parts, _ path: @autoclosure () -> String) throws(Fault) {
        switch try kind() {
        case .string: parts.contentText = try string()
        case .array:
            let start = cursor.position
            var content: [MessagesRequest.Block] = []
            try elements("\(path()).content") { (reader, index) throws(Fault) in
                content.append(try reader.readBlock("\(path()).content.\(index)"))
            }
            parts.content = content
            parts.rawContent = cursor.bytes(start..<cursor.position)
        default: parts.rawContent = try raw()
        }
    }

    private mutating func readSource(into parts: inout Parts, _ path: @autoclosure () -> String) throws(Fault) {
        // A search result's source is a string.
        if try kind() == .string {
            parts.sourceText = try string()
            return
        }
        var type: JSONString?, mediaType: JSONString?, data: JSONString?, url: JSONString?, file: JSONString?
        var content: [MessagesRequest.Block]?
        try members("\(path()).source") { (reader, key) throws(Fault) in
            if key.equals("type") {
                type = try reader.string()
            } else if key.equals("media_type") {
                mediaType = try reader.string()
            } else if key.equals("data") {
                data = try reader.string()
            } else if key.equals("url") {
                url = try reader.string()
            } else if key.equals("file_id") {
                file = try reader.string()
            } else if key.equals("content") {
                content = try reader.readContent("\(path()).source.content")
            } else {
                try reader.skip()
            }
        }
        if let url {
            parts.source = .url(url)
        } else if let file {
            parts.source = .file(file)
        } else if let content {
            parts.source = .blocks(content)
        } else if let data, type.map({ $0.equals("text") }) ?? false {
            parts.source = .text(data)
        } else if let data, let mediaType {
            parts.source = .base64(mediaType: mediaType, data: data)
        }
    }

    private func block(_ type: JSONString, _ parts: Parts, _ path: @autoclosure () -> String) throws(Fault)
        -> MessagesRequest.Block
    {
        if type.equals("text") {
            return .text(try required(parts.text, path(), "text"))
        }
        if type.equals("tool_use") {
            return .toolUse(
                MessagesRequest.ToolUse(
                    id: try required(parts.id, path(), "id"), name: try required(parts.name, path(), "name"),
                    input: try object(parts.input, path(), "input")))
        }
        if type.equals("tool_result") {
            let content = parts.contentText.map { [.text($0)] } ?? parts.content
            return .toolResult(
                MessagesRequest.ToolResult(
                    id: try required(parts.toolUseID, path(), "tool_use_id"), content: content, isError: parts.isError))
        }
        if type.equals("thinking") {
            return .thinking(text: try required(parts.thinking, path(), "thinking"), signature: parts.signature)
        }
        if type.equals("image") { return .image(try required(parts.source, path(), "source")) }
        if type.equals("document") {
            return .document(
                MessagesRequest.Document(
                    source: try required(parts.source, path(), "source"), title: parts.title, context: parts.context))
        }
        return try rareBlock(type, parts, path())
    }

    private func rareBlock(
        _ type: JSONString, _ parts: Parts, _ path: @autoclosure () -> String
    ) throws(Fault) -> MessagesRequest.Block {
        if type.equals("redacted_thinking") { return .redactedThinking(try required(parts.data, path(), "data")) }
        if type.equals("search_result") {
            return .searchResult(title: parts.title, source: parts.sourceText, content: parts.content)
        }
        if type.equals("server_tool_use") || type.equals("mcp_tool_use") {
            return .serverToolUse(
                name: try required(parts.name, path(), "name"), input: try object(parts.input, path(), "input"))
        }
        if type.equals("tool_reference") {
            return .toolReference(try required(parts.toolName ?? parts.name, path(), "tool_name"))
        }
        if type.equals("compaction") { return .compaction(parts.contentText) }
        if parts.toolUseID != nil { return .serverToolResult(type: type, content: parts.rawContent) }
        return .other(type: type)
    }

    private func object(
        _ value: UnsafeRawBufferPointer?, _ path: @autoclosure () -> String, _ name: String
    ) throws(Fault) -> UnsafeRawBufferPointer {
        let value = try required(value, path(), name)
        guard value.first == UInt8(ascii: "{") else { throw .member("\(path()).\(name)", "must be an object") }
        return value
    }

    private func required<Value>(_ value: Value?, _ path: @autoclosure () -> String, _ name: String) throws(Fault)
        -> Value
    {
        guard let value else { throw .member("\(path()).\(name)", "Field required") }
        return value
    }
}

import Wire

extension ConverseRequest {
    /// T-41: a history with calls needs definitions, whatever the request offers.
    mutating func writeTools(_ json: inout JSONWriter) {
        let called = parts.conversation.calledTools
        var isNone = false
        if let choice = parts.request.toolChoice, case .none = choice {
            isNone = true
            parts.receipt.record(.toolChoice, called.isEmpty ? .translated : .approximated)
        }
        let tools = isNone && called.isEmpty ? [] : parts.selection.tools
        if tools.isEmpty, called.isEmpty { return }
        json.key("toolConfig")
        json.beginObject()
        json.key("tools")
        json.beginArray()
        for tool in tools { write(tool, &json) }
        if tools.isEmpty { for name in called { writeCalled(name, &json) } }
        json.endArray()
        if !isNone, !tools.isEmpty { writeChoice(&json) }
        json.endObject()
    }

    private mutating func write(_ tool: MessagesRequest.Tool, _ json: inout JSONWriter) {
        parts.receipt.record(.toolSchema)
        beginTool(tool.name, &json)
        if let description = tool.description, !description.bytes.isEmpty { json.member("description", description) }
        ConverseSchema.write(tool.schema, &json)
        endTool(&json)
    }

    /// A tool that is known only by what the history says of it.
    private mutating func writeCalled(_ name: JSONString, _ json: inout JSONWriter) {
        beginTool(name, &json)
        json.member("description", literal: "Was called in this conversation; is not available now.")
        ConverseSchema.write(nil, &json)
        endTool(&json)
    }

    private mutating func beginTool(_ name: JSONString, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("toolSpec")
        json.beginObject()
        json.key("name")
        parts.write(name: name, &json)
    }

    private func endTool(_ json: inout JSONWriter) {
        json.endObject()
        json.endObject()
    }

    private mutating func writeChoice(_ json: inout JSONWriter) {
        if parts.request.disablesParallelTools { parts.receipt.record(.parallelToolUse) }
        guard let choice = parts.request.toolChoice else { return }
        parts.receipt.record(.toolChoice)
        json.key("toolChoice")
        json.beginObject()
        switch choice {
        case .auto, .none: json.key("auto")
        case .any: json.key("any")
        case .tool: json.key("tool")
        }
        json.beginObject()
        if case .tool(let name) = choice {
            json.key("name")
            parts.write(name: name, &json)
        }
        json.endObject()
        json.endObject()
    }
}

extension Conversation {
    /// The names of the history's calls, each once.
    fileprivate var calledTools: [JSONString] {
        var names: [JSONString] = []
        for case .assistant(let content) in turns {
            for case .toolUse(let call) in content
            where !names.contains(where: { $0.bytes.equals(call.name.bytes) }) {
                names.append(call.name)
            }
        }
        return names
    }
}

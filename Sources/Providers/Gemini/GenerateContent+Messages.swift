import Configuration
import Wire

/// A Messages request as `POST models/{model}:streamGenerateContent`. https://ai.google.dev/api/generate-content
struct GenerateContentRequest {
    var parts: TranslationParts
    let model: GeminiModel
    var isVertex: Bool { parts.target.kind == .vertex }

    init(_ parts: TranslationParts) {
        self.parts = parts
        self.parts.context.toolNames = ToolNames(limit: 128, beginsWithLetter: true)
        model = GeminiModel.of(parts.target.baseModel)
    }

    mutating func write() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: 64 * 1024))
        json.beginObject()
        writePrompt(&json)
        writeConfiguration(&json)
        json.endObject()
        return json.finish()
    }

    /// What is counted as input.
    mutating func writePrompt(_ json: inout JSONWriter) {
        writeSystem(&json)
        json.key("contents")
        json.beginArray()
        writeContents(&json)
        json.endArray()
        writeTools(&json)
    }

    // MARK: System

    private func writeSystem(_ json: inout JSONWriter) {
        var text = parts.conversation.systemText
        if let schema = parts.request.outputSchema, !takesFormat {
            var run = text ?? TextRun()
            if !run.isEmpty { run.append(.literal("\n\n")) }
            run.append(.literal("Answer with nothing but JSON of this schema: "))
            run.append(.utf8(schema))
            text = run
        }
        guard let text else { return }
        json.key("systemInstruction")
        json.beginObject()
        json.key("parts")
        json.beginArray()
        json.beginObject()
        json.member("text", text)
        json.endObject()
        json.endArray()
        json.endObject()
    }

    /// Older models refuse a format beside tools.
    var takesFormat: Bool { model.isThird || (parts.selection.tools.isEmpty && !parts.selection.searchesWeb) }

    // MARK: Tools

    /// Older models refuse search beside functions.
    private var searches: Bool {
        parts.selection.searchesWeb && (model.isThird || parts.selection.tools.isEmpty)
    }

    private mutating func writeTools(_ json: inout JSONWriter) {
        let tools = parts.selection.tools
        if parts.selection.searchesWeb, !searches { parts.receipt.record(.webSearch, .dropped) }
        if !tools.isEmpty || searches {
            json.key("tools")
            json.beginArray()
            if !tools.isEmpty { writeFunctions(tools, &json) }
            if searches, let rules = parts.selection.webSearch { writeSearch(rules, &json) }
            json.endArray()
        }
        writeToolConfiguration(&json)
    }

    private mutating func writeFunctions(_ tools: [MessagesRequest.Tool], _ json: inout JSONWriter) {
        json.beginObject()
        json.key("functionDeclarations")
        json.beginArray()
        for tool in tools { write(tool, &json) }
        json.endArray()
        json.endObject()
    }

    /// https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Tool#GoogleSearch
    private mutating func writeSearch(_ rules: WebSearchRules, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("googleSearch")
        json.beginObject()
        if !rules.blocked.names.isEmpty {
            let fidelity: Fidelity = !isVertex ? .dropped : rules.blocked.hadPaths ? .approximated : .translated
            parts.receipt.record(.blockedDomains, fidelity)
            if isVertex { json.member("excludeDomains", rules.blocked) }
        }
        json.endObject()
        json.endObject()
        if !rules.allowed.names.isEmpty { parts.receipt.record(.allowedDomains) }
        if rules.location != nil { parts.receipt.record(.userLocation) }
        if rules.maximumUses != nil { parts.receipt.record(.maxUses) }
    }

    private mutating func write(_ tool: MessagesRequest.Tool, _ json: inout JSONWriter) {
        var schema = GeminiSchema()
        json.beginObject()
        json.key("name")
        parts.write(name: tool.name, &json)
        if let description = tool.description { json.member("description", description) }
        json.key("parametersJsonSchema")
        schema.writeParameters(tool.schema, &json)
        json.endObject()
        parts.receipt.record(.toolSchema, schema.isNarrowed ? .approximated : .forwarded)
    }

    private mutating func writeToolConfiguration(_ json: inout JSONWriter) {
        if parts.request.disablesParallelTools { parts.receipt.record(.parallelToolUse) }
        let choice = choice
        if parts.request.toolChoice != nil { parts.receipt.record(.toolChoice, choice == nil ? .dropped : .translated) }
        // https://ai.google.dev/gemini-api/docs/tool-combination
        let combines = searches && !parts.selection.tools.isEmpty && !isVertex
        guard choice != nil || combines else { return }
        json.key("toolConfig")
        json.beginObject()
        if let choice { write(choice, &json) }
        if combines {
            json.key("includeServerSideToolInvocations")
            json.value(true)
        }
        json.endObject()
    }

    /// The choice, if there is something to choose from.
    private var choice: MessagesRequest.ToolChoice? {
        let tools = parts.selection.tools
        guard !tools.isEmpty, let choice = parts.request.toolChoice else { return nil }
        guard case .tool(let name) = choice else { return choice }
        return tools.contains { $0.name.bytes.equals(name.bytes) } ? choice : nil
    }

    private mutating func write(_ choice: MessagesRequest.ToolChoice, _ json: inout JSONWriter) {
        json.key("functionCallingConfig")
        json.beginObject()
        switch choice {
        case .auto: json.member("mode", literal: "AUTO")
        case .any: json.member("mode", literal: "ANY")
        case .none: json.member("mode", literal: "NONE")
        case .tool(let name):
            json.member("mode", literal: "ANY")
            json.key("allowedFunctionNames")
            json.beginArray()
            parts.write(name: name, &json)
            json.endArray()
        }
        json.endObject()
    }
}

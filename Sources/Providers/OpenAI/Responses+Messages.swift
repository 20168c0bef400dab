import Configuration
import Wire

/// A Messages request as `POST /responses`. https://platform.openai.com/docs/api-reference/responses/create
struct ResponsesRequest {
    var parts: TranslationParts
    private let model: OpenAIModel

    init(_ parts: TranslationParts) {
        self.parts = parts
        model = OpenAIModel.of(parts.target.baseModel, parts.target.kind)
    }

    mutating func write() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: parts.bodyBytes + 8_192))
        writeInput(&json)
        writeParameters(&json)
        json.endObject()
        return json.finish()
    }

    /// The same question without an answer: `POST /responses/input_tokens`.
    mutating func writeCount() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: parts.bodyBytes + 8_192))
        writeInput(&json)
        json.endObject()
        return json.finish()
    }

    private mutating func writeInput(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("model", parts.target.model)
        if let system = parts.conversation.systemText { json.member("instructions", system) }
        json.key("input")
        json.beginArray()
        for turn in parts.conversation.turns {
            switch turn {
            case .system(let text): writeMessage("system", text, &json)
            case .assistant(let content): writeAssistant(content, &json)
            case .user(let results, let content): writeUser(results, content, &json)
            }
        }
        json.endArray()
        writeTools(&json)
    }

    // MARK: Items

    private func writeMessage(
        _ role: StaticString, _ text: TextRun, phase: ResponsesPhase? = nil, _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("type", literal: "message")
        json.member("role", literal: role)
        if let phase {
            json.key("phase")
            json.value(utf8: phase.name)
        }
        json.member("content", text)
        json.endObject()
    }

    /// T-40: text, calls and reasoning keep their order.
    private mutating func writeAssistant(_ content: [Conversation.Content], _ json: inout JSONWriter) {
        var phase: ResponsesPhase?
        for part in content {
            switch part {
            case .text(let text):
                writeMessage("assistant", text, phase: phase, &json)
                phase = nil
            case .toolUse(let call): write(call, &json)
            case .reasoning(let state, let text):
                phase = ResponsesPhase(state: state)
                if phase == nil { writeReasoning(state, text, &json) }
            case .image, .imageURL, .document, .documentURL: continue
            }
        }
    }

    private mutating func write(_ call: MessagesRequest.ToolUse, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("type", literal: "function_call")
        json.key("call_id")
        CallID.write(call.id, &json)
        json.key("name")
        parts.write(name: call.name, &json)
        json.key("arguments")
        json.value(utf8: call.input)
        json.endObject()
    }

    /// The state is `{item id}/{encrypted_content}` (T-9).
    private func writeReasoning(_ state: UnsafeRawBufferPointer, _ text: JSONString?, _ json: inout JSONWriter) {
        guard let slash = state.firstIndex(of: UInt8(ascii: "/"), in: 0..<state.count), slash > 0 else { return }
        json.beginObject()
        json.member("type", literal: "reasoning")
        json.key("id")
        json.value(utf8: state.slice(0..<slash))
        json.key("summary")
        json.beginArray()
        if let text {
            json.beginObject()
            json.member("type", literal: "summary_text")
            json.member("text", text)
            json.endObject()
        }
        json.endArray()
        json.key("encrypted_content")
        json.value(utf8: state.slice(slash + 1..<state.count))
        json.endObject()
    }

    private func writeUser(
        _ results: [Conversation.Result], _ content: [Conversation.Content], _ json: inout JSONWriter
    ) {
        for result in results {
            json.beginObject()
            json.member("type", literal: "function_call_output")
            json.key("call_id")
            CallID.write(result.id, &json)
            json.key("output")
            writeOutput(result, &json)
            json.endObject()
        }
        if content.isEmpty { return }
        json.beginObject()
        json.member("type", literal: "message")
        json.member("role", literal: "user")
        json.key("content")
        writeParts(content, &json)
        json.endObject()
    }

    private func writeOutput(_ result: Conversation.Result, _ json: inout JSONWriter) {
        guard result.content.hasMedia else {
            var text = TextRun()
            if result.isError { text.append(.literal("Error: ")) }
            text.append(result.content.joinedText)
            return json.value(text)
        }
        let error: [Conversation.Content] = result.isError ? [.text(TextRun(.literal("Error:")))] : []
        writeParts(error + result.content, &json)
    }

    private func writeParts(_ content: [Conversation.Content], _ json: inout JSONWriter) {
        json.beginArray()
        for part in content {
            json.beginObject()
            write(part, &json)
            json.endObject()
        }
        json.endArray()
    }

    private func write(_ part: Conversation.Content, _ json: inout JSONWriter) {
        switch part {
        case .text(let text):
            json.member("type", literal: "input_text")
            json.member("text", text)
        case .image(let mediaType, let data):
            json.member("type", literal: "input_image")
            json.member("detail", literal: "auto")
            json.key("image_url")
            json.dataURL(mediaType, data)
        case .imageURL(let url):
            json.member("type", literal: "input_image")
            json.member("detail", literal: "auto")
            json.member("image_url", url)
        case .document(let mediaType, let data, let title):
            json.member("type", literal: "input_file")
            json.member("filename", title ?? JSONString(literal: "document.pdf"))
            json.key("file_data")
            json.dataURL(mediaType, data)
        case .documentURL(let url):
            json.member("type", literal: "input_file")
            json.member("file_url", url)
        case .toolUse, .reasoning:
            // They belong to the assistant and never stand here.
            json.member("type", literal: "input_text")
            json.member("text", literal: "")
        }
    }

    // MARK: Tools

    private mutating func writeTools(_ json: inout JSONWriter) {
        let selection = parts.selection
        guard !selection.tools.isEmpty || selection.searchesWeb else { return }
        json.key("tools")
        json.beginArray()
        for tool in selection.tools { write(tool, &json) }
        if let rules = selection.webSearch { writeSearch(rules, &json) }
        json.endArray()
        writeChoice(&json)
    }

    private mutating func write(_ tool: MessagesRequest.Tool, _ json: inout JSONWriter) {
        parts.receipt.record(.toolSchema)
        json.beginObject()
        json.member("type", literal: "function")
        json.key("name")
        parts.write(name: tool.name, &json)
        if let description = tool.description { json.member("description", description) }
        json.key("parameters")
        OpenAISchema.writeParameters(tool.schema, &json)
        // Left out it would be on, and optional properties become required (T-16).
        json.key("strict")
        json.value(tool.isStrict && tool.schema.map { OpenAISchema.isStrict($0) } ?? false)
        json.endObject()
    }

    private mutating func writeChoice(_ json: inout JSONWriter) {
        if let choice = parts.request.toolChoice {
            parts.receipt.record(.toolChoice)
            json.key("tool_choice")
            switch choice {
            case .auto: json.value("auto")
            case .any: json.value("required")
            case .none: json.value("none")
            case .tool(let name):
                if parts.selection.tools.contains(where: { $0.name.bytes.equals(name.bytes) }) {
                    json.beginObject()
                    json.member("type", literal: "function")
                    json.key("name")
                    parts.write(name: name, &json)
                    json.endObject()
                } else {
                    // The provider's own search has no name of ours.
                    json.value("required")
                }
            }
        }
        guard parts.request.disablesParallelTools else { return }
        parts.receipt.record(.parallelToolUse)
        json.key("parallel_tool_calls")
        json.value(false)
    }

    // MARK: Parameters

    private mutating func writeParameters(_ json: inout JSONWriter) {
        if let tokens = parts.maximumTokens(modelLimit: model.maximumOutput, least: 16) {
            json.member("max_output_tokens", tokens)
        }
        writeSearchLimit(&json)
        writeSampling(&json)
        writeReasoning(&json)
        if let schema = parts.request.outputSchema {
            parts.recordOpenAIFormat(schema)
            json.key("text")
            json.beginObject()
            json.key("format")
            json.beginObject()
            json.member("type", literal: "json_schema")
            json.outputSchemaMembers(schema)
            json.endObject()
            json.endObject()
        }
        if !parts.sessionID.isEmpty, parts.target.kind != .openAICompatible {
            json.key("prompt_cache_key")
            parts.sessionID.withUnsafeBytes { json.value(utf8: UnsafeRawBufferPointer(rebasing: $0.prefix(64))) }
        }
        // Nothing of the conversation stays with the provider.
        json.key("store")
        json.value(false)
        json.key("stream")
        json.value(true)
    }

    private mutating func writeSampling(_ json: inout JSONWriter) {
        let request = parts.request
        let values = [
            ("temperature" as StaticString, RequestFeature.temperature, request.temperature),
            ("top_p", .topP, request.topP),
        ]
        for (name, feature, value) in values {
            guard let value else { continue }
            if model.reasons {
                parts.receipt.record(feature, .dropped)
            } else {
                parts.receipt.record(feature)
                json.key(name)
                json.value(raw: value)
            }
        }
        if request.topK != nil { parts.receipt.record(.topK) }
        parts.watchStopSequences()
    }

    private mutating func writeReasoning(_ json: inout JSONWriter) {
        let reasoning = parts.request.reasoning
        guard model.reasons else {
            if reasoning != nil { parts.receipt.record(.effort, .dropped) }
            if parts.request.thinking != nil { parts.receipt.record(.thinking, .dropped) }
            return writeInclude([], &json)
        }
        if parts.request.thinking != nil { parts.receipt.record(.thinking) }
        json.key("reasoning")
        json.beginObject()
        if let reasoning, let effort = model.effort(reasoning, knowsMax: true) {
            parts.receipt.record(.effort)
            json.member("effort", literal: effort)
        }
        if !parts.request.omitsThinking { json.member("summary", literal: "auto") }
        json.endObject()
        writeInclude(["reasoning.encrypted_content"], &json)
    }
}

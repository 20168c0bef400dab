import Configuration
import Wire

/// A Messages request as `POST /chat/completions`. https://platform.openai.com/docs/api-reference/chat/create
struct ChatCompletionsRequest {
    var parts: TranslationParts
    private let model: OpenAIModel
    private var isOnPrem: Bool { parts.target.kind == .openAICompatible }

    init(_ parts: TranslationParts) {
        self.parts = parts
        model = OpenAIModel.of(parts.target.baseModel, parts.target.kind)
    }

    mutating func write() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: parts.bodyBytes + 8_192))
        json.beginObject()
        json.member("model", parts.target.model)
        json.key("messages")
        json.beginArray()
        writeMessages(&json)
        json.endArray()
        try writeTools(&json)
        writeParameters(&json)
        json.endObject()
        return json.finish()
    }

    // MARK: Messages

    private mutating func writeMessages(_ json: inout JSONWriter) {
        if let system = parts.conversation.systemText { write("system", system, &json) }
        let turns = isOnPrem ? parts.conversation.foldingSystemMessages() : parts.conversation.turns
        for turn in turns {
            switch turn {
            case .system(let text): write("system", text, &json)
            case .assistant(let content): writeAssistant(content, &json)
            case .user(let results, let content): writeUser(results, content, &json)
            }
        }
    }

    private func write(_ role: StaticString, _ text: TextRun, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("role", literal: role)
        json.member("content", text)
        json.endObject()
    }

    private mutating func writeAssistant(_ content: [Conversation.Content], _ json: inout JSONWriter) {
        let text = content.joinedText
        let calls = content.compactMap { if case .toolUse(let call) = $0 { call } else { nil } }
        guard !text.isEmpty || !calls.isEmpty else { return }
        if content.saysMoreBehindCalls { parts.receipt.record(.toolUse, .approximated) }
        json.beginObject()
        json.member("role", literal: "assistant")
        json.key("content")
        // Templates of local models fail on null.
        if text.isEmpty, !isOnPrem { json.null() } else { json.value(text) }
        if !calls.isEmpty {
            json.key("tool_calls")
            json.beginArray()
            for call in calls { write(call, &json) }
            json.endArray()
        }
        json.endObject()
    }

    private mutating func write(_ call: MessagesRequest.ToolUse, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        CallID.write(call.id, &json)
        json.member("type", literal: "function")
        json.key("function")
        json.beginObject()
        json.key("name")
        parts.write(name: call.name, &json)
        json.key("arguments")
        json.value(utf8: call.input)
        json.endObject()
        json.endObject()
    }

    /// T-2: results first, each a message of its own. T-3: they take text only, so that media follow in a user message.
    private func writeUser(
        _ results: [Conversation.Result], _ content: [Conversation.Content], _ json: inout JSONWriter
    ) {
        var media: [Conversation.Content] = []
        for result in results {
            json.beginObject()
            json.member("role", literal: "tool")
            json.key("tool_call_id")
            CallID.write(result.id, &json)
            json.member("content", Self.text(of: result))
            json.endObject()
            if result.content.hasMedia {
                media.append(
                    .text(TextRun(.literal("[Attachment of the tool result "), .json(result.id), .literal("]"))))
                media += result.content.filter(\.isMedia)
            }
        }
        let all = media + content
        if all.isEmpty { return }
        json.beginObject()
        json.member("role", literal: "user")
        json.key("content")
        if all.hasMedia {
            json.beginArray()
            for part in all { write(part, &json) }
            json.endArray()
        } else {
            json.value(all.joinedText)
        }
        json.endObject()
    }

    /// T-4: failures have no field of their own.
    static func text(of result: Conversation.Result) -> TextRun {
        var text = TextRun()
        if result.isError { text.append(.literal("Error: ")) }
        text.append(result.content.joinedText)
        if result.content.hasMedia {
            if !text.isEmpty { text.append(.literal("\n")) }
            text.append(.literal("(attachment: see the next message)"))
        }
        return text
    }

    private func write(_ part: Conversation.Content, _ json: inout JSONWriter) {
        json.beginObject()
        switch part {
        case .text(let text):
            json.member("type", literal: "text")
            json.member("text", text)
        case .image(let mediaType, let data):
            json.member("type", literal: "image_url")
            json.key("image_url")
            json.beginObject()
            json.key("url")
            json.dataURL(mediaType, data)
            json.endObject()
        case .imageURL(let url):
            json.member("type", literal: "image_url")
            json.key("image_url")
            json.beginObject()
            json.member("url", url)
            json.endObject()
        case .document(let mediaType, let data, let title):
            json.member("type", literal: "file")
            json.key("file")
            json.beginObject()
            json.member("filename", title ?? JSONString(literal: "document.pdf"))
            json.key("file_data")
            json.dataURL(mediaType, data)
            json.endObject()
        case .documentURL, .toolUse, .reasoning:
            // None of them gets here: the table rejects the first, the others belong to the assistant.
            json.member("type", literal: "text")
            json.member("text", literal: "")
        }
        json.endObject()
    }

    // MARK: Tools

    private mutating func writeTools(_ json: inout JSONWriter) throws(Refusal) {
        guard !parts.selection.tools.isEmpty else { return }
        if case .none = model.toolsInChat {
            throw .invalid(
                "tools",
                "\(parts.target.model) takes tools only by the Responses API; set the provider's `dialect` to responses"
            )
        }
        json.key("tools")
        json.beginArray()
        for tool in parts.selection.tools { write(tool, &json) }
        json.endArray()
        writeChoice(&json)
    }

    private mutating func write(_ tool: MessagesRequest.Tool, _ json: inout JSONWriter) {
        parts.receipt.record(.toolSchema)
        json.beginObject()
        json.member("type", literal: "function")
        json.key("function")
        json.beginObject()
        json.key("name")
        parts.write(name: tool.name, &json)
        if let description = tool.description { json.member("description", description) }
        json.key("parameters")
        OpenAISchema.writeParameters(tool.schema, &json)
        json.endObject()
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
                json.beginObject()
                json.member("type", literal: "function")
                json.key("function")
                json.beginObject()
                json.key("name")
                parts.write(name: name, &json)
                json.endObject()
                json.endObject()
            }
        }
        if parts.request.disablesParallelTools {
            parts.receipt.record(.parallelToolUse, isOnPrem ? .dropped : .translated)
            guard !isOnPrem else { return }
            json.key("parallel_tool_calls")
            json.value(false)
        }
    }

    // MARK: Parameters

    private mutating func writeParameters(_ json: inout JSONWriter) {
        writeLimits(&json)
        writeSampling(&json)
        writeReasoning(&json)
        if let schema = parts.request.outputSchema {
            parts.recordOpenAIFormat(schema)
            json.key("response_format")
            json.beginObject()
            json.member("type", literal: "json_schema")
            json.key("json_schema")
            json.outputSchema(schema)
            json.endObject()
        }
        if !isOnPrem, !parts.sessionID.isEmpty, parts.target.kind != .xAI {
            json.key("prompt_cache_key")
            parts.sessionID.withUnsafeBytes { json.value(utf8: UnsafeRawBufferPointer(rebasing: $0.prefix(64))) }
        }
        json.key("stream")
        json.value(true)
        json.key("stream_options")
        json.beginObject()
        json.key("include_usage")
        json.value(true)
        json.endObject()
    }

    /// Local servers fill the context themselves: a limit far beyond it would only be refused (T-13).
    private static let largestForUnknown: Int64 = 8_192

    private mutating func writeLimits(_ json: inout JSONWriter) {
        guard let tokens = parts.maximumTokens(modelLimit: model.maximumOutput) else { return }
        if isOnPrem, parts.target.maximumOutput == nil, tokens > Self.largestForUnknown {
            return parts.receipt.record(.maxTokensClamped)
        }
        json.member(isOnPrem ? "max_tokens" : "max_completion_tokens", tokens)
    }

    private mutating func writeSampling(_ json: inout JSONWriter) {
        let request = parts.request
        if let value = request.temperature { writeSampling("temperature", .temperature, value, &json) }
        if let value = request.topP { writeSampling("top_p", .topP, value, &json) }
        if request.topK != nil { parts.receipt.record(.topK) }
        guard !request.stopSequences.isEmpty else { return }
        if model.reasons || request.stopSequences.count > 4 { return parts.watchStopSequences() }
        parts.receipt.record(.stopSequences)
        json.key("stop")
        json.beginArray()
        for sequence in request.stopSequences { json.value(sequence) }
        json.endArray()
    }

    /// T-14: reasoning models refuse it.
    private mutating func writeSampling(
        _ name: StaticString, _ feature: RequestFeature, _ value: UnsafeRawBufferPointer, _ json: inout JSONWriter
    ) {
        if model.reasons { return parts.receipt.record(feature, .dropped) }
        parts.receipt.record(feature)
        json.key(name)
        json.value(raw: value)
    }

    private mutating func writeReasoning(_ json: inout JSONWriter) {
        let reasoning = parts.request.reasoning
        var effort = reasoning.flatMap { model.effort($0, knowsMax: false) }
        var fate: Fidelity = effort == nil ? .dropped : .translated
        // With tools only `none` is taken, and it must be said.
        if case .withoutReasoning = model.toolsInChat, !parts.selection.tools.isEmpty {
            effort = "none"
            fate = if case .off? = reasoning { .translated } else { .dropped }
        }
        if reasoning != nil { parts.receipt.record(.effort, fate) }
        if parts.request.thinking != nil { parts.receipt.record(.thinking, fate) }
        if let effort { json.member("reasoning_effort", literal: effort) }
    }
}

extension JSONWriter {
    /// `data:MEDIA;base64,DATA`
    mutating func dataURL(_ mediaType: JSONString, _ data: JSONString) {
        beginString()
        append("data:")
        append(mediaType)
        append(";base64,")
        append(data)
        endString()
    }

    /// The members of a `json_schema` format.
    mutating func outputSchema(_ schema: UnsafeRawBufferPointer) {
        beginObject()
        outputSchemaMembers(schema)
        endObject()
    }

    mutating func outputSchemaMembers(_ schema: UnsafeRawBufferPointer) {
        member("name", literal: "output")
        key("schema")
        value(raw: schema)
        key("strict")
        value(OpenAISchema.isStrict(schema))
    }
}

import Wire

/// A Messages request as `POST /model/{id}/converse-stream`, for models on Bedrock that are not Anthropic's.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
struct ConverseRequest {
    var parts: TranslationParts
    private var content: ConverseContent

    init(_ parts: TranslationParts) {
        self.parts = parts
        content = ConverseContent(parts.target.model, takesStatus: Self.takesStatus(parts.target.baseModel))
    }

    /// Other models refuse a result's `status`.
    /// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html
    private static func takesStatus(_ model: String) -> Bool { model.contains("nova") || model.contains("claude") }

    mutating func write() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: 64 * 1024))
        json.beginObject()
        try writeInput(&json)
        writeParameters(&json)
        json.endObject()
        return json.finish()
    }

    /// For `POST /model/{id}/count-tokens`.
    mutating func writeCount() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: 64 * 1024))
        json.beginObject()
        json.key("input")
        json.beginObject()
        json.key("converse")
        json.beginObject()
        try writeInput(&json)
        json.endObject()
        json.endObject()
        json.endObject()
        return json.finish()
    }

    private mutating func writeInput(_ json: inout JSONWriter) throws(Refusal) {
        json.key("messages")
        json.beginArray()
        try writeMessages(&json)
        json.endArray()
        writeSystem(&json)
        writeTools(&json)
    }

    // MARK: Messages

    /// Roles alternate, and the first is the user's.
    private mutating func writeMessages(_ json: inout JSONWriter) throws(Refusal) {
        let turns = parts.conversation.foldingSystemMessages()
        if case .assistant? = turns.first {
            try writeUser([], [.text(TextRun(.literal("[The conversation begins.]")))], &json)
        }
        for turn in turns {
            switch turn {
            case .assistant(let content): try writeAssistant(content, &json)
            case .user(let results, let content): try writeUser(results, content, &json)
            case .system: continue
            }
        }
    }

    /// Text must stand before calls.
    private mutating func writeAssistant(
        _ blocks: [Conversation.Content], _ json: inout JSONWriter
    ) throws(Refusal) {
        if blocks.saysMoreBehindCalls { parts.receipt.record(.toolUse, .approximated) }
        beginMessage("assistant", &json)
        for block in blocks where !block.isCall { try content.write(block, &json) }
        for case .toolUse(let call) in blocks { write(call, &json) }
        endMessage(&json)
    }

    /// Llama and others refuse text beside results in one message, and roles must alternate: what stands behind the results
    /// belongs to the last one then (strands-agents/harness-sdk#1223).
    private mutating func writeUser(
        _ results: [Conversation.Result], _ blocks: [Conversation.Content], _ json: inout JSONWriter
    ) throws(Refusal) {
        if !results.isEmpty, !blocks.isEmpty { parts.receipt.record(.toolResult, .approximated) }
        beginMessage("user", &json)
        for result in results.dropLast() { try write(result, [], &json) }
        if let last = results.last {
            try write(last, blocks, &json)
        } else {
            for block in blocks { try content.write(block, &json) }
        }
        endMessage(&json)
    }

    private func beginMessage(_ role: StaticString, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("role", literal: role)
        json.key("content")
        json.beginArray()
    }

    private func endMessage(_ json: inout JSONWriter) {
        json.endArray()
        json.endObject()
    }

    private mutating func write(_ call: MessagesRequest.ToolUse, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("toolUse")
        json.beginObject()
        json.key("toolUseId")
        CallID.write(call.id, &json)
        json.key("name")
        parts.write(name: call.name, &json)
        json.key("input")
        json.value(raw: call.input)
        json.endObject()
        json.endObject()
    }

    private mutating func write(
        _ result: Conversation.Result, _ more: [Conversation.Content], _ json: inout JSONWriter
    ) throws(Refusal) {
        if result.isError, !content.takesStatus { parts.receipt.record(.toolResultError, .approximated) }
        try content.write(result, more, &json)
    }

    // MARK: System

    private static let schemaInstruction: StaticString =
        "Answer with one JSON value that conforms to this JSON Schema, and with nothing else:\n"

    private mutating func writeSystem(_ json: inout JSONWriter) {
        var texts = parts.conversation.system
        if let schema = parts.request.outputSchema {
            parts.receipt.record(.outputFormat)
            texts.append(TextRun(.literal(Self.schemaInstruction), .utf8(schema)))
        }
        guard !texts.isEmpty else { return }
        json.key("system")
        json.beginArray()
        for text in texts {
            json.beginObject()
            json.member("text", text)
            json.endObject()
        }
        json.endArray()
    }

    // MARK: Parameters

    /// Beyond this a limit would only be refused by most models; without one their own largest holds (T-13).
    private static let largestForUnknown: Int64 = 8_192

    private mutating func writeParameters(_ json: inout JSONWriter) {
        let request = parts.request
        json.key("inferenceConfig")
        json.beginObject()
        if let tokens = parts.maximumTokens(modelLimit: nil) { writeLimit(tokens, &json) }
        if let value = request.temperature { writeNumber("temperature", .temperature, value, &json) }
        if let value = request.topP { writeNumber("topP", .topP, value, &json) }
        if !request.stopSequences.isEmpty {
            parts.receipt.record(.stopSequences)
            json.key("stopSequences")
            json.beginArray()
            for sequence in request.stopSequences { json.value(sequence) }
            json.endArray()
        }
        json.endObject()
        if request.topK != nil { parts.receipt.record(.topK) }
        if request.thinking != nil { parts.receipt.record(.thinking) }
        if request.effort != nil { parts.receipt.record(.effort) }
    }

    private mutating func writeLimit(_ tokens: Int64, _ json: inout JSONWriter) {
        if parts.target.maximumOutput == nil, tokens > Self.largestForUnknown {
            return parts.receipt.record(.maxTokensClamped)
        }
        json.member("maxTokens", tokens)
    }

    private mutating func writeNumber(
        _ name: StaticString, _ feature: RequestFeature, _ value: UnsafeRawBufferPointer, _ json: inout JSONWriter
    ) {
        parts.receipt.record(feature)
        json.key(name)
        json.value(raw: value)
    }
}

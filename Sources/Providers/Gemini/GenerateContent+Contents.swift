import Wire

extension GenerateContentRequest {
    /// T-2: roles alternate, the user begins, and results follow their calls at once and in their order.
    mutating func writeContents(_ json: inout JSONWriter) {
        let turns = parts.conversation.foldingSystemMessages()
        let current = Self.currentTurn(turns)
        var calls: [MessagesRequest.ToolUse] = []
        if case .assistant? = turns.first { writeOpening(&json) }
        for (index, turn) in turns.enumerated() {
            switch turn {
            case .system: break
            case .assistant(let content):
                calls = content.compactMap { if case .toolUse(let call) = $0 { call } else { nil } }
                writeModel(GeminiPart.parts(of: content, needsSignature: model.isThird && index >= current), &json)
            case .user(let results, let content):
                writeUser(Self.inOrder(results, calls), content, &json)
            }
        }
    }

    /// Where the turn begins whose signatures are checked: behind the last message of the user that answers no call.
    private static func currentTurn(_ turns: [Conversation.Turn]) -> Int {
        turns.lastIndex { turn in
            if case .user(let results, _) = turn { results.isEmpty } else { false }
        } ?? 0
    }

    private static func inOrder(
        _ results: [Conversation.Result], _ calls: [MessagesRequest.ToolUse]
    ) -> [Conversation.Result] {
        var rest = results, ordered: [Conversation.Result] = []
        for call in calls {
            guard let index = rest.firstIndex(where: { $0.id.bytes.equals(call.id.bytes) }) else { continue }
            ordered.append(rest.remove(at: index))
        }
        return ordered + rest
    }

    private func writeOpening(_ json: inout JSONWriter) {
        begin("user", &json)
        write(text: TextRun(.literal("[The conversation begins with the assistant's words.]")), &json)
        end(&json)
    }

    private func begin(_ role: StaticString, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("role", literal: role)
        json.key("parts")
        json.beginArray()
    }

    private func end(_ json: inout JSONWriter) {
        json.endArray()
        json.endObject()
    }

    private func write(text: TextRun, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("text", text)
        json.endObject()
    }

    // MARK: The model's turns

    private mutating func writeModel(_ content: [GeminiPart], _ json: inout JSONWriter) {
        guard !content.isEmpty else { return }
        begin("model", &json)
        for part in content {
            json.beginObject()
            switch part.kind {
            case .text(let text): json.member("text", text)
            case .thought(let text):
                json.member("text", text)
                json.key("thought")
                json.value(true)
            case .call(let call): write(call, &json)
            }
            write(part.signature, &json)
            json.endObject()
        }
        end(&json)
    }

    private mutating func write(_ call: MessagesRequest.ToolUse, _ json: inout JSONWriter) {
        json.key("functionCall")
        json.beginObject()
        write(id: call.id, &json)
        json.key("name")
        parts.write(name: call.name, &json)
        json.key("args")
        json.value(raw: call.input)
        json.endObject()
    }

    /// Vertex matches by order; ids that other APIs made may be of a form that is not taken.
    private func write(id: JSONString, _ json: inout JSONWriter) {
        guard !isVertex, CallID.isFit(id) else { return }
        json.member("id", id)
    }

    private func write(_ signature: GeminiPart.Signature, _ json: inout JSONWriter) {
        switch signature {
        case .none: break
        case .own(let bytes):
            json.key("thoughtSignature")
            json.value(utf8: bytes)
        case .foreign: json.member("thoughtSignature", literal: isVertex ? Self.skipsAsBase64 : Self.skips)
        }
    }

    /// For calls that another model made. https://ai.google.dev/gemini-api/docs/thought-signatures
    private static let skips: StaticString = "skip_thought_signature_validator"
    private static let skipsAsBase64: StaticString = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="

    // MARK: The user's turns

    private mutating func writeUser(
        _ results: [Conversation.Result], _ content: [Conversation.Content], _ json: inout JSONWriter
    ) {
        var media: [Conversation.Content] = []
        begin("user", &json)
        for result in results {
            let parts = readable(result.content)
            write(result, parts, &json)
            if !model.isThird, parts.hasMedia {
                let note = TextRun(.literal("[Attachment of the tool result "), .json(result.id), .literal("]"))
                media.append(.text(note))
                media += parts.filter(\.isMedia)
            }
        }
        for part in media + readable(content) { write(part, &json) }
        end(&json)
    }

    /// Without what the API does not read. https://ai.google.dev/gemini-api/docs/image-understanding
    private mutating func readable(_ content: [Conversation.Content]) -> [Conversation.Content] {
        var readable: [Conversation.Content] = []
        for part in content {
            guard case .image(let mediaType, _) = part, mediaType.equals("image/gif") else {
                readable.append(part)
                continue
            }
            parts.receipt.record(.image, .dropped)
            readable.append(.text(TextRun(.literal("[A GIF image stood here, which the model cannot read.]"))))
        }
        return readable
    }

    /// T-3, T-4, T-5
    private mutating func write(
        _ result: Conversation.Result, _ content: [Conversation.Content], _ json: inout JSONWriter
    ) {
        var text = content.joinedText
        let media = content.filter(\.isMedia)
        if !media.isEmpty, !model.isThird {
            text.append(.literal(text.isEmpty ? "(attachment: see below)" : "\n(attachment: see below)"))
        }
        json.beginObject()
        json.key("functionResponse")
        json.beginObject()
        write(id: result.id, &json)
        json.key("name")
        parts.write(name: result.name, &json)
        json.key("response")
        json.beginObject()
        json.member(result.isError ? "error" : "output", text)
        json.endObject()
        if !media.isEmpty, model.isThird {
            json.key("parts")
            json.beginArray()
            for part in media { write(part, &json) }
            json.endArray()
        }
        json.endObject()
        json.endObject()
    }

    private func write(_ part: Conversation.Content, _ json: inout JSONWriter) {
        switch part {
        case .text(let text): write(text: text, &json)
        case .image(let mediaType, let data): write(data, mediaType, &json)
        case .document(let mediaType, let data, _): write(data, mediaType, &json)
        case .imageURL(let url): write(file: url, FileType.image(url), &json)
        case .documentURL(let url): write(file: url, "application/pdf", &json)
        case .toolUse, .reasoning: break
        }
    }

    private func write(_ data: JSONString, _ mediaType: JSONString, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("inlineData")
        json.beginObject()
        json.member("mimeType", mediaType)
        json.member("data", data)
        json.endObject()
        json.endObject()
    }

    private func write(file url: JSONString, _ mediaType: StaticString, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("fileData")
        json.beginObject()
        json.member("mimeType", literal: mediaType)
        json.member("fileUri", url)
        json.endObject()
        json.endObject()
    }
}

/// What a file is, as far as its address tells.
private enum FileType {
    static func image(_ url: JSONString) -> StaticString {
        let path = url.bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        func ends(_ text: StaticString) -> Bool {
            path.count >= text.utf8CodeUnitCount
                && UnsafeRawBufferPointer(rebasing: path.suffix(text.utf8CodeUnitCount)).equalsIgnoringCase(text)
        }
        if ends(".png") { return "image/png" }
        if ends(".webp") { return "image/webp" }
        return "image/jpeg"
    }
}

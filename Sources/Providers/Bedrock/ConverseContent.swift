import Wire

/// Writes content blocks of Converse: each an object with one member, which is its kind.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
struct ConverseContent {
    private let model: String
    /// Whether a failed result says so by its status; else by its text.
    let takesStatus: Bool
    /// Documents so far: their names must be unique, and users do not choose them (T-21).
    private var documents = 0

    init(_ model: String, takesStatus: Bool) {
        self.model = model
        self.takesStatus = takesStatus
    }

    mutating func write(_ block: Conversation.Content, _ json: inout JSONWriter) throws(Refusal) {
        switch block {
        case .text(let text): writeText(text, &json)
        case .image(let mediaType, let data):
            guard let format = Self.imageFormat(mediaType) else { throw unknown("an image", mediaType) }
            writeMedia("image", format, name: nil, data, &json)
        case .document(let mediaType, let data, let title):
            guard let format = Self.documentFormat(mediaType) else { throw unknown("a document", mediaType) }
            documents += 1
            let name = "document-\(documents)"
            // A document needs a text beside it; this one keeps its title.
            writeLabel(name, title, &json)
            writeMedia("document", format, name: name, data, &json)
        case .reasoning(let state, let text): ConverseReasoning(state)?.write(text, &json)
        case .imageURL, .documentURL: throw .invalid("messages", "\(model) takes no media by URL")
        case .toolUse: return
        }
    }

    private func unknown(_ what: StaticString, _ mediaType: JSONString) -> Refusal {
        .invalid("messages", "\(what) of the type \((try? mediaType.decoded()) ?? "") cannot be given to \(model)")
    }

    private func writeText(_ text: TextRun, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("text", text)
        json.endObject()
    }

    private func writeLabel(_ name: String, _ title: JSONString?, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("text")
        json.beginString()
        json.append("[")
        Array(name.utf8).withUnsafeBytes { json.append(utf8: $0) }
        if let title {
            json.append(": ")
            json.append(title)
        }
        json.append("]")
        json.endString()
        json.endObject()
    }

    private func writeMedia(
        _ kind: StaticString, _ format: StaticString, name: String?, _ data: JSONString, _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.key(kind)
        json.beginObject()
        json.member("format", literal: format)
        if let name { json.member("name", name) }
        json.key("source")
        json.beginObject()
        json.member("bytes", data)
        json.endObject()
        json.endObject()
        json.endObject()
    }

    // MARK: Results

    /// A result, with what else its turn says behind it.
    mutating func write(
        _ result: Conversation.Result, _ more: [Conversation.Content], _ json: inout JSONWriter
    ) throws(Refusal) {
        json.beginObject()
        json.key("toolResult")
        json.beginObject()
        json.key("toolUseId")
        CallID.write(result.id, &json)
        json.key("content")
        json.beginArray()
        // T-4, T-5: a failure must say something, anything else may be empty.
        if result.isError, !takesStatus { writeText(TextRun(.literal("Error:")), &json) }
        if result.content.isEmpty, !result.isError || takesStatus {
            writeText(TextRun(.literal(result.isError ? "Error" : "")), &json)
        }
        for block in result.content + more { try write(block, &json) }
        json.endArray()
        if result.isError, takesStatus { json.member("status", literal: "error") }
        json.endObject()
        json.endObject()
    }

    // MARK: Formats

    private static func imageFormat(_ mediaType: JSONString) -> StaticString? {
        find(
            mediaType,
            [
                ("image/png", "png"), ("image/jpeg", "jpeg"), ("image/jpg", "jpeg"), ("image/gif", "gif"),
                ("image/webp", "webp"),
            ])
    }

    private static func documentFormat(_ mediaType: JSONString) -> StaticString? {
        find(
            mediaType,
            [
                ("application/pdf", "pdf"), ("text/plain", "txt"), ("text/markdown", "md"), ("text/html", "html"),
                ("text/csv", "csv"), ("application/msword", "doc"), ("application/vnd.ms-excel", "xls"),
                ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
                ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
            ])
    }

    private static func find(
        _ mediaType: JSONString, _ formats: [(mediaType: StaticString, name: StaticString)]
    ) -> StaticString? {
        formats.first { mediaType.equals($0.mediaType) }?.name
    }
}

extension Conversation.Content {
    var isCall: Bool { if case .toolUse = self { true } else { false } }
}

extension [Conversation.Content] {
    /// Something that is no call stands behind one: its place is lost where calls come last.
    var saysMoreBehindCalls: Bool {
        guard let first = firstIndex(where: \.isCall) else { return false }
        return self[first...].contains { !$0.isCall }
    }
}

/// What a model on Converse wants back of its reasoning, as the payload of a `ReasoningState`: `t` and the signature of the
/// text it was shown with, or `r` and the redacted bytes in Base64.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html
struct ConverseReasoning {
    static let signed = UInt8(ascii: "t")
    static let redacted = UInt8(ascii: "r")
    private let kind: UInt8
    private let payload: UnsafeRawBufferPointer

    init?(_ state: UnsafeRawBufferPointer) {
        guard state.count > 1, state[0] == Self.signed || state[0] == Self.redacted else { return nil }
        kind = state[0]
        payload = state.slice(1..<state.count)
    }

    /// Writes the block. A signature without its text is worth nothing.
    func write(_ text: JSONString?, _ json: inout JSONWriter) {
        if kind == Self.signed, text == nil { return }
        json.beginObject()
        json.key("reasoningContent")
        json.beginObject()
        if let text, kind == Self.signed {
            json.key("reasoningText")
            json.beginObject()
            json.member("text", text)
            json.key("signature")
            json.value(utf8: payload)
            json.endObject()
        } else {
            json.key("redactedContent")
            json.value(utf8: payload)
        }
        json.endObject()
        json.endObject()
    }
}

/// The parameters of a tool. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolInputSchema.html
enum ConverseSchema {
    /// As they are, but for what is missing at their root and what models refuse there: Nova takes nothing but `type`,
    /// `properties` and `required`. https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
    static func write(_ schema: UnsafeRawBufferPointer?, _ json: inout JSONWriter) {
        json.key("inputSchema")
        json.beginObject()
        json.key("json")
        let root = schema.flatMap { try? JSONValue.members(of: $0) } ?? []
        json.beginObject()
        if !root.contains(where: { $0.key == "type" }) { json.member("type", literal: "object") }
        if !root.contains(where: { $0.key == "properties" }) {
            json.key("properties")
            json.beginObject()
            json.endObject()
        }
        for (key, value) in root where !refused.contains(key) {
            json.key(string: key)
            json.value(raw: value)
        }
        json.endObject()
        json.endObject()
    }

    private static let refused: Set<String> = ["$schema", "$id", "additionalProperties"]
}

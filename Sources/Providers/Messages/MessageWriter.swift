import Wire

/// Writes an answer as the Messages API would: the events of a stream in their exact order with one block open at a time, or one
/// whole message. Whoever reads a provider's stream tells it what comes; it knows the rules that hold for every provider.
///
/// Texts are taken as the JSON they are in and not decoded, unless something has to be looked for in them. Loop-confined.
package final class MessageWriter {
    package enum Form: Sendable {
        case stream, whole
    }

    enum OpenBlock {
        case none, text, thinking
        case tool
    }

    let form: Form
    let context: AnswerContext
    /// What is ready for the client: always whole events.
    package internal(set) var output = ByteWriter()
    package internal(set) var facts = MessageFacts()
    package internal(set) var hasBegun = false
    /// The message is complete, or it failed.
    package internal(set) var hasEnded = false
    /// What went wrong, if it did: type and sentence.
    package internal(set) var failure: UpstreamFailure?
    /// A stop sequence was found: nothing that comes from the provider is of use any more.
    package var isStopped: Bool { stops?.found != nil }
    /// Bytes of content so far, for an estimate of what was written.
    package internal(set) var contentBytes: Int64 = 0
    package var usage = TokenUsage()
    /// Whether the provider said it.
    package var hasUsage = false
    /// No provider was asked, so that nothing was used.
    package var isOurs = false
    var toolCalls = 0

    /// A block has deltas of one kind.
    var openBlock = OpenBlock.none { didSet { deltaHead.reset() } }
    private var deltaHead = ByteWriter()
    var blocks = 0
    /// Of a whole message: its content so far.
    var content = ByteWriter()
    /// Of the tool call that is open, decoded.
    var arguments = ByteWriter()
    var brokenTool = false
    var isSigned = false
    /// White space with which a text begins, escaped, until more of it comes.
    var blank: [UInt8] = []
    var stops: StopScanner?
    /// Of text that is looked at, and of the arguments of the call that is open.
    var textPieces = PieceDecoder()
    var argumentPieces = PieceDecoder()
    /// The first half of a surrogate pair whose second half comes in the next piece.
    var surrogate: [UInt8] = []

    package init(_ form: Form, _ context: AnswerContext) {
        self.form = form
        self.context = context
        stops = StopScanner(context.stopSequences)
    }

    /// Something was read that the client does not want.
    var hasOmitted = false

    /// No block has begun.
    var isEmpty: Bool {
        if case .none = openBlock { return blocks == 0 }
        return false
    }

    package var readyBytes: Int { output.count }

    /// Gives away what is ready.
    package func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        body(output.bytes)
        output.reset(keepingAtMost: 64 * 1024)
    }

    // MARK: Begin

    /// `message_start`; does nothing when it was sent.
    package func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        guard form == .stream else { return }
        event("message_start") { json in
            json.key("message")
            json.beginObject()
            writeHead(&json)
            json.key("content")
            json.beginArray()
            json.endArray()
            json.key("stop_reason")
            json.null()
            json.key("stop_sequence")
            json.null()
            json.key("usage")
            MessageUsage.write(input: context.estimatedInput, &json)
            json.endObject()
        }
    }

    func writeHead(_ json: inout JSONWriter) {
        json.member("id", context.messageID)
        json.member("type", literal: "message")
        json.member("role", literal: "assistant")
        // The name that was asked for: clients know prices and limits by it (T-35).
        json.member("model", context.requestedModel)
    }

    // MARK: Facts

    /// What the provider says about the answer itself.
    package func identify(id: JSONString?, model: JSONString?) {
        if facts.id.isEmpty, let id, id.bytes.count <= 256 { facts.id = (try? id.decoded()) ?? "" }
        if facts.model.isEmpty, let model, model.bytes.count <= 256 { facts.model = (try? model.decoded()) ?? "" }
    }

    /// The provider's usage object, and what it means. One that counts nothing is none: Vertex tells the kind of its traffic with
    /// every chunk and the counts with the last, and some servers write zeros where they did not count.
    package func use(_ usage: TokenUsage, raw: UnsafeRawBufferPointer) {
        if usage.isZero {
            // Whatever its dialect calls them: a count is there, and it is none.
            if raw.firstIndex(of: ":0") != nil || raw.firstIndex(of: ": 0") != nil { facts.hasEmptyReport = true }
            return
        }
        self.usage = usage
        hasUsage = true
        facts.report(usage, raw: raw)
    }
    // MARK: Deltas

    /// HOT: one for each event of the provider.
    func delta(_ type: StaticString, _ field: StaticString, _ piece: JSONString) {
        guard piece.bytes.isUTF8 else { return repaired(piece.bytes) { delta(type, field, $0) } }
        contentBytes += Int64(piece.bytes.count)
        if form == .whole {
            if case .tool = openBlock { return }
            return appendPiece(piece, to: &content)
        }
        if deltaHead.isEmpty { writeDeltaHead(type, field) }
        output.reserve(piece.bytes.count + 160)
        output.append(deltaHead.bytes)
        appendPiece(piece, to: &output)
        output.append("\"}}\n\n")
    }

    /// What stands before the piece in every delta of a block.
    private func writeDeltaHead(_ type: StaticString, _ field: StaticString) {
        deltaHead.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        deltaHead.append(decimal: blocks)
        deltaHead.append(",\"delta\":{\"type\":\"")
        deltaHead.append(type)
        deltaHead.append("\",\"")
        deltaHead.append(field)
        deltaHead.append("\":\"")
    }

    /// A pair of surrogates that was cut between two pieces is put together again.
    func appendPiece(_ piece: JSONString, to output: inout ByteWriter) {
        if surrogate.isEmpty {
            guard piece.hasEscapes else { return output.append(piece.bytes) }
            return appendWhole(piece, to: &output)
        }
        let joined = surrogate + Array(piece.bytes)
        surrogate = []
        joined.withUnsafeBytes { appendWhole(JSONString($0, hasEscapes: true), to: &output) }
    }

    private func appendWhole(_ piece: JSONString, to output: inout ByteWriter) {
        let end = piece.endsInHalfPair ? piece.bytes.count - 6 : piece.bytes.count
        surrogate = Array(piece.bytes.slice(end..<piece.bytes.count))
        JSONString(piece.bytes.slice(0..<end), hasEscapes: true).appendWithoutHalves(to: &output)
    }

    func releaseSurrogate() {
        guard !surrogate.isEmpty else { return }
        surrogate = []
        let replacement = JSONString(literal: "\u{FFFD}")
        switch openBlock {
        case .text: delta("text_delta", "text", replacement)
        case .thinking: delta("thinking_delta", "thinking", replacement)
        case .none, .tool: break
        }
    }

    func event(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", literal: name)
        body(&json)
        json.endObject()
        SSEWriter.append(event: name, data: json.bytes, to: &output)
    }

    func blockEvent(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        event(name) { json in
            json.member("index", Int64(blocks))
            body(&json)
        }
    }

}

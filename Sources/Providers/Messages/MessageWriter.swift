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
    package private(set) var output = ByteWriter()
    package private(set) var facts = MessageFacts()
    package private(set) var hasBegun = false
    /// The message is complete, or it failed.
    package private(set) var hasEnded = false
    /// What went wrong, if it did: type and sentence.
    package private(set) var failure: UpstreamFailure?
    /// A stop sequence was found: nothing that comes from the provider is of use any more.
    package var isStopped: Bool { stops?.found != nil }
    /// Bytes of content so far, for an estimate of what was written.
    package private(set) var contentBytes: Int64 = 0
    package var usage = TokenUsage()
    /// Whether the provider said it.
    package var hasUsage = false
    private(set) var toolCalls = 0

    private var open = OpenBlock.none
    private var blocks = 0
    /// Of a whole message: its content so far.
    private var content = ByteWriter()
    /// Of the tool call that is open, decoded.
    private var arguments = ByteWriter()
    private var brokenTool = false
    private var isSigned = false
    private var stops: StopScanner?
    /// The first half of a surrogate pair whose second half comes in the next piece.
    private var surrogate: [UInt8] = []

    package init(_ form: Form, _ context: AnswerContext) {
        self.form = form
        self.context = context
        stops = StopScanner(context.stopSequences)
    }

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

    private func writeHead(_ json: inout JSONWriter) {
        json.member("id", context.messageID)
        json.member("type", literal: "message")
        json.member("role", literal: "assistant")
        // The name that was asked for: clients know prices and limits by it (T-35).
        json.member("model", context.requestedModel)
    }

    // MARK: Content

    /// A piece of text; a block is opened for the first that is not empty (T-6).
    package func text(_ piece: JSONString) {
        guard !piece.bytes.isEmpty, !hasEnded else { return }
        guard stops != nil else {
            openText()
            return delta("text_delta", "text", piece)
        }
        var decoded = ByteWriter()
        guard (try? piece.append(to: &decoded)) != nil else { return malformed("text") }
        decoded.withBytes { text(utf8: $0) }
    }

    /// The same, not escaped.
    package func text(utf8 piece: UnsafeRawBufferPointer) {
        guard piece.count > 0, !hasEnded else { return }
        guard var scanner = stops else { return textDelta(piece) }
        let ready = scanner.pass(piece)
        stops = scanner
        ready.withUnsafeBytes { textDelta($0) }
    }

    private func textDelta(_ piece: UnsafeRawBufferPointer) {
        guard piece.count > 0 else { return }
        openText()
        var json = JSONWriter()
        json.value(utf8: piece)
        let bytes = json.bytes
        delta("text_delta", "text", JSONString(bytes.slice(1..<bytes.count - 1), hasEscapes: true))
    }

    private func openText() {
        if case .text = open { return }
        beginBlock { json in
            json.member("type", literal: "text")
            json.member("text", literal: "")
        }
        wholeBlock("text", field: "text")
        open = .text
    }

    /// A piece of what the model thinks, as far as it shows it.
    package func thinking(_ piece: JSONString) {
        guard !piece.bytes.isEmpty, !hasEnded, !context.omitsThinking else { return }
        if case .thinking = open {
        } else {
            beginBlock { json in
                json.member("type", literal: "thinking")
                json.member("thinking", literal: "")
                json.member("signature", literal: "")
            }
            wholeBlock("thinking", field: "thinking")
            open = .thinking
        }
        delta("thinking_delta", "thinking", piece)
    }

    /// The state that the provider wants back: the signature of the thinking block that is open, else a redacted one.
    package func reasoning(_ payload: (inout ByteWriter) -> Void) {
        guard !hasEnded else { return }
        var state = ByteWriter()
        state.append(context.reasoningState.prefix)
        payload(&state)
        let text = state.bytes
        if case .thinking = open {
            if form == .stream {
                blockEvent("content_block_delta") { json in
                    json.key("delta")
                    json.beginObject()
                    json.member("type", literal: "signature_delta")
                    json.key("signature")
                    json.value(utf8: text)
                    json.endObject()
                }
            } else {
                content.append("\",\"signature\":\"")
                content.append(text)
                isSigned = true
            }
            return endBlock()
        }
        beginBlock { json in
            json.member("type", literal: "redacted_thinking")
            json.key("data")
            json.value(utf8: text)
        }
        if form == .stream {
            blockEvent("content_block_stop") { _ in }
        } else {
            content.append("{\"type\":\"redacted_thinking\",\"data\":\"")
            content.append(text)
            content.append("\"}")
        }
        blocks += 1
    }

    /// A search that the provider made by itself, as Anthropic's server tool tells it. What Anthropic would encrypt is empty: the
    /// block is for the client to show.
    func webSearch(query: JSONString?, sources: [JSONString]) {
        guard !hasEnded else { return }
        endBlock()
        begin()
        let id = "srv\(context.toolID(blocks))"
        block { json in
            json.member("type", literal: "server_tool_use")
            json.member("id", id)
            json.member("name", literal: "web_search")
            json.key("input")
            json.beginObject()
            if let query { json.member("query", query) }
            json.endObject()
        }
        block { json in
            json.member("type", literal: "web_search_tool_result")
            json.member("tool_use_id", id)
            json.key("content")
            json.beginArray()
            for url in sources {
                json.beginObject()
                json.member("type", literal: "web_search_result")
                json.member("title", url)
                json.member("url", url)
                json.member("encrypted_content", literal: "")
                json.key("page_age")
                json.null()
                json.endObject()
            }
            json.endArray()
        }
    }

    /// A block that comes whole.
    private func block(_ body: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        body(&json)
        json.endObject()
        if form == .stream {
            event("content_block_start") { event in
                event.member("index", Int64(blocks))
                event.key("content_block")
                event.value(raw: json.bytes)
            }
            blockEvent("content_block_stop") { _ in }
        } else {
            if blocks > 0 { content.append(",") }
            content.append(json.bytes)
        }
        blocks += 1
    }

    // MARK: Tools

    /// A tool call begins. An id that is missing or unfit is replaced (T-18).
    package func tool(id: JSONString?, name: JSONString) {
        guard !hasEnded else { return }
        flushText()
        toolCalls += 1
        let original = context.toolNames.original(of: name)
        var head = JSONWriter()
        head.beginObject()
        head.member("type", literal: "tool_use")
        head.key("id")
        if let id, CallID.isUnique(id) { head.value(id) } else { head.value(string: context.toolID(toolCalls)) }
        head.key("name")
        if let original { original.withUnsafeBytes { head.value(utf8: $0) } } else { head.value(name) }
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
        open = .tool
    }

    /// A piece of the arguments' JSON text, itself escaped as a JSON string.
    package func toolInput(_ piece: JSONString) {
        guard case .tool = open, !piece.bytes.isEmpty, !hasEnded else { return }
        guard (try? piece.append(to: &arguments)) != nil else { return malformed("arguments") }
        delta("input_json_delta", "partial_json", piece)
    }

    /// The arguments as the JSON object they are.
    package func toolInput(json: UnsafeRawBufferPointer) {
        guard case .tool = open, json.count > 0, !hasEnded else { return }
        arguments.append(json)
        var escaped = JSONWriter()
        escaped.value(utf8: json)
        let bytes = escaped.bytes
        delta("input_json_delta", "partial_json", JSONString(bytes.slice(1..<bytes.count - 1), hasEscapes: true))
    }

    /// Whether what came of the open call's arguments is a whole object, so that nothing more can follow.
    var openToolIsComplete: Bool {
        guard case .tool = open, !arguments.isEmpty else { return false }
        return (try? Self.isObject(arguments.bytes)) ?? false
    }

    private static func isObject(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(bytes)
        guard try cursor.peekKind() == .object else { return false }
        try cursor.skipValue()
        try cursor.finish()
        return true
    }

    // MARK: Blocks

    /// Ends the block that is open, if one is.
    package func endBlock() {
        if case .none = open { return }
        flushText()
        releaseSurrogate()
        if form == .stream {
            if case .tool = open { checkArguments() }
            blockEvent("content_block_stop") { _ in }
        } else {
            endWholeBlock()
        }
        open = .none
        blocks += 1
    }

    private func endWholeBlock() {
        if case .thinking = open, !isSigned { content.append("\",\"signature\":\"") }
        isSigned = false
        guard case .tool = open else { return content.append("\"}") }
        checkArguments()
        if brokenTool || arguments.isEmpty { content.append("{}") } else { content.append(arguments.bytes) }
        content.append("}")
    }

    /// T-38: the input of a tool must be an object; what the model wrote was passed on as it came.
    private func checkArguments() {
        if !arguments.isEmpty, !openToolIsComplete { brokenTool = true }
    }

    /// Text that was held back, as it could have been the beginning of a stop sequence.
    private func flushText() {
        guard var scanner = stops, scanner.found == nil else { return }
        let rest = scanner.end()
        stops = scanner
        rest.withUnsafeBytes { textDelta($0) }
    }

    private func beginBlock(_ block: (inout JSONWriter) -> Void) {
        endBlock()
        begin()
        guard form == .stream else {
            if blocks > 0 { content.append(",") }
            return
        }
        event("content_block_start") { json in
            json.member("index", Int64(blocks))
            json.key("content_block")
            json.beginObject()
            block(&json)
            json.endObject()
        }
    }

    /// Of a whole message: the block up to the string that its pieces make.
    private func wholeBlock(_ type: StaticString, field: StaticString) {
        guard form == .whole else { return }
        content.append("{\"type\":\"")
        content.append(type)
        content.append("\",\"")
        content.append(field)
        content.append("\":\"")
    }

    // MARK: Deltas

    /// HOT: one for each event of the provider.
    private func delta(_ type: StaticString, _ field: StaticString, _ piece: JSONString) {
        contentBytes += Int64(piece.bytes.count)
        if form == .whole {
            if case .tool = open { return }
            return appendPiece(piece, to: &content)
        }
        output.reserve(piece.bytes.count + 160)
        output.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        output.append(decimal: blocks)
        output.append(",\"delta\":{\"type\":\"")
        output.append(type)
        output.append("\",\"")
        output.append(field)
        output.append("\":\"")
        appendPiece(piece, to: &output)
        output.append("\"}}\n\n")
    }

    /// A pair of surrogates that was cut between two pieces is put together again.
    private func appendPiece(_ piece: JSONString, to output: inout ByteWriter) {
        if !surrogate.isEmpty {
            output.append(surrogate)
            surrogate = []
        }
        guard piece.hasEscapes, piece.endsInHalfPair else { return output.append(piece.bytes) }
        let cut = piece.bytes.count - 6
        output.append(piece.bytes.slice(0..<cut))
        surrogate = Array(piece.bytes.slice(cut..<piece.bytes.count))
    }

    private func releaseSurrogate() {
        guard !surrogate.isEmpty else { return }
        surrogate = []
        let replacement = JSONString(literal: "\u{FFFD}")
        switch open {
        case .text: delta("text_delta", "text", replacement)
        case .thinking: delta("thinking_delta", "thinking", replacement)
        case .none, .tool: break
        }
    }

    private func event(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", literal: name)
        body(&json)
        json.endObject()
        SSEWriter.append(event: name, data: json.bytes, to: &output)
    }

    private func blockEvent(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        event(name) { json in
            json.member("index", Int64(blocks))
            body(&json)
        }
    }

    // MARK: The end

    /// The message is complete. T-12: with a tool call in it, it ends for that, unless it was cut or refused.
    package func finish(_ given: StopReason, stopSequence: [UInt8]? = nil, explanation: JSONString? = nil) {
        guard !hasEnded else { return }
        endBlock()
        var reason = given
        if isStopped {
            reason = .stopSequence
        } else if toolCalls > 0, reason == .endTurn || reason == .toolUse || reason == .stopSequence {
            reason = .toolUse
        } else if reason == .toolUse {
            reason = .endTurn
        }
        if brokenTool, reason != .maxTokens {
            return fail(
                .init(type: "api_error", message: "The model called a tool with arguments that are no JSON object."))
        }
        begin()
        facts.stopReason = "\(reason.name)"
        let sequence = stops?.found ?? (reason == .stopSequence ? stopSequence : nil)
        if !hasUsage { estimateUsage() }
        if form == .stream {
            writeMessageDelta(reason, sequence, explanation)
            event("message_stop") { _ in }
        } else {
            writeWhole(reason, sequence, explanation)
        }
        hasEnded = true
    }

    private func writeMessageDelta(_ reason: StopReason, _ sequence: [UInt8]?, _ explanation: JSONString?) {
        event("message_delta") { json in
            json.key("delta")
            json.beginObject()
            writeEnd(reason, sequence, explanation, &json)
            json.endObject()
            json.key("usage")
            MessageUsage.write(usage, &json)
        }
    }

    private func writeEnd(
        _ reason: StopReason, _ sequence: [UInt8]?, _ explanation: JSONString?, _ json: inout JSONWriter
    ) {
        json.key("stop_reason")
        json.value(reason.name)
        json.key("stop_sequence")
        if let sequence { sequence.withUnsafeBytes { json.value(utf8: $0) } } else { json.null() }
        guard reason == .refusal else { return }
        json.key("stop_details")
        json.beginObject()
        json.member("type", literal: "refusal")
        json.member("category", literal: "general_harms")
        if let explanation { json.member("explanation", explanation) }
        json.endObject()
    }

    private func writeWhole(_ reason: StopReason, _ sequence: [UInt8]?, _ explanation: JSONString?) {
        var json = JSONWriter()
        json.beginObject()
        writeHead(&json)
        json.key("content")
        var list = ByteWriter(capacity: content.count + 2)
        list.append("[")
        list.append(content.bytes)
        list.append("]")
        json.value(raw: list.bytes)
        writeEnd(reason, sequence, explanation, &json)
        json.key("usage")
        MessageUsage.write(usage, &json)
        json.endObject()
        output.append(json.bytes)
    }

    /// The provider did not say: by the size of what passed.
    private func estimateUsage() {
        usage.input = context.estimatedInput
        usage.output = max(1, contentBytes / TokenEstimate.bytesPerToken)
    }

    /// The provider failed. Behind the first event the client learns it by an `error` event (T-26).
    package func fail(_ failure: UpstreamFailure) {
        guard !hasEnded else { return }
        hasEnded = true
        self.failure = failure
        facts.errorType = failure.type
        guard form == .stream, hasBegun else { return }
        event("error") { json in
            json.key("error")
            json.beginObject()
            json.member("type", failure.type)
            json.member("message", failure.message)
            json.endObject()
            json.member("request_id", context.requestID)
        }
    }

    private func malformed(_ what: StaticString) {
        fail(.init(type: "api_error", message: "The provider's answer has \(what) that is no JSON string."))
    }

    // MARK: Facts

    /// What the provider says about the answer itself.
    package func identify(id: JSONString?, model: JSONString?) {
        if facts.id.isEmpty, let id, id.bytes.count <= 256 { facts.id = (try? id.decoded()) ?? "" }
        if facts.model.isEmpty, let model, model.bytes.count <= 256 { facts.model = (try? model.decoded()) ?? "" }
    }

    /// The provider's usage object, and what it means.
    package func use(_ usage: TokenUsage, raw: UnsafeRawBufferPointer) {
        self.usage = usage
        hasUsage = true
        facts.report(usage, raw: raw)
    }
}

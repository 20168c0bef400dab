import Wire

/// Text, thinking, and what is shown whole.
extension MessageWriter {
    /// A piece of text; a block is opened for the first that is more than white space: Anthropic refuses a conversation that has a
    /// block of nothing else (T-6).
    package func text(_ piece: JSONString) {
        guard !piece.bytes.isEmpty, !hasEnded else { return }
        guard stops != nil else { return textDelta(escaped: piece) }
        var decoded = ByteWriter()
        guard (try? textPieces.append(piece, to: &decoded)) != nil else { return malformed("text") }
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

    func textDelta(_ piece: UnsafeRawBufferPointer) {
        guard piece.count > 0 else { return }
        var json = JSONWriter()
        json.value(utf8: piece)
        let bytes = json.bytes
        textDelta(escaped: JSONString(bytes.slice(1..<bytes.count - 1), hasEscapes: true))
    }

    private func textDelta(escaped piece: JSONString) {
        if case .text = openBlock { return delta("text_delta", "text", piece) }
        blank += piece.bytes
        if piece.isBlank { return }
        openText()
        blank.withUnsafeBytes { delta("text_delta", "text", JSONString($0, hasEscapes: true)) }
        blank = []
    }

    private func openText() {
        beginBlock { json in
            json.member("type", literal: "text")
            json.member("text", literal: "")
        }
        wholeBlock("text", field: "text")
        openBlock = .text
    }

    /// A piece of what the model thinks, as far as it shows it.
    package func thinking(_ piece: JSONString) {
        guard !piece.bytes.isEmpty, !hasEnded else { return }
        if context.omitsThinking { return hasOmitted = true }
        if case .thinking = openBlock, blank.isEmpty {
        } else {
            endBlock()
            beginBlock { json in
                json.member("type", literal: "thinking")
                json.member("thinking", literal: "")
                json.member("signature", literal: "")
            }
            wholeBlock("thinking", field: "thinking")
            openBlock = .thinking
        }
        delta("thinking_delta", "thinking", piece)
    }

    /// The state that the provider wants back: the signature of the thinking block that is open, else a redacted one.
    package func reasoning(_ payload: (inout ByteWriter) -> Void) {
        guard !hasEnded else { return }
        var state = ByteWriter()
        state.append(context.reasoningState.prefix)
        payload(&state)
        if case .thinking = openBlock {
            sign(state.array)
            return endBlock()
        }
        let text = state.bytes
        endBlock()
        begin()
        block { json in
            json.member("type", literal: "redacted_thinking")
            json.key("data")
            json.value(utf8: text)
        }
    }

    /// Of the thinking block that is open: whose it is, and what its provider wants back.
    func sign(_ state: [UInt8]) {
        releaseSurrogate()
        isSigned = true
        guard form == .stream else {
            content.append("\",\"signature\":\"")
            return content.append(state)
        }
        blockEvent("content_block_delta") { json in
            json.key("delta")
            json.beginObject()
            json.member("type", literal: "signature_delta")
            json.key("signature")
            state.withUnsafeBytes { json.value(utf8: $0) }
            json.endObject()
        }
    }

    /// A search that the provider made by itself, as Anthropic's server tool tells it. What Anthropic would encrypt is empty: the
    /// block is for the client to show.
    func webSearch(query: TextRun?, sources: [JSONString]) {
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
    func block(_ body: (inout JSONWriter) -> Void) {
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
}

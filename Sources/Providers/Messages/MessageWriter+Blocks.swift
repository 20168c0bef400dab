import Wire

/// Blocks begin and end.
extension MessageWriter {
    /// Ends the block that is open, if one is. An error ended all of them: no event may follow it.
    package func endBlock() {
        guard !hasEnded else { return }
        flushText()
        dropBlank()
        closeBlock()
    }

    /// White space that no text follows.
    private func dropBlank() {
        if blank.isEmpty { return }
        blank = []
        hasOmitted = true
    }

    private func closeBlock() {
        if case .none = openBlock { return }
        releaseSurrogate()
        // Also where the provider gave no state: what has no mark of ours is taken for Claude's own, who would refuse it (T-8).
        if case .thinking = openBlock, !isSigned { sign(context.reasoningState.prefix) }
        isSigned = false
        if form == .stream {
            if case .tool = openBlock { checkArguments() }
            blockEvent("content_block_stop") { _ in }
        } else {
            endWholeBlock()
        }
        openBlock = .none
        blocks += 1
    }

    func endWholeBlock() {
        guard case .tool = openBlock else { return content.append("\"}") }
        checkArguments()
        if brokenTool || arguments.isEmpty { content.append("{}") } else { content.append(arguments.bytes) }
        content.append("}")
    }

    /// T-38: the input of a tool must be an object; what the model wrote was passed on as it came.
    func checkArguments() {
        argumentPieces.end(&arguments)
        if !arguments.isEmpty, !openToolIsComplete { brokenTool = true }
    }

    /// Text that was held back, as it could have been the beginning of a stop sequence.
    func flushText() {
        guard var scanner = stops, scanner.found == nil else { return }
        var half = ByteWriter()
        textPieces.end(&half)
        let rest = scanner.pass(half.array) + scanner.end()
        stops = scanner
        rest.withUnsafeBytes { textDelta($0) }
    }

    /// Text that is held back stays so: it may belong to the block that begins.
    func beginBlock(_ block: (inout JSONWriter) -> Void) {
        closeBlock()
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
    func wholeBlock(_ type: StaticString, field: StaticString) {
        guard form == .whole else { return }
        content.append("{\"type\":\"")
        content.append(type)
        content.append("\",\"")
        content.append(field)
        content.append("\":\"")
    }
}

import Wire

/// A stream of responses (`alt=sse`), each with the new parts of the answer. https://ai.google.dev/api/generate-content
package final class GenerateContentAnswer: AnswerReader {
    private var events = AnswerEvents(maximumEventBytes: 8 << 20)
    private let model: GeminiModel
    private var finish: StopReason?
    /// The candidate that is told, if there are several.
    private var candidate: Int64?
    /// Why it was refused, escaped.
    private var explanation: [UInt8] = []
    private var sources = GroundingSources()
    private var usage = TokenUsage()
    private var rawUsage: [UInt8] = []

    package init(model: String) { self.model = GeminiModel.of(model) }

    package func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter) {
        var position = 0
        while let event = events.next(bytes, &position, message) { read(event: event, message) }
    }

    package func end(_ message: MessageWriter) {
        read(events.end(), message)
        guard !message.hasEnded else { return }
        guard let finish else { return message.fail(.cut) }
        sources.tell(message)
        countSearches(message)
        explanation.withUnsafeBytes { text in
            message.finish(finish, explanation: text.isEmpty ? nil : JSONString(text, hasEscapes: true))
        }
    }

    private func read(event data: UnsafeRawBufferPointer, _ message: MessageWriter) {
        // Some proxies end like OpenAI.
        if data.equals("[DONE]") { return }
        do throws(JSONError) {
            var cursor = JSONCursor(data)
            if try cursor.peekKind() == .array {
                try cursor.enterArray()
                while try cursor.nextElement() { try readResponse(&cursor, message) }
            } else {
                try readResponse(&cursor, message)
            }
            try cursor.finish()
        } catch {
            message.fail(events.unreadable("a chunk that is no JSON"))
        }
    }

    // MARK: Responses

    private func readResponse(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        var id: JSONString?, model: JSONString?
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("candidates") {
                try readCandidates(&cursor, message)
            } else if key.equals("usageMetadata"), try cursor.peekKind() == .object {
                try use(cursor.bytes(try cursor.skipValue()), message)
            } else if key.equals("promptFeedback") {
                try readFeedback(&cursor)
            } else if key.equals("responseId") {
                id = try cursor.stringOrSkip()
            } else if key.equals("modelVersion") {
                model = try cursor.stringOrSkip()
            } else if key.equals("error"), try cursor.peekKind() != .null {
                message.fail(inStream: cursor.bytes(try cursor.skipValue()))
            } else {
                try cursor.skipValue()
            }
        }
        message.identify(id: id, model: model)
        if !message.hasEnded { message.begin() }
    }

    private func use(_ raw: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        usage = try GeminiUsage(raw).usage
        rawUsage = Array(raw)
        message.use(usage, raw: raw)
    }

    /// Gemini 3 and later are paid by query, earlier ones by request.
    private func countSearches(_ message: MessageWriter) {
        guard sources.queryCount > 0, message.hasUsage else { return }
        usage.webSearchRequests = model.isThird ? Int64(sources.queryCount) : 1
        rawUsage.withUnsafeBytes { message.use(usage, raw: $0) }
    }

    /// T-27: a blocked prompt has no candidates.
    private func readFeedback(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("blockReason"), let reason = try cursor.stringOrSkip() {
                finish = .refusal
                explain("The prompt was blocked", reason, nil)
            } else if !key.equals("blockReason") {
                try cursor.skipValue()
            }
        }
    }

    private func explain(_ what: StaticString, _ reason: JSONString, _ sentence: JSONString?) {
        explanation = Array(what.bytes) + Array(": ".utf8) + Array(reason.bytes)
        if let sentence, !sentence.bytes.isEmpty { explanation += Array(". ".utf8) + Array(sentence.bytes) }
    }

    // MARK: Candidates

    private func readCandidates(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        candidate = try cursor.readOne(candidate) { (cursor) throws(JSONError) in try readCandidate(&cursor, message) }
    }

    private func readCandidate(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        var reason: JSONString?, sentence: JSONString?
        while let key = try cursor.nextKey() {
            if key.equals("content") {
                try readContent(&cursor, message)
            } else if key.equals("finishReason") {
                reason = try cursor.stringOrSkip()
            } else if key.equals("finishMessage") {
                sentence = try cursor.stringOrSkip()
            } else if key.equals("groundingMetadata") {
                try sources.read(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
        if let reason { try end(reason, sentence, message) }
    }

    private func end(_ reason: JSONString, _ sentence: JSONString?, _ message: MessageWriter) throws(JSONError) {
        let name = try reason.decoded()
        switch GeminiFinish.of(name) {
        case .unspecified: break
        case .stop(let stop):
            finish = stop
            if stop == .refusal { explain("The answer was stopped", reason, sentence) }
        case .failure:
            let text = try sentence?.decoded() ?? ""
            let cause = text.isEmpty ? name : "\(name). \(AccountText.clean(text))"
            message.fail(UpstreamFailure(type: "api_error", message: "The model broke off: \(cause)"))
        }
    }

    private func readContent(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            guard key.equals("parts"), try cursor.peekKind() == .array else {
                try cursor.skipValue()
                continue
            }
            try cursor.enterArray()
            while try cursor.nextElement() { try GeminiAnswerPart(&cursor)?.tell(message) }
        }
    }
}

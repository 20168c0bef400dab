import Wire

/// How messages end.
extension MessageWriter {
    /// More was written, by the provider's own count, than the end of an answer that says nothing: a model may have nothing to say.
    private var hasLostText: Bool {
        let usage = facts.reducer.usage
        return !hasOmitted && usage.output - usage.thinking > Self.tokensOfNothing
    }

    private static let tokensOfNothing: Int64 = 16

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
        if brokenTool, !reason.cutsShort {
            return fail(
                .init(type: "api_error", message: "The model called a tool with arguments that are no JSON object."))
        }
        if reason == .endTurn, isEmpty, hasLostText { return fail(.unreadable("nothing in it that could be read")) }
        begin()
        facts.stopReason = "\(reason.name)"
        // What was told was counted by nobody.
        if contentBytes > 0 || toolCalls > 0 { facts.hasEmptyReport = false }
        let sequence = stops?.found ?? (reason == .stopSequence ? stopSequence : nil)
        if !isOurs { completeUsage() }
        if form == .stream {
            writeMessageDelta(reason, sequence, explanation)
            event("message_stop") { _ in }
        } else {
            writeWhole(reason, sequence, explanation)
        }
        hasEnded = true
    }

    func writeMessageDelta(_ reason: StopReason, _ sequence: [UInt8]?, _ explanation: JSONString?) {
        event("message_delta") { json in
            json.key("delta")
            json.beginObject()
            writeEnd(reason, sequence, explanation, &json)
            json.endObject()
            json.key("usage")
            MessageUsage.write(usage, &json)
        }
    }

    func writeEnd(
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

    func writeWhole(_ reason: StopReason, _ sequence: [UInt8]?, _ explanation: JSONString?) {
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

    /// What the provider did not say: by the size of what passed.
    private func completeUsage() {
        if facts.isFreeRefusal { return }
        if usage.totalInput == 0 { usage.input = context.estimatedInput }
        if !hasUsage { usage.output = max(1, contentBytes / TokenEstimate.bytesPerToken) }
    }

    /// The provider failed, as its stream tells it.
    func fail(inStream error: UnsafeRawBufferPointer) { fail(UpstreamFailure(inStream: error, sent: context.sent)) }

    /// The same, in Bedrock's frames.
    func fail(exception name: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) {
        fail(UpstreamFailure(exception: name, payload: payload, sent: context.sent))
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

    func malformed(_ what: StaticString) {
        fail(.init(type: "api_error", message: "The provider's answer has \(what) that is no JSON string."))
    }
}

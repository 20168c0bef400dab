import Configuration
import Wire

/// The way into other dialects and back.
package enum Translation {
    /// What became of a request in the provider's dialect, beside its body.
    package struct Request {
        package let receipt: FidelityReceipt
        package let context: AnswerContext
    }

    /// Appends a body in which replacement characters stand for halves of surrogate pairs that are alone: most providers refuse
    /// them, and with them all that the conversation says from then on.
    package static func appendWithoutHalves(_ body: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        output.reserve(body.count)
        JSONString(body, hasEscapes: true).appendWithoutHalves(to: &output)
    }

    /// Throws 400 for what cannot be said in the dialect, or may not be lost by the account's policy.
    package static func request(
        _ body: UnsafeRawBufferPointer, for target: TranslationTarget, sessionID: [UInt8], _ context: AnswerContext,
        counts: Bool, into output: inout ByteWriter
    ) throws(Refusal) -> Request {
        let parts = try TranslationParts(body, for: target, sessionID: sessionID, counts: counts, context)
        switch target.dialect {
        case .chatCompletions:
            var request = ChatCompletionsRequest(parts)
            output = try request.write()
            return try request.parts.done()
        case .responses:
            var request = ResponsesRequest(parts)
            output = counts ? try request.writeCount() : try request.write()
            return try request.parts.done()
        case .generateContent:
            var request = GenerateContentRequest(parts)
            output = counts ? try request.writeCount() : try request.write()
            return try request.parts.done()
        case .converse:
            var request = ConverseRequest(parts)
            output = counts ? try request.writeCount() : try request.write()
            return try request.parts.done()
        case .messages:
            preconditionFailure("Messages are not translated")
        }
    }

    /// Input tokens of a request by its size, as `message_start` says them.
    package static func estimate(
        _ body: UnsafeRawBufferPointer, for target: TranslationTarget, _ context: AnswerContext
    ) throws(Refusal) -> Int64 {
        try TranslationParts(body, for: target, sessionID: [], counts: true, context).context.estimatedInput
    }

    /// The reader of an answer to a request.
    ///
    /// - Parameter isWhole: it is no stream, where `mayBeWhole` allows that.
    package static func reader(
        _ target: TranslationTarget, _ context: AnswerContext, isWhole: Bool = false
    ) -> any AnswerReader {
        switch target.dialect {
        case .chatCompletions where isWhole: WholeChatAnswer(target.kind)
        case .chatCompletions, .messages: ChatCompletionsAnswer(target.kind)
        case .responses: ResponsesAnswer()
        case .generateContent: GenerateContentAnswer(model: target.baseModel)
        case .converse: ConverseAnswer(stopSequence: context.onlyStopSequence)
        }
    }

    /// Whether servers of the dialect are known that answer with one JSON object though a stream was asked for.
    package static func mayBeWhole(_ target: TranslationTarget) -> Bool { target.dialect == .chatCompletions }

    /// Whether an account counts tokens by itself; elsewhere the client does.
    package static func counts(_ dialect: Dialect, _ kind: ProviderKind) -> Bool {
        switch dialect {
        case .messages: true
        case .responses: kind == .openAI || kind == .azure
        case .generateContent, .converse: true
        case .chatCompletions: false
        }
    }
}

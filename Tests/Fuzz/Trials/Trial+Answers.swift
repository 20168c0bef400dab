import Configuration
import MessagesGrammar
import Providers
import Wire

extension Trial {
    /// Answers of every dialect on their way to the client.
    static let answers =
        [
            answer("answer-chat", .chatCompletions, .openAICompatible, "qwen3"),
            answer("answer-responses", .responses, .openAI, "gpt-5.5"),
            answer("answer-gemini", .generateContent, .gemini, "gemini-3-pro"),
            answer("answer-converse", .converse, .bedrock, "amazon.nova-pro-v1:0"),
        ] + [
            Trial(name: "answer-invoke") { bytes in
                for frames in [Array(bytes), Frames.sealed(bytes)] {
                    try frames.withUnsafeBytes { bytes in
                        try sameVerdict(bytes) { bytes, pieces in
                            // What Claude says passes as it came: its grammar is Claude's.
                            try AnswerVerdict(bytes, pieces, InvokeAnswer(requestID: "req_1"))
                        }
                    }
                }
            },
            Trial(name: "answer-messages") { bytes in
                try sameVerdict(bytes) { try MeterVerdict(stream: $0, $1) }
                try sameVerdict(bytes) { try MeterVerdict(whole: $0, $1) }
                _ = UpstreamErrorBody(bytes)
                _ = UpstreamFailure(inStream: bytes, sent: [.image, .document])
                _ = TokenCount.read(bytes)
            },
        ]

    private static func answer(_ name: String, _ dialect: Dialect, _ kind: ProviderKind, _ model: String) -> Trial {
        Trial(name: name) { bytes in
            let target = TranslationTarget(dialect: dialect, kind: kind, account: "acct", model: model)
            for frames in dialect == .converse ? [Array(bytes), Frames.sealed(bytes)] : [Array(bytes)] {
                try frames.withUnsafeBytes { try translated($0, target) }
            }
        }
    }

    private static func translated(_ bytes: UnsafeRawBufferPointer, _ target: TranslationTarget) throws {
        for form in [MessageWriter.Form.stream, .whole] {
            var context = AnswerContext(
                messageID: "msg_fuzz", requestID: "req_fuzz", requestedModel: "claude-opus-5-5",
                reasoningState: target.reasoningState)
            // Some answers are watched for stop sequences.
            if bytes.count % 3 == 0 { context.stopSequences = [Array("END".utf8), Array("\n\n".utf8)] }
            context.omitsThinking = bytes.count % 5 == 0
            try sameVerdict(bytes) { bytes, pieces in
                let reader = Translation.reader(target, context)
                let verdict = try AnswerVerdict(
                    bytes, pieces, TranslatedAnswer(reader, MessageWriter(form, context)))
                try verdict.check(form)
                return verdict
            }
        }
    }
}

/// What a client is told, and what is taken down of it.
struct AnswerVerdict: Equatable {
    var output: [UInt8] = []
    var failure: String?
    var usage = TokenUsage()
    var estimate: Int64 = 0
    var stopReason = ""
    var hasEnded = false

    init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts, _ answer: any AnswerTransform) throws {
        try pieces.forEach(bytes) { piece in
            answer.consume(piece)
            answer.takeOutput { output += $0 }
        }
        answer.end()
        answer.takeOutput { output += $0 }
        failure = answer.failure?.message
        usage = answer.facts.reducer.usage
        estimate = answer.estimatedOutput
        stopReason = answer.facts.stopReason
        hasEnded = answer.hasEnded
        try require(hasEnded || failure != nil, "the answer has no end")
        try require(output.count <= bytes.count * 64 + 65_536, "\(output.count) bytes of \(bytes.count)")
        try require(usage.input >= 0 && usage.output >= 0 && usage.totalInput >= 0 && estimate >= 0, "\(usage)")
    }

    /// Events in their order, or one message.
    func check(_ form: MessageWriter.Form) throws {
        // What is no UTF-8 passes as it came, and clients read it so.
        let text = Array(String(decoding: output, as: UTF8.self).utf8)
        switch form {
        case .stream:
            let fault = MessagesGrammar.fault(in: text)
            try require(fault == nil, "\(fault ?? ""): \(String(decoding: text, as: UTF8.self))")
        case .whole:
            if text.isEmpty { return try require(failure != nil, "neither a message nor a failure") }
            let message = try? text.withUnsafeBytes { try JSONValue(parsing: $0) }
            try require(
                message?["type"] == "message" && message?["stop_reason"]?.string != nil,
                "no message: \(String(decoding: text, as: UTF8.self))")
        }
    }
}

/// What is read of an answer that passes as it is.
struct MeterVerdict: Equatable {
    var usage = TokenUsage()
    var texts: [String] = []
    var counts: [Int64] = []
    var raw: [UInt8] = []
    var tools: [AskedTool] = []

    init(stream bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws {
        var meter = MessageStreamMeter()
        try pieces.forEach(bytes) { meter.consume($0) }
        take(meter.facts)
        counts += [
            meter.hasStarted ? 1 : 0, meter.hasEnded ? 1 : 0, Int64(meter.malformedEvents), Int64(meter.eventCount),
            meter.estimatedOutput, Int64(meter.wholeTools),
        ]
        try require(meter.estimatedOutput >= 0 && meter.wholeTools <= tools.count, "\(self)")
        try check()
    }

    init(whole bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws {
        var meter = MessageBodyMeter()
        var left = pieces.ends.count
        try pieces.forEach(bytes) {
            left -= 1
            meter.consume($0, isLast: left == 0)
        }
        counts.append(meter.isRead ? 1 : 0)
        take(meter.facts)
        try check()
    }

    private mutating func take(_ facts: MessageFacts) {
        usage = facts.reducer.usage
        texts = [facts.id, facts.model, facts.stopReason, facts.errorType]
        raw = facts.rawUsage
        tools = facts.tools
        counts.append(Int64(facts.reducer.refusedCounts))
    }

    private func check() throws {
        let classes = [
            usage.input, usage.output, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h,
            usage.webSearchRequests, usage.webFetchRequests, usage.totalInput,
        ]
        try require(classes.allSatisfy { $0 >= 0 }, "less than nothing: \(usage)")
        try require(texts.allSatisfy { $0.utf8.count <= 1_024 } && raw.count <= 1_024, "longer than it may be")
    }
}

import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

/// Whatever a model says, in whatever pieces: the events are those of a Messages stream, nothing of it is lost, and the whole
/// message says the same.
@Suite("Random answers")
struct AnswerPropertyTests {
    private struct Result: Equatable {
        var output = "", usage = TokenUsage(), failure = ""
    }

    private func run(
        _ stream: [UInt8], _ target: TranslationTarget, _ form: MessageWriter.Form, watches: Bool,
        at places: [Int]? = nil
    ) -> Result {
        var context = AnswerContext(
            messageID: "msg_test", requestID: "req_test", requestedModel: "claude-opus-5-5",
            reasoningState: target.reasoningState)
        if watches { context.stopSequences = [Array("END\u{1}never".utf8), Array("\"never".utf8)] }
        let message = TranslatedAnswer(Translation.reader(target, context), MessageWriter(form, context))
        var output: [UInt8] = []
        inPieces(stream, endingAt: places ?? [stream.count]) { bytes in
            message.consume(bytes)
            message.takeOutput { output += $0 }
        }
        message.end()
        message.takeOutput { output += $0 }
        return Result(
            output: String(decoding: output, as: UTF8.self), usage: message.facts.reducer.usage,
            failure: message.failure?.message ?? "")
    }

    private func expect(
        _ stream: [UInt8], _ target: TranslationTarget, _ content: [JSONValue], _ answer: inout RandomAnswer, seed: Int
    ) {
        let watches = seed % 3 == 0
        let streamed = run(stream, target, .stream, watches: watches)
        let whole = run(stream, target, .whole, watches: watches)
        let assembled = TranslationFixture.Answer(output: streamed.output).message
        let message = TranslationFixture.Answer(output: whole.output).message
        #expect(MessagesGrammar.fault(in: streamed.output) == nil, "seed \(seed)")
        #expect(assembled["content"]?.array == content, "seed \(seed): \(assembled.text)")
        #expect(message["content"] == assembled["content"], "seed \(seed): \(message.text)")
        #expect(message["stop_reason"] == assembled["stop_reason"] && message["usage"] == assembled["usage"])
        #expect(message["stop_reason"] == (answer.hasCalls ? "tool_use" : "end_turn"), "seed \(seed)")
        for form in [MessageWriter.Form.stream, .whole] {
            let cut = run(stream, target, form, watches: watches, at: answer.places(stream.count))
            #expect(cut == (form == .stream ? streamed : whole), "seed \(seed)")
        }
    }

    @Test("Chat Completions", arguments: 0..<250)
    func chat(seed: Int) {
        var answer = RandomAnswer(seed: seed)
        let target = (seed % 2 == 0 ? OpenAIFixture.local : .chat).base.target
        let stream = answer.chat()
        expect(Array(stream.utf8), target, answer.content(of: target), &answer, seed: seed)
    }

    @Test("Responses", arguments: 0..<250)
    func responses(seed: Int) {
        var answer = RandomAnswer(seed: seed)
        let (stream, content) = answer.responses()
        expect(Array(stream.utf8), OpenAIFixture.responses.base.target, content, &answer, seed: seed)
    }

    @Test("Gemini", arguments: 0..<250)
    func gemini(seed: Int) {
        var answer = RandomAnswer(seed: seed)
        let stream = answer.gemini(), target = GeminiFixture().base.target
        expect(Array(stream.utf8), target, answer.content(of: target), &answer, seed: seed)
    }

    @Test("Converse", arguments: 0..<250)
    func converse(seed: Int) {
        var answer = RandomAnswer(seed: seed)
        let stream = answer.converse()
        let merged = answer.steps.contains { if case .thinking = $0 { true } else { false } }
        // Blocks end there, so that only answers without neighbours of one kind are as the others.
        guard !merged, answer.hasOnlyDifferentNeighbours else { return }
        let target = BedrockFixture.target()
        expect(stream, target, answer.content(of: target), &answer, seed: seed)
    }
}

extension RandomAnswer {
    fileprivate var hasOnlyDifferentNeighbours: Bool {
        zip(steps, steps.dropFirst()).allSatisfy { pair in
            switch pair {
            case (.text, .text), (.thinking, .thinking): false
            default: true
            }
        }
    }
}

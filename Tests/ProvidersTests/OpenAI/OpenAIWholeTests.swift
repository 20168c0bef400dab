import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("Texts that come at the end, and other ways of servers")
struct OpenAIWholeTests {
    private typealias Fixture = OpenAIFixture
    private static let forms = [MessageWriter.Form.stream, .whole]
    private static let message = Fixture.added(0, #""type":"message","id":"m","content":[]"#)
    private static let part = #"{"type":"output_text","text":"only here"}"#
    private static let refusal = #"{"type":"refusal","refusal":"only here"}"#

    private static func item(_ part: String) -> String { #""type":"message","id":"m","content":[\#(part)]"# }

    private static let textDone = Fixture.event(
        "output_text.done", #""output_index":0,"content_index":0,"text":"only here""#)
    private static let refusalDone = Fixture.event(
        "refusal.done", #""output_index":0,"content_index":0,"refusal":"only here""#)

    @Test("A text is told once, whichever of its events come")
    func texts() {
        let streams = [
            Self.message + Self.textDone + Fixture.completed(),
            Self.message + Fixture.done(0, Self.item(Self.part)) + Fixture.completed(),
            Fixture.completed(#","output":[{\#(Self.item(Self.part))}]"#),
            Self.message + Self.textDone + Fixture.done(0, Self.item(Self.part))
                + Fixture.completed(#","output":[{"type":"reasoning"},{\#(Self.item(Self.part))}]"#),
            // The first delta says nothing; those behind it have its form.
            Self.message + Fixture.text(0, "") + Fixture.text(0, "only") + Fixture.text(0, " here") + Self.textDone
                + Fixture.completed(#","output":[{\#(Self.item(Self.part))}]"#),
            Self.message + Fixture.text(0, "only here") + Self.textDone + Fixture.done(0, Self.item(Self.part))
                + Fixture.completed(#","output":[{\#(Self.item(Self.part))}]"#),
        ]
        for stream in streams {
            for form in Self.forms {
                let answer = Fixture.responses.answer(stream, form)
                #expect(answer.content == [["type": "text", "text": "only here"]], "\(stream)")
                #expect(answer.message["stop_reason"] == "end_turn")
                Fixture.responses.expectSameByEveryCut(stream, form)
            }
        }
    }

    @Test("So is a refusal, which is one whatever tells it")
    func refusals() {
        for stream in [
            Self.message + Self.refusalDone, Self.message + Fixture.done(0, Self.item(Self.refusal)),
            Self.message + Self.refusalDone + Fixture.done(0, Self.item(Self.refusal)),
        ] {
            let answer = Fixture.responses.answer(stream + Fixture.completed())
            #expect(answer.content == [["type": "text", "text": "only here"]])
            #expect(answer.message["stop_reason"] == "refusal")
        }
    }

    @Test("An answer that is only in the last event has its calls too")
    func wholeOutput() {
        let call = "{\(Fixture.function("call_aaaaaaaaaaaa", "A", #"{\"x\":1}"#))}"
        let answer = Fixture.responses.answer(Fixture.completed(#","output":[{\#(Self.item(Self.part))},\#(call)]"#))
        #expect(answer.content.map { $0["type"] } == ["text", "tool_use"] && answer.content.last?["input"] == ["x": 1])
        #expect(answer.message["stop_reason"] == "tool_use")
    }

    @Test("An answer of which nothing was seen although something was written is none", arguments: [3, 40])
    func nothing(tokens: Int) {
        let usage = #""prompt_tokens":9,"completion_tokens":\#(tokens)"#
        let streams = [
            (Fixture.responses, Self.message + Fixture.completed(#","usage":{\#(usage)}"#)),
            (.chat, Fixture.end("stop", usage: usage)), (.chat, Fixture.end("tool_calls", usage: usage)),
        ]
        for (fixture, stream) in streams {
            for form in Self.forms {
                let answer = fixture.answer(stream, form)
                #expect(answer.errorType == (tokens > 16 ? "api_error" : "") && answer.hasEnded)
                if tokens < 16 { #expect(answer.message["stop_reason"] == "end_turn" && answer.content.isEmpty) }
            }
        }
        #expect(Fixture.chat.answer(Fixture.end("length")).message["stop_reason"] == "max_tokens")
    }

    @Test("Chat Completions in older and other forms")
    func otherForms() {
        let parts = Fixture.chunk(#""content":[{"type":"text","text":"on"},{"type":"text","text":"ly here"},7]"#)
        for form in Self.forms {
            let answer = Fixture.local.answer(parts + Fixture.end("stop"), form)
            #expect(answer.content == [["type": "text", "text": "only here"]])
        }
        let call =
            Fixture.chunk(#""function_call":{"name":"A","arguments":"{\"x\""}"#)
            + Fixture.chunk(#""function_call":{"arguments":":1}"}"#) + Fixture.chunk(#""function_call":null"#)
        let answer = Fixture.local.answer(call + Fixture.end("function_call"))
        #expect(answer.content.map { $0["input"] } == [["x": 1]] && answer.message["stop_reason"] == "tool_use")
    }

    @Test("Thoughts that are said twice are told once")
    func thoughts() {
        let both = #""reasoning":"th","reasoning_content":"th""#, turned = #""reasoning_content":"th","reasoning":"th""#
        for delta in [both, turned] {
            let stream = Fixture.chunk(delta) + Fixture.chunk(delta) + Fixture.chunk(#""content":"x""#)
            let answer = Fixture.local.answer(stream + Fixture.end("stop"))
            #expect(answer.content.first?["thinking"] == "thth" && answer.content.count == 2)
        }
        let full = Fixture.event("reasoning_text.delta", #""output_index":0,"delta":"RAW""#)
        let answer = Fixture.responses.answer(
            full + Fixture.thought(0, "SUM") + Fixture.done(0, #""type":"reasoning","id":"r","encrypted_content":"E""#)
                + Fixture.text(1, "x") + Fixture.completed())
        #expect(answer.content.first?["thinking"] == "RAW\n\nSUM")
    }

    @Test("A filter in the middle of a call is a refusal")
    func filters() {
        let chat = Fixture.chunk(Fixture.part(0, #"{\"x\""#, id: "call_aaaaaaaaaaaa", name: "A"))
        let responses =
            Fixture.added(0, Fixture.function("call_aaaaaaaaaaaa", "A")) + Fixture.arguments(0, #"{\"x\""#)
        let incomplete = Fixture.completed(
            #","incomplete_details":{"reason":"content_filter"}"#, type: "incomplete")
        for (fixture, stream) in [
            (Fixture.chat, chat + Fixture.end("content_filter")), (.responses, responses + incomplete),
        ] {
            for form in Self.forms {
                let answer = fixture.answer(stream, form)
                #expect(answer.message["stop_reason"] == "refusal" && answer.errorType.isEmpty, "\(answer.output)")
            }
        }
    }

    @Test("Of several answers one is told")
    func choices() {
        func chunk(_ index: Int, _ text: String) -> String {
            dataLines(#"{"choices":[{"delta":{"content":"\#(text)"},"index":\#(index)}]}"#)
        }
        let both = dataLines(
            #"{"choices":[{"index":0,"delta":{"content":"c"}},{"index":1,"delta":{"content":"no"},"finish_reason":"length"}]}"#
        )
        let answer = Fixture.local.answer(chunk(0, "a") + chunk(1, "no") + chunk(0, "b") + both + Fixture.end("stop"))
        #expect(answer.content == [["type": "text", "text": "abc"]] && answer.message["stop_reason"] == "end_turn")
    }

    @Test("Counts may be written with a fraction of nothing")
    func counts() {
        let answer = Fixture.local.answer(
            Fixture.chunk(#""content":"a""#)
                + Fixture.end("stop", usage: #""prompt_tokens":10.0,"completion_tokens":3e0,"total_tokens":1.5"#))
        #expect(answer.message["usage"]?["input_tokens"] == 10 && answer.message["usage"]?["output_tokens"] == 3)
    }

    // MARK: Answers that are no stream

    private func whole(_ body: String, _ form: MessageWriter.Form = .stream) -> TranslationFixture.Answer {
        let base = Fixture.local.base
        return base.answer(body, form) { Translation.reader(base.target, base.context, isWhole: true) }
    }

    @Test("A server that does not stream")
    func wholeAnswer() {
        let body = """
            {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant",
              "content": "Well.", "tool_calls": [{"id": "call_aaaaaaaaaaaa", "type": "function",
              "function": {"name": "A", "arguments": "{\\"x\\": 1}"}}]}, "finish_reason": "tool_calls"}],
              "usage": {"prompt_tokens": 9, "completion_tokens": 3}}
            """
        for form in Self.forms {
            let answer = whole(body, form)
            #expect(answer.content.map { $0["type"] } == ["text", "tool_use"])
            #expect(answer.message["stop_reason"] == "tool_use" && answer.message["usage"]?["input_tokens"] == 9)
            #expect(form == .whole || MessagesGrammar.fault(in: answer.output) == nil)
        }
    }

    @Test(
        "A whole body that is no answer is an error before the first event",
        arguments: [
            ("", "api_error"), ("{}", "api_error"), (#"{"choices":[]}"#, "overloaded_error"), ("[]", "api_error"),
            (#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#, "rate_limit_error"),
            (#"{"detail":"x"}"#, "api_error"), (#"{"choices":[{"message":{"content":"a"}}"#, "api_error"),
        ])
    func noAnswer(body: String, type: String) {
        let answer = whole(body, .whole)
        #expect(answer.errorType == type && answer.output.isEmpty && answer.hasEnded)
    }
}

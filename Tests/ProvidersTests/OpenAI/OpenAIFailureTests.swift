import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("OpenAI's answers that are none, or not whole")
struct OpenAIFailureTests {
    private typealias Fixture = OpenAIFixture
    private static let forms = [MessageWriter.Form.stream, .whole]
    private static let text = Fixture.chunk(#""content":"a""#)
    private static let call = Fixture.chunk(Fixture.part(0, #"{\"x\""#, id: "call_aaaaaaaaaaaa", name: "A"))

    private static let errors: [(OpenAIFixture, String, String)] = [
        (
            .chat, text + dataLines(#"{"error":{"message":"Slow, org-1.","code":"rate_limit_exceeded"}}"#),
            "rate_limit_error"
        ),
        (.chat, text + dataLines(#"{"error":{"message":"x","type":"server_error","code":null}}"#), "api_error"),
        (.grok, text + dataLines(#"{"code":"x","error":"Over."}"#), "api_error"),
        // The same chunk goes on, with what would end the call.
        (
            .chat,
            text + call + dataLines(#"{"error":{"message":"x"},"choices":[{"index":0,"delta":{"content":"b"}}]}"#),
            "api_error"
        ),
        (
            .responses,
            Fixture.text(0, "a") + event("error", #"{"type":"error","code":"server_is_overloaded","message":"x"}"#),
            "overloaded_error"
        ),
        (
            .responses,
            Fixture.text(0, "a")
                + Fixture.completed(#","error":{"code":"rate_limit_exceeded","message":"x"}"#, type: "failed"),
            "rate_limit_error"
        ),
        (.responses, Fixture.text(0, "a") + Fixture.completed(#","error":null"#, type: "failed"), "api_error"),
    ]

    @Test("T-26 A failure in the stream is an error event, and the last one", arguments: errors.indices)
    func failures(index: Int) {
        let (fixture, stream, type) = Self.errors[index]
        let answer = fixture.answer(stream + "data: [DONE]\n\n")
        #expect(answer.events.last?["type"] == "error" && answer.errorType == type)
        #expect(answer.events.last?["error"]?["type"]?.string == type && !answer.output.contains("org-"))
        #expect(MessagesGrammar.fault(in: answer.output) == nil && !answer.output.contains("message_stop"))
        #expect(fixture.answer(stream, .whole).output.isEmpty)
        fixture.expectSameByEveryCut(stream)
    }

    @Test("T-26 A stream that ends anywhere before its end is a failure")
    func cutStreams() {
        let chat = Self.text + Self.call
        let responses = Fixture.text(0, "a") + Fixture.added(1, Fixture.function("call_aaaaaaaaaaaa", "A"))
        for (fixture, stream) in [(Fixture.chat, chat), (.responses, responses), (.chat, chat + "data: [DONE]\n\n")] {
            for length in 0...stream.utf8.count {
                let answer = fixture.answer(String(decoding: stream.utf8.prefix(length), as: UTF8.self))
                guard answer.hasEnded, answer.errorType == "overloaded_error" else {
                    Issue.record("cut at \(length): \(answer)")
                    return
                }
                #expect(MessagesGrammar.fault(in: answer.output) == nil)
            }
        }
    }

    @Test("T-27 Refusals are told with what the model says")
    func refusals() {
        let streams = [
            (Fixture.chat, Fixture.chunk(#""refusal":"I can"# + #"not.""#) + Fixture.end("stop")),
            (
                Fixture.responses,
                Fixture.event("refusal.delta", #""output_index":0,"delta":"I cannot.""#) + Fixture.completed()
            ),
        ]
        for (fixture, stream) in streams {
            for form in Self.forms {
                let answer = fixture.answer(stream, form)
                #expect(answer.content == [["type": "text", "text": "I cannot."]])
                #expect(answer.message["stop_reason"] == "refusal")
                #expect(answer.message["stop_details"]?["type"] == "refusal")
            }
        }
        let empty = Fixture.chat.answer(Fixture.end("content_filter"))
        #expect(empty.content.isEmpty && empty.message["stop_reason"] == "refusal")
    }

    @Test("T-27 Azure's filter of prompts is a refusal of its own")
    func promptFilter() {
        let body =
            #"{"error":{"message":"The response was filtered.","param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#
        let error = Array(body.utf8).withUnsafeBytes { UpstreamErrorBody($0) }
        let refusal = ErrorTranslation.refusal(
            .init(status: 400, body: error, retryAfter: nil, sent: []), model: "m", account: "a")
        #expect(refusal.status == 400 && "\(refusal.type)" == "policy_blocked" && refusal.isFinal)
    }

    @Test("T-34 Line ends, comments, names, lines of one event, and no blank line at the end")
    func lines() {
        let first = #"data:{"choices":[{"delta":{"content":"é"}"#
        let stream =
            "\u{FEFF}: keep-alive\r\n\r\nevent: chunk\r\nid: 1\r\n" + first + "\r\ndata: }]}\r\n\r\n"
            + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\rdata: [DONE]"
        for form in Self.forms {
            let answer = Fixture.chat.answer(stream, form)
            #expect(answer.content == [["type": "text", "text": "é"]] && answer.message["stop_reason"] == "end_turn")
            Fixture.chat.expectSameByEveryCut(stream, form)
        }
        let last = Fixture.completed().trimmingNewlines
        for end in ["", "\n", "\r\n"] {
            let answer = Fixture.responses.answer(Fixture.text(0, "a") + last + end)
            #expect(answer.message["stop_reason"] == "end_turn", "\(answer)")
        }
        let finish = Fixture.chunk("", finish: "stop").trimmingNewlines
        #expect(Fixture.chat.answer(Self.text + finish).message["stop_reason"] == "end_turn")
    }

    @Test(
        "T-38 Arguments that are no object are a failure, unless the answer was cut",
        arguments: [
            #"{\"a\":"#, #"{\"a\":1}}"#, #"{}x"#, #"[]"#, #"\"{}\""#, "7", #"{\"a\":\"\n\"}"#, "null",
        ])
    func brokenArguments(arguments: String) {
        let call = Fixture.chunk(Fixture.part(0, arguments, id: "call_aaaaaaaaaaaa", name: "A"))
        let answer = Fixture.chat.answer(call + Fixture.end("tool_calls"))
        #expect(answer.events.last?["error"]?["type"] == "api_error", "\(answer.output)")
        #expect(Fixture.chat.answer(call + Fixture.end("tool_calls"), .whole).output.isEmpty)
        let cut = Fixture.chat.answer(call + Fixture.end("length"))
        #expect(cut.message["stop_reason"] == "max_tokens")
        let whole = Fixture.chat.answer(call + Fixture.end("length"), .whole)
        #expect(whole.message["stop_reason"] == "max_tokens" && whole.content.first?["input"]?.object != nil)
        let response = Fixture.added(0, Fixture.function("call_aaaaaaaaaaaa", "A")) + Fixture.arguments(0, arguments)
        #expect(Fixture.responses.answer(response + Fixture.completed()).errorType == "api_error")
    }

    @Test(
        "T-38 None are an empty object; an object is its own text",
        arguments: [
            (#""arguments":"""#, "{}"), (#""arguments":null"#, "{}"), (#""name":"A""#, "{}"),
            (#""arguments":{"a":[1,"\u00e9"]}"#, #"{"a":[1,"é"]}"#),
        ])
    func otherArguments(arguments: String, expected: String) throws {
        let call = #""tool_calls":[{"function":{"name":"A",\#(arguments)}}]"#
        for form in Self.forms {
            let answer = Fixture.local.answer(Fixture.chunk(call) + Fixture.end("stop"), form)
            #expect(answer.content.first?["input"] == (try JSONValue(parsing: expected)))
            #expect(answer.message["stop_reason"] == "tool_use")
        }
    }

    @Test("T-38 Arguments only at the end of a call, in either event")
    func lateArguments() {
        let done = Fixture.event("function_call_arguments.done", #""output_index":0,"arguments":"{\"x\":1}""#)
        let item = Fixture.done(0, Fixture.function("call_aaaaaaaaaaaa", "A", #"{\"x\":1}"#))
        let added = Fixture.added(0, Fixture.function("call_aaaaaaaaaaaa", "A"))
        for stream in [added + done, added + item, item, added + done + item] {
            let answer = Fixture.responses.answer(stream + Fixture.completed())
            #expect(answer.content.map { $0["input"] } == [["x": 1]])
        }
    }

    @Test("T-44 What came before a client went away, or a stream broke off, counts at the least")
    func seen() {
        let text = String(repeating: "word ", count: 80)
        let streams = [
            (Fixture.chat, Fixture.chunk(#""content":"\#(text)""#)), (.responses, Fixture.text(0, text)),
            (.responses, Fixture.thought(0, text)),
            (.chat, Fixture.chunk(Fixture.part(0, text, id: "call_aaaaaaaaaaaa", name: "A"))),
        ]
        for (fixture, stream) in streams {
            for form in Self.forms {
                let message = TranslatedAnswer(
                    Translation.reader(fixture.base.target, fixture.base.context),
                    MessageWriter(form, fixture.base.context))
                #expect(message.estimatedOutput == 0)
                Array(stream.utf8).withUnsafeBytes { message.consume($0) }
                #expect((80...200).contains(message.estimatedOutput) && !message.hasEnded)
            }
        }
    }

    @Test(
        "T-45 What is no answer is one of no provider, before the first event",
        arguments: [
            "", "<html><body>Bad gateway</body></html>", #"{"error":{"message":"x"}}"#, "\n\n", ": ping\n\n",
            "data: <html>\n\n", "data: {\n\n", "data: 7\n\n", "data: [DONE]\n\n", "data: {\"choices\":[}\n\n",
        ])
    func noAnswer(body: String) {
        for fixture in [Fixture.chat, .responses, .local] {
            for form in Self.forms {
                let answer = fixture.answer(body, form)
                #expect(answer.output.isEmpty && !answer.hasBegun && answer.hasEnded, "\(answer)")
                #expect(["overloaded_error", "api_error"].contains(answer.errorType))
            }
        }
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}

import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("Traps of OpenAI's answers")
struct OpenAIAnswerTests {
    private typealias Fixture = OpenAIFixture
    private static let forms = [MessageWriter.Form.stream, .whole]

    private static func tool(_ id: String, _ name: String, _ input: JSONValue) -> JSONValue {
        ["type": "tool_use", "id": .string(id), "name": .string(name), "input": input]
    }

    private static let ids = ["call_aaaaaaaaaaaa", "call_bbbbbbbbbbbb"]

    private static let interleaved: [(OpenAIFixture, String)] = [
        (
            .chat,
            Fixture.chunk(Fixture.part(0, #"{\"x\""#, id: ids[0], name: "A"))
                + Fixture.chunk(Fixture.part(1, "{", id: ids[1], name: "B"))
                + Fixture.chunk(Fixture.part(0, ":1}")) + Fixture.chunk(Fixture.part(1, "}"))
                + Fixture.end("tool_calls")
        ),
        (
            .responses,
            Fixture.added(0, Fixture.function(ids[0], "A")) + Fixture.added(1, Fixture.function(ids[1], "B"))
                + Fixture.arguments(1, "{") + Fixture.arguments(0, #"{\"x\""#) + Fixture.arguments(1, "}")
                + Fixture.done(1, Fixture.function(ids[1], "B", "{}")) + Fixture.arguments(0, ":1}")
                + Fixture.done(0, Fixture.function(ids[0], "A", #"{\"x\":1}"#)) + Fixture.completed()
        ),
    ]

    @Test("T-1 Calls that come interleaved are told one behind the other, with all of their arguments")
    func parallelCalls() {
        let expected = [Self.tool(Self.ids[0], "A", ["x": 1]), Self.tool(Self.ids[1], "B", [:])]
        for (fixture, stream) in Self.interleaved {
            for form in Self.forms {
                let answer = fixture.answer(stream, form)
                #expect(answer.content == expected && answer.message["stop_reason"] == "tool_use")
                if form == .stream { #expect(MessagesGrammar.fault(in: answer.output) == nil) }
                fixture.expectSameByEveryCut(stream, form)
            }
        }
    }

    @Test("T-1 Calls that all have the index 0 are told apart by their ids")
    func sameIndex() {
        let stream =
            Fixture.chunk(Fixture.part(0, #"{\"x\":1}"#, id: Self.ids[0], name: "A"))
            + Fixture.chunk(Fixture.part(0, "", id: Self.ids[1], name: "B"))
            + Fixture.chunk(Fixture.part(0, #"{\"y\":2}"#)) + Fixture.end("tool_calls")
        for form in Self.forms {
            let answer = Fixture.local.answer(stream, form)
            #expect(
                answer.content == [Self.tool(Self.ids[0], "A", ["x": 1]), Self.tool(Self.ids[1], "B", ["y": 2])])
            Fixture.local.expectSameByEveryCut(stream, form)
        }
    }

    @Test("T-1 Thoughts behind a text, or between the parts of a call, are no part of these")
    func thoughtsBetween() {
        let stream =
            Fixture.chunk(#""content":"a""#) + Fixture.chunk(#""reasoning":"b""#) + Fixture.chunk(#""content":"c""#)
            + Fixture.end("stop")
        let answer = Fixture.local.answer(stream)
        #expect(answer.content.compactMap { $0["type"]?.string } == ["text", "thinking", "text"])
        #expect(MessagesGrammar.fault(in: answer.output) == nil)
    }

    @Test(
        "What comes between a call's name and its arguments waits for them",
        arguments: [(#""reasoning":"b""#, "thinking"), (#""content":"b""#, "text"), (#""content":"\n""#, nil)])
    func behindTheName(between: String, type: String?) {
        for arguments in [#","arguments":"""#, ""] {
            let head =
                #""tool_calls":[{"index":0,"id":"\#(Self.ids[0])","type":"function","function":{"name":"A"\#(arguments)}}]"#
            let stream =
                Fixture.chunk(head) + Fixture.chunk(between) + Fixture.chunk(Fixture.part(0, #"{\"x\":1}"#))
                + Fixture.end("tool_calls")
            let answer = Fixture.local.answer(stream)
            #expect(answer.errorType == "" && answer.content.first == Self.tool(Self.ids[0], "A", ["x": 1]))
            #expect(answer.content.dropFirst().compactMap { $0["type"]?.string } == [type].compactMap { $0 })
            #expect(MessagesGrammar.fault(in: answer.output) == nil)
            Fixture.local.expectSameByEveryCut(stream)
        }
    }

    @Test("T-1 An item that ends while a call is told does not end the call")
    func overlappingItems() {
        let stream =
            Fixture.added(0, #""type":"message","role":"assistant""#) + Fixture.text(0, "Look.")
            + Fixture.added(1, Fixture.function(Self.ids[0], "A"))
            + Fixture.done(0, #""type":"message","role":"assistant""#) + Fixture.arguments(1, #"{\"x\""#)
            + Fixture.arguments(1, ":1}") + Fixture.done(1, Fixture.function(Self.ids[0], "A", #"{\"x\":1}"#))
            + Fixture.completed()
        for form in Self.forms {
            #expect(
                Fixture.responses.answer(stream, form).content == [
                    ["type": "text", "text": "Look."], Self.tool(Self.ids[0], "A", ["x": 1]),
                ])
        }
    }

    @Test("T-6 A block of text begins with the first piece that is not empty")
    func emptyDeltas() {
        let call = Fixture.chunk(Fixture.part(0, "{}", id: Self.ids[0], name: "A"))
        let chat = Fixture.chunk(#""role":"assistant","content":"""#) + call + Fixture.chunk(#""content":"""#)
        let responses =
            Fixture.added(0, #""type":"message""#) + Fixture.text(0, "") + Fixture.thought(1, "")
            + Fixture.done(2, Fixture.function(Self.ids[0], "A", "{}")) + Fixture.completed()
        for (fixture, stream) in [(Fixture.chat, chat + Fixture.end("stop")), (.responses, responses)] {
            for form in Self.forms {
                #expect(fixture.answer(stream, form).content == [Self.tool(Self.ids[0], "A", [:])])
            }
        }
    }

    @Test("T-6 Nor with white space, which belongs to the text behind it, if one follows", arguments: forms)
    func blankText(form: MessageWriter.Form) {
        let blank = Fixture.chunk(#""content":" \n""#) + Fixture.chunk(#""content":"\n""#)
        let call = Fixture.chunk(Fixture.part(0, "{}", id: Self.ids[0], name: "A"))
        let thought = Fixture.chunk(#""reasoning":"b""#)
        let word = Fixture.chunk(#""content":"a""#)
        let tool = Self.tool(Self.ids[0], "A", [:])
        let text = ["type": "text", "text": " \n\na"] as JSONValue
        func content(_ stream: String) -> [JSONValue] {
            let answer = Fixture.local.answer(stream + Fixture.end("stop", usage: #""completion_tokens":50"#), form)
            if form == .stream { #expect(MessagesGrammar.fault(in: answer.output) == nil) }
            #expect(answer.errorType.isEmpty)
            return answer.content.filter { $0["type"] != "thinking" }
        }
        #expect(content(blank + call) == [tool] && content(thought + blank + call + blank) == [tool])
        #expect(content(blank + word) == [text] && content(call + blank + word) == [tool, text])
        #expect(content(blank + thought + word) == [text] && content(blank).isEmpty)
        #expect(content(word + blank + call) == [["type": "text", "text": "a \n\n"], tool])
    }

    @Test("T-11 A stop sequence ends the answer, however it is cut, and nothing of it is shown")
    func stopSequences() {
        let fixture = OpenAIFixture(.responses, "gpt-5.5") { $0.stopSequences = [Array("END\n".utf8)] }
        let stream =
            Fixture.thought(0, "END\\n") + Fixture.text(0, "a EN") + Fixture.text(0, "é \\ud83d")
            + Fixture.text(0, "\\ude00 E")
            + Fixture.text(0, "ND\\nb") + Fixture.text(0, "c")
            + Fixture.done(1, Fixture.function(Self.ids[0], "A", "{}"))
            + Fixture.completed(#","usage":{"input_tokens":9,"output_tokens":9}"#)
        for form in Self.forms {
            let answer = fixture.answer(stream, form)
            #expect(
                answer.content == [
                    ["type": "thinking", "thinking": "END\n", "signature": .string(fixture.base.signature(""))],
                    ["type": "text", "text": "a ENé 😀 "],
                ])
            #expect(answer.message["stop_reason"] == "stop_sequence" && answer.message["stop_sequence"] == "END\n")
            fixture.expectSameByEveryCut(stream, form)
        }
        let almost = fixture.answer(Fixture.text(0, "EN") + Fixture.completed())
        #expect(almost.content == [["type": "text", "text": "EN"]] && almost.message["stop_reason"] == "end_turn")
    }

    @Test("T-11 A server that says which sequence it was")
    func toldStopSequence() {
        let stream = dataLines(
            #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop","stop_reason":"\n\n"}]}"#, "[DONE]")
        let answer = Fixture.local.answer(stream)
        #expect(answer.message["stop_reason"] == "stop_sequence" && answer.message["stop_sequence"] == "\n\n")
    }

    @Test(
        "T-12 Why an answer ended",
        arguments: [
            ("stop", false, "end_turn"), ("stop", true, "tool_use"), ("tool_calls", true, "tool_use"),
            ("tool_calls", false, "end_turn"), ("function_call", true, "tool_use"), ("length", false, "max_tokens"),
            ("length", true, "max_tokens"), ("content_filter", false, "refusal"), ("content_filter", true, "refusal"),
            ("model_length", false, "model_context_window_exceeded"), ("something", false, "end_turn"),
        ])
    func finish(reason: String, hasCall: Bool, expected: String) {
        let call = hasCall ? Fixture.chunk(Fixture.part(0, "{}", id: Self.ids[0], name: "A")) : ""
        let answer = Fixture.chat.answer(Fixture.chunk(#""content":"a""#) + call + Fixture.end(reason))
        #expect(answer.message["stop_reason"]?.string == expected && answer.stopReason == expected)
        #expect((answer.message["stop_details"]?["type"] == "refusal") == (expected == "refusal"))
    }

    @Test(
        "T-12 A server that broke off has not ended, whatever it calls that",
        arguments: [
            ("insufficient_system_resource", "overloaded_error"), ("abort", "api_error"), ("error", "api_error"),
        ],
        forms)
    func brokenOff(reason: (name: String, type: String), form: MessageWriter.Form) {
        let part = Fixture.chunk(Fixture.part(0, #"{\"x\":"#, id: Self.ids[0], name: "A"))
        for stream in [Fixture.chunk(#""content":"a""#), part] {
            let answer = Fixture.local.answer(stream + Fixture.end(reason.name), form)
            #expect(answer.errorType == reason.type && answer.stopReason.isEmpty)
            #expect(answer.failure.contains(reason.name))
            if form == .stream { #expect(MessagesGrammar.fault(in: answer.output) == nil) }
        }
    }

    @Test(
        "T-12 Why a response ended",
        arguments: [
            ("completed", "", false, "end_turn"), ("completed", "", true, "tool_use"),
            ("incomplete", "max_output_tokens", false, "max_tokens"),
            ("incomplete", "max_output_tokens", true, "max_tokens"),
            ("incomplete", "content_filter", false, "refusal"), ("incomplete", "other", false, "end_turn"),
        ])
    func responseFinish(type: String, reason: String, hasCall: Bool, expected: String) {
        let call = hasCall ? Fixture.done(0, Fixture.function(Self.ids[0], "A", "{}")) : Fixture.text(0, "a")
        let details = reason.isEmpty ? "null" : #"{"reason":"\#(reason)"}"#
        let answer = Fixture.responses.answer(
            call + Fixture.completed(#","incomplete_details":\#(details),"error":null"#, type: type))
        #expect(answer.message["stop_reason"]?.string == expected)
    }

    @Test("A number of searches that cannot be is not believed", arguments: ["-5", "9223372036854775807", "null"])
    func searchCount(number: String) {
        let used = #","usage":{"input_tokens":9},"tool_usage":{"web_search":{"num_requests":\#(number)}}"#
        let usage = Fixture.responses.answer(Fixture.text(0, "so") + Fixture.completed(used)).message["usage"]
        #expect(usage?["input_tokens"] == 9)
        #expect(usage?["server_tool_use"]?["web_search_requests"]?.int64 ?? 0 == 0)
    }

    @Test("T-23 What was searched is shown, and goes back as text with nothing invented")
    func search() throws {
        let stream =
            Fixture.done(
                0,
                #""type":"web_search_call","action":{"type":"search","query":"q","sources":[{"type":"url","url":"https://e.org/"}]}"#
            ) + Fixture.text(1, "so")
            + Fixture.completed(
                #","usage":{"input_tokens":9,"output_tokens":3},"tool_usage":{"web_search":{"num_requests":2}}"#)
        let answer = Fixture.responses.answer(stream)
        #expect(
            answer.content == [
                [
                    "type": "server_tool_use", "id": "srvtoolu_test_0", "name": "web_search", "input": ["query": "q"],
                ],
                [
                    "type": "web_search_tool_result", "tool_use_id": "srvtoolu_test_0",
                    "content": [
                        [
                            "type": "web_search_result", "title": "https://e.org/", "url": "https://e.org/",
                            "encrypted_content": "", "page_age": nil,
                        ]
                    ],
                ], ["type": "text", "text": "so"],
            ])
        #expect(answer.message["usage"]?["server_tool_use"]?["web_search_requests"] == 2)
        let content = JSONValue.array(answer.content).text
        let back = try Fixture.responses.request(
            messages: Fixture.hello + #",{"role":"assistant","content":\#(content)},"# + Fixture.hello)
        let texts = back.input.dropFirst().dropLast().compactMap { $0["content"]?.string }
        #expect(texts.count == 3 && texts[0] == #"[The server's tool web_search was called with {"query":"q"}]"#)
        let cited = try Fixture.chat.request(
            messages: Fixture.user(#"{"type":"text","text":"a","citations":[{"type":"web_search_result_location"}]}"#))
        #expect(cited.messages == [["role": "user", "content": "a"]] && cited.receipt.contains(.citations, .dropped))
        let asked = try Fixture.chat.request(
            messages: Fixture.user(
                #"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"},"citations":{"enabled":true}}"#
            ))
        #expect(asked.receipt.contains(.citations, .dropped))
    }

    @Test("T-23 Of several queries all are told; pages that are opened are no searches")
    func queries() {
        func call(_ index: Int, _ action: String) -> String {
            Fixture.done(index, #""type":"web_search_call","action":{\#(action)}"#)
        }
        let answer = Fixture.responses.answer(
            call(0, #""type":"search","queries":["a","\u00e9"]"#)
                + call(1, #""type":"open_page","url":"https://e.org/""#)
                + call(2, #""type":"find_in_page","url":"https://e.org/","pattern":"p""#)
                + call(3, #""query":"q","queries":["q","r"]"#) + Fixture.text(4, "so")
                + Fixture.completed(#","usage":{"input_tokens":9,"output_tokens":3}"#))
        let asked = answer.content.filter { $0["type"] == "server_tool_use" }.map { $0["input"]?["query"] }
        #expect(asked == ["a; \u{e9}", "q"] && answer.content.count == 5)
        #expect(answer.usage.webSearchRequests == 2)
    }

    @Test("T-24 The first event has an estimate, the last one everything")
    func usage() throws {
        let context = try Fixture.chat.request(
            messages: Fixture.hello.replacing("hello", with: String(repeating: "word ", count: 400))
        ).context
        #expect((400...2_000).contains(context.estimatedInput))
        let fixture = OpenAIFixture(.chatCompletions, "gpt-4.1") { $0.estimatedInput = 500 }
        let events = fixture.answer(
            Fixture.chunk(#""role":"assistant","content":"a""#)
                + Fixture.end("stop", usage: #""prompt_tokens":70,"completion_tokens":5"#)
        ).events
        #expect(
            events.first?["message"]?["usage"] == [
                "input_tokens": 500, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1,
            ])
        #expect(
            events.first { $0["type"] == "message_delta" }?["usage"] == [
                "input_tokens": 70, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 5,
            ])
    }

    @Test("T-25 Cached tokens are no input, writes keep their split, and nothing is negative")
    func cacheTokens() {
        let details =
            #""cached_tokens":60,"cache_write_tokens":30,"cache_write_tokens_details":{"ttl_30m_tokens":10,"ttl_12h_tokens":20}"#
        let usage =
            #""prompt_tokens":100,"completion_tokens":9,"prompt_tokens_details":{\#(details)},"completion_tokens_details":{"reasoning_tokens":4}"#
        let answer = Fixture.chat.answer(Fixture.chunk(#""content":"a""#) + Fixture.end("stop", usage: usage))
        #expect(answer.usage.input == 10 && answer.usage.cacheRead == 60 && answer.usage.output == 9)
        #expect(answer.usage.cacheWrite5m == 10 && answer.usage.cacheWrite1h == 20 && answer.usage.thinking == 4)
        #expect(answer.message["usage"]?["cache_creation_input_tokens"] == 30)
        let odd = #","usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":9},"output_tokens":-3}"#
        let other = Fixture.responses.answer(Fixture.text(0, "a") + Fixture.completed(odd))
        #expect(other.usage.input == 0 && other.usage.cacheRead == 5 && other.usage.output == 0)
    }

    @Test("T-25 xAI's chat leaves out of the completion what was thought, its Responses do not")
    func grok() {
        let usage =
            #""prompt_tokens":100,"completion_tokens":9,"total_tokens":149,"completion_tokens_details":{"reasoning_tokens":40},"cost_in_usd_ticks":12345"#
        let answer = Fixture.grok.answer(Fixture.chunk(#""content":"a""#) + Fixture.end("stop", usage: usage))
        #expect(answer.usage.output == 49 && answer.usage.input == 100 && answer.usage.reportedCost != nil)
        let responses = OpenAIFixture(.responses, "grok-4.7", .xAI).answer(
            Fixture.text(0, "a")
                + Fixture.completed(
                    #","usage":{"input_tokens":100,"output_tokens":49,"total_tokens":149,"output_tokens_details":{"reasoning_tokens":40}}"#
                ))
        #expect(responses.usage.output == 49 && responses.usage.thinking == 40)
    }

    @Test("T-35 The model is the one that was asked for; which it was is kept")
    func model() {
        for (fixture, stream) in [
            (Fixture.chat, Fixture.chunk(#""content":"a""#) + Fixture.end("stop")),
            (.responses, Fixture.text(0, "a") + Fixture.completed()),
        ] {
            let answer = fixture.answer(stream)
            #expect(answer.events.first?["message"]?["model"] == "claude-opus-5-5")
            #expect(fixture.answer(stream, .whole).message["model"] == "claude-opus-5-5")
            #expect(["gpt-4.1-2025", "gpt-5.5-2026"].contains(answer.model) && !answer.id.isEmpty)
        }
    }
}

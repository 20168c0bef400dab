import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("What OpenAI's models think, and who may see it again")
struct OpenAIReasoningTests {
    private typealias Fixture = OpenAIFixture

    private static func thinking(_ signature: String) -> String {
        #"{"type":"thinking","thinking":"hm","signature":"\#(signature)"}"#
    }

    private static func redacted(_ data: String) -> String { #"{"type":"redacted_thinking","data":"\#(data)"}"# }

    private static let text = #"{"type":"text","text":"so"}"#

    private func turn(_ fixture: OpenAIFixture, _ blocks: String...) throws -> [JSONValue] {
        let request = try fixture.request(
            messages: Fixture.hello + #",{"role":"assistant","content":[\#(blocks.joined(separator: ","))]},"#
                + Fixture.hello)
        return Array((request.input + request.messages).dropFirst().dropLast())
    }

    /// Of a thought that came without a state: whose it is, and no more.
    private static let unsigned = JSONValue.string(Fixture.local.base.signature(""))
    private static let own = Fixture.responses.base.signature("rs_1/QUJD")
    private static let said: [JSONValue] = [["type": "message", "role": "assistant", "content": "so"]]

    @Test("T-8 Thoughts of Claude, of another model or account are left out, and never become text")
    func foreign() throws {
        let others = [
            "EqQBCgIYAhIM", "", OpenAIFixture(.responses, "gpt-5.6").base.signature("rs_1/QUJD"),
            Self.own.replacing("/acct/", with: "/other/"),
        ]
        for signature in others {
            #expect(try turn(.responses, Self.thinking(signature), Self.text) == Self.said)
            #expect(try turn(.chat, Self.thinking(signature), Self.text) == [["role": "assistant", "content": "so"]])
        }
        #expect(
            try turn(.responses, #"{"type":"thinking","thinking":"unsigned"}"#, Self.text) == Self.said)
    }

    private static let stream =
        Fixture.added(0, #""type":"reasoning","id":"rs_1","summary":[]"#) + Fixture.thought(0, "I \\ud83d")
        + Fixture.thought(0, "\\ude00")
        + Fixture.event("reasoning_summary_part.added", #""output_index":0,"summary_index":1"#)
        + Fixture.thought(0, "see")
        + Fixture.done(0, #""type":"reasoning","id":"rs_1","encrypted_content":"QUJD+/=""#)
        + Fixture.added(1, #""type":"reasoning","id":"rs_2","summary":[]"#)
        + Fixture.done(1, #""type":"reasoning","id":"rs_2","encrypted_content":"REVG""#)
        + Fixture.text(2, "so") + Fixture.completed()

    @Test("T-9 The state goes with the thoughts that are shown, else alone, and comes back as it was")
    func roundTrip() throws {
        let signature: JSONValue = .string(Fixture.responses.base.signature("rs_1/QUJD+/="))
        for form in [MessageWriter.Form.stream, .whole] {
            let content = Fixture.responses.answer(Self.stream, form).content
            #expect(
                content == [
                    ["type": "thinking", "thinking": "I 😀\n\nsee", "signature": signature],
                    ["type": "redacted_thinking", "data": .string(Fixture.responses.base.signature("rs_2/REVG"))],
                    ["type": "text", "text": "so"],
                ])
            let back = try turn(.responses, content.map(\.text).joined(separator: ","))
            #expect(
                back == [
                    [
                        "type": "reasoning", "id": "rs_1",
                        "summary": [["type": "summary_text", "text": "I 😀\n\nsee"]], "encrypted_content": "QUJD+/=",
                    ],
                    ["type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "REVG"],
                ] + Self.said)
            Fixture.responses.expectSameByEveryCut(Self.stream, form)
        }
    }

    private static func message(_ index: Int, _ phase: String, _ text: String) -> String {
        Fixture.added(index, #""type":"message","id":"msg_1","phase":"\#(phase)""#) + Fixture.text(index, text)
            + Fixture.done(index, #""type":"message","id":"msg_1","phase":"\#(phase)""#)
    }

    private static func said(_ phase: String, _ text: String) -> JSONValue {
        ["type": "message", "role": "assistant", "phase": .string(phase), "content": .string(text)]
    }

    @Test(
        "T-40 What a text was goes with it and comes back, to nobody else",
        arguments: [MessageWriter.Form.stream, .whole])
    func phases(form: MessageWriter.Form) throws {
        let stream =
            Self.message(0, "commentary", "a") + Fixture.added(1, Fixture.function("call_0123456789ab", "A"))
            + Fixture.done(1, Fixture.function("call_0123456789ab", "A", "{}")) + Self.message(2, "final_answer", "b")
            + Fixture.completed()
        let content = Fixture.responses.answer(stream, form).content
        #expect(
            content.map { $0["type"]?.string } == [
                "redacted_thinking", "text", "tool_use", "redacted_thinking", "text",
            ])
        #expect(content[0]["data"]?.string == Fixture.responses.base.signature("/commentary"))
        let blocks = content.map(\.text).joined(separator: ",")
        func back(_ fixture: OpenAIFixture) throws -> [JSONValue] {
            let answered = Fixture.user(Fixture.result("call_0123456789ab"))
            let request = try fixture.request(
                messages: Fixture.hello + #",{"role":"assistant","content":[\#(blocks)]},\#(answered)"#)
            return request.input.filter { $0["role"] == "assistant" }
        }
        #expect(try back(.responses) == [Self.said("commentary", "a"), Self.said("final_answer", "b")])
        #expect(try back(OpenAIFixture(.responses, "gpt-6-sol")).allSatisfy { $0["phase"] == nil })
        Fixture.responses.expectSameByEveryCut(stream, form)
    }

    @Test("An answer that is nothing but final begins with its text; what is no phase is none")
    func noPhases() throws {
        for phase in ["final_answer", "Final", "a/b", "", String(repeating: "a", count: 33)] {
            let answer = Fixture.responses.answer(Self.message(0, phase, "so") + Fixture.completed())
            #expect(answer.content == [["type": "text", "text": "so"]])
        }
        for state in ["/", "/A b", "/-"] {
            let blocks = Self.redacted(Fixture.responses.base.signature(state))
            #expect(try turn(.responses, blocks, Self.text) == Self.said)
        }
    }

    @Test("T-9 Without an encrypted state there is nothing to return")
    func unsigned() throws {
        let stream =
            Fixture.thought(0, "hm") + Fixture.done(0, #""type":"reasoning","id":"rs_1""#) + Fixture.text(1, "so")
            + Fixture.completed()
        let content = Fixture.responses.answer(stream).content
        let mark: JSONValue = .string(Fixture.responses.base.signature(""))
        #expect(content.first == ["type": "thinking", "thinking": "hm", "signature": mark])
        #expect(try turn(.responses, content.map(\.text).joined(separator: ",")) == Self.said)
    }

    @Test("T-10 What Claude redacted goes to nobody else, and nobody else's state is taken for it")
    func redactedThinking() throws {
        #expect(try turn(.responses, Self.redacted("EmwKAhgBEgy3va3pzix"), Self.text) == Self.said)
        #expect(
            try turn(.responses, Self.redacted(Self.own), Self.text) == [
                ["type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "QUJD"]
            ] + Self.said)
        // A state of ours that is damaged is none.
        let damaged = Fixture.responses.base.signature("no slash")
        #expect(try turn(.responses, Self.redacted(damaged), Self.text) == Self.said)
    }

    @Test("T-10 To Claude elsewhere it goes byte for byte")
    func redactedBytes() throws {
        let block = #"{ "type":"redacted_thinking" , "data":"Emw\/KAhgB\u0045gy3" }"#
        let body = #"{"model":"claude-opus-5-5","messages":[{"role":"assistant","content":[\#(block)]}]}"#
        for platform in [ClaudePlatform.bedrock, .mantle, .vertex, .foundry] {
            let edited = try Array(body.utf8).withUnsafeBytes { bytes in
                var scanner = JSONObjectScanner()
                try scanner.finish(bytes)
                var output = ByteWriter()
                try ClaudeBody(platform, model: "m", version: "2023-06-01", betas: BetaFilter(platform).select([]))
                    .write(bytes, scanner.members, into: &output)
                return output.text
            }
            #expect(edited.contains(block))
        }
    }

    @Test(
        "T-15 Effort: the nearest that a model knows",
        arguments: [
            ("gpt-5.5", "low", "low", "low"), ("gpt-5.5", "xhigh", "xhigh", "xhigh"),
            ("gpt-5.5", "max", "xhigh", "xhigh"),
            ("gpt-5.6", "max", "xhigh", "max"), ("gpt-5.1", "xhigh", "high", "high"), ("o3", "max", "high", "high"),
            ("gpt-6.2-sol", "max", "xhigh", "max"), ("gpt-7", "medium", "medium", "medium"),
            ("gpt-4.1", "high", nil, nil),
        ] as [(String, String, String?, String?)])
    func effort(model: String, effort: String, chat: String?, responses: String?) throws {
        let rest = #","output_config":{"effort":"\#(effort)"}"#
        let body = try OpenAIFixture(.chatCompletions, model).request(messages: Fixture.hello, rest)
        #expect(body.json["reasoning_effort"]?.string == chat)
        #expect(body.receipt.contains(.effort, chat == nil ? .dropped : .translated))
        let other = try OpenAIFixture(.responses, model).request(messages: Fixture.hello, rest)
        #expect(other.json["reasoning"]?["effort"]?.string == responses)
    }

    @Test(
        "T-15 Thinking switched off, by a budget, or as the model likes",
        arguments: [
            ("gpt-5.5", #","thinking":{"type":"disabled"}"#, "none"),
            ("o3", #","thinking":{"type":"disabled"}"#, "low"),
            ("gpt-5", #","thinking":{"type":"disabled"}"#, "minimal"),
            ("gpt-6.1-sol", #","thinking":{"type":"disabled"}"#, "low"),
            ("gpt-5.5", #","thinking":{"type":"enabled","budget_tokens":4096}"#, "high"),
            ("gpt-5.5", #","thinking":{"type":"enabled","budget_tokens":2048}"#, "medium"),
            ("gpt-5.5", #","thinking":{"type":"enabled","budget_tokens":1024}"#, "low"),
            ("gpt-5.5", #","thinking":{"type":"adaptive"}"#, nil), ("gpt-5.5", "", nil),
            ("grok-4.7", #","thinking":{"type":"disabled"}"#, "low"),
        ] as [(String, String, String?)])
    func thinking(model: String, rest: String, expected: String?) throws {
        let fixture = OpenAIFixture(.responses, model, model.hasPrefix("grok") ? .xAI : .openAI)
        let request = try fixture.request(messages: Fixture.hello, rest)
        #expect(request.json["reasoning"]?["effort"]?.string == expected)
    }

    @Test("T-15 What a message of the system says of the effort holds, wherever the request says it")
    func effortOfMessages() throws {
        let message =
            #","messages":[\#(Fixture.hello),{"role":"system","content":"x","output_config":{"effort":"low"}}]"#
        let member = #","output_config":{"effort":"high"}"#
        for rest in [message + member, member + message] {
            let request = try Fixture.responses.request(#"{"model":"m"\#(rest)}"#)
            #expect(request.json["reasoning"]?["effort"] == "low")
        }
    }

    @Test("T-15 With tools, models that reason only in Responses are told so")
    func reasoningWithTools() throws {
        let tools = #","tools":[\#(Fixture.tool("A"))],"output_config":{"effort":"high"}"#
        let sol = OpenAIFixture(.chatCompletions, "gpt-5.5")
        #expect(try sol.request(messages: Fixture.hello, tools).json["reasoning_effort"] == "none")
        let astra = OpenAIFixture(.chatCompletions, "gpt-6-astra")
        #expect(throws: Refusal.self) { try astra.request(messages: Fixture.hello, tools) }
    }

    @Test("T-39 Thoughts within the text are cut out, wherever they are cut")
    func thinkTags() {
        let pieces = [
            "\\n<thi", "nk>", "\\nHm, \\u003c/thin", "ks> é ", "</th", "ink>\\n", "\\n Hello", " <think>", "x",
        ]
        let stream = pieces.map { Fixture.chunk(#""content":"\#($0)""#) }.joined() + Fixture.end("stop")
        for form in [MessageWriter.Form.stream, .whole] {
            #expect(
                Fixture.local.answer(stream, form).content == [
                    ["type": "thinking", "thinking": "\nHm, </thinks> é ", "signature": Self.unsigned],
                    ["type": "text", "text": "Hello <think>x"],
                ])
            Fixture.local.expectSameByEveryCut(stream, form)
        }
        let open = Fixture.chunk(#""content":"<think>hm</th""#) + Fixture.end("length")
        #expect(
            Fixture.local.answer(open).content == [
                ["type": "thinking", "thinking": "hm</th", "signature": Self.unsigned]
            ])
        let almost = Fixture.chunk(#""content":"<thin""#) + Fixture.end("stop")
        #expect(Fixture.local.answer(almost).content == [["type": "text", "text": "<thin"]])
    }

    @Test("T-39 Thoughts in fields of their own, by either name")
    func reasoningFields() {
        for field in ["reasoning_content", "reasoning"] {
            let stream =
                Fixture.chunk(#""role":"assistant","content":"","\#(field)":"""#) + Fixture.chunk(#""\#(field)":"h""#)
                + Fixture.chunk(#""\#(field)":"m""#) + Fixture.chunk(#""content":"so""#) + Fixture.end("stop")
            let answer = Fixture.local.answer(stream)
            #expect(
                answer.content == [
                    ["type": "thinking", "thinking": "hm", "signature": Self.unsigned], ["type": "text", "text": "so"],
                ])
            #expect(MessagesGrammar.fault(in: answer.output) == nil)
        }
    }
}

import Configuration
import Testing
import Wire

@testable import Providers

@Suite("Traps on the way to Gemini")
struct GeminiTrapTests {
    private let gemini = GeminiFixture()
    private let old = GeminiFixture("gemini-2.5-pro")

    private static let calls =
        #"{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_a","name":"A","input":{}},{"type":"tool_use","id":"toolu_b","name":"B","input":{"x":1}}]}"#

    private static func result(_ id: String, _ rest: String) -> String {
        #"{"type":"tool_result","tool_use_id":"\#(id)"\#(rest)}"#
    }

    private static func user(_ blocks: String...) -> String {
        #"{"role":"user","content":[\#(blocks.joined(separator: ","))]}"#
    }

    private func responses(_ request: GeminiFixture.Request, _ index: Int) -> [JSONValue] {
        request.parts(index).compactMap { $0["functionResponse"] }
    }

    @Test("T-2 Results stand behind their calls, as many as these, in their order; nothing comes between")
    func results() throws {
        let request = try gemini.request(
            messages: Self.calls + #",{"role":"system","content":"mind the gap"},"#
                + Self.user(
                    #"{"type":"text","text":"first"}"#, Self.result("toolu_x", #","content":"lost""#),
                    Self.result("toolu_b", #","content":"two""#)))
        let roles = request.contents.map { $0["role"]?.string }
        #expect(roles == ["user", "model", "user"])
        #expect(
            responses(request, 2) == [
                ["id": "toolu_a", "name": "A", "response": ["output": "[no result]"]],
                ["id": "toolu_b", "name": "B", "response": ["output": "two"]],
            ])
        #expect(
            request.parts(2).dropFirst(2) == [
                ["text": "first"],
                ["text": "[Result of the tool call toolu_x, which is not part of this conversation]"],
                ["text": "lost"], ["text": "<system-message>\nmind the gap\n</system-message>"],
            ])
    }

    private static let image =
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAA"}}"#
    private static let inline: JSONValue = [
        "inlineData": ["mimeType": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAA"]
    ]

    @Test("T-3 Images of results: inside the response, and with older models behind all of them")
    func media() throws {
        let messages =
            Self.calls + ","
            + Self.user(
                Self.result("toolu_a", #","content":[{"type":"text","text":"seen"},\#(Self.image)]"#),
                Self.result("toolu_b", #","content":[\#(Self.image)]"#), #"{"type":"text","text":"and?"}"#)
        let new = try gemini.request(messages: messages)
        #expect(
            responses(new, 2) == [
                ["id": "toolu_a", "name": "A", "response": ["output": "seen"], "parts": [Self.inline]],
                ["id": "toolu_b", "name": "B", "response": ["output": ""], "parts": [Self.inline]],
            ])
        #expect(new.parts(2).last == ["text": "and?"] && new.receipt.contains(.toolResultMedia, .translated))
        let old = try old.request(messages: messages)
        #expect(
            responses(old, 2).map { $0["response"]?["output"]?.string } == [
                "seen\n(attachment: see below)", "(attachment: see below)",
            ])
        #expect(
            old.parts(2).dropFirst(2) == [
                ["text": "[Attachment of the tool result toolu_a]"], Self.inline,
                ["text": "[Attachment of the tool result toolu_b]"], Self.inline, ["text": "and?"],
            ])
    }

    @Test("T-4 T-5 Failures have a field of their own; a result without content is an empty one")
    func failures() throws {
        let request = try gemini.request(
            messages: Self.calls + ","
                + Self.user(Self.result("toolu_a", #","is_error":true,"content":"boom""#), Self.result("toolu_b", "")))
        #expect(responses(request, 2).map { $0["response"] } == [["error": "boom"], ["output": ""]])
    }

    @Test("T-6 Blank texts are left out, and turns without parts")
    func blanks() throws {
        let request = try gemini.request(
            messages: #"{"role":"user","content":[{"type":"text","text":" \n"},{"type":"text","text":"a"}]},"#
                + #"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"foreign"}]},"#
                + GeminiFixture.hello)
        #expect(request.contents.flatMap { $0["parts"]?.array ?? [] } == [["text": "a"], ["text": "hello"]])
        #expect(request.contents.allSatisfy { $0["role"] == "user" })
    }

    @Test("T-7 System messages are marked in the user turn beside them")
    func system() throws {
        let request = try gemini.request(
            messages: GeminiFixture.hello + #",{"role":"system","content":"x"}"#,
            #","system":[{"type":"text","text":"x-anthropic-billing-header: a=b"}]"#)
        #expect(request.parts(0) == [["text": "hello"], ["text": "<system-message>\nx\n</system-message>"]])
        #expect(request.json["systemInstruction"] == nil)
        #expect(request.receipt.contains(.midConversationSystem, .approximated))
    }

    // MARK: Thought signatures

    private static func thinking(_ signature: String) -> String {
        #"{"type":"thinking","thinking":"hm","signature":"\#(signature)"}"#
    }

    private static func redacted(_ data: String) -> String { #"{"type":"redacted_thinking","data":"\#(data)"}"# }

    private func model(_ blocks: String...) throws -> [JSONValue] {
        try gemini.request(
            messages: GeminiFixture.hello + #",{"role":"assistant","content":[\#(blocks.joined(separator: ","))]},"#
                + GeminiFixture.hello
        ).parts(1)
    }

    @Test("T-9 A signature returns in the part it came with")
    func signatures() throws {
        let base = gemini.base, text = #"{"type":"text","text":"so"}"#
        #expect(
            try model(text, Self.redacted(base.signature("t:QUJD"))) == [["text": "so", "thoughtSignature": "QUJD"]])
        #expect(
            try model(text, Self.redacted(base.signature("e:QUJD"))) == [
                ["text": "so"], ["text": "", "thoughtSignature": "QUJD"],
            ])
        #expect(
            try model(Self.thinking(base.signature("h:QUJD")), text) == [
                ["text": "hm", "thought": true, "thoughtSignature": "QUJD"], ["text": "so"],
            ])
        #expect(
            try model(Self.thinking(base.signature("t:QUJD")), text) == [
                ["text": "", "thoughtSignature": "QUJD"], ["text": "so"],
            ])
        #expect(try model(Self.redacted(base.signature("?:QUJD")), text) == [["text": "so"]])
    }

    @Test("T-8 Thinking of another model or account is left out")
    func foreign() throws {
        let other = GeminiFixture("gemini-3.8-flash").base.signature("t:QUJD")
        let text = #"{"type":"text","text":"so"}"#
        #expect(try model(text, Self.redacted(other)) == [["text": "so"]])
        #expect(try model(Self.thinking("EqQBCgIYAhIM"), text) == [["text": "so"]])
        #expect(try model(Self.thinking(""), text) == [["text": "so"]])
    }

    /// Two steps of one turn, behind one of an earlier turn.
    private func steps(_ second: String, _ gemini: GeminiFixture) throws -> [JSONValue] {
        func call(_ id: String, _ before: String = "") -> String {
            #"{"role":"assistant","content":[\#(before){"type":"tool_use","id":"\#(id)","name":"A","input":{}},{"type":"tool_use","id":"\#(id)2","name":"A","input":{}}]},"#
                + Self.user(Self.result(id, ""), Self.result(id + "2", ""), #"{"type":"text","text":"reminder"}"#)
        }
        let messages = [
            GeminiFixture.hello, call("toolu_1"), GeminiFixture.hello.replacing("hello", with: "next"),
            call("toolu_2", second), call("toolu_3"),
        ]
        // What the user says stands in a message of its own only behind an answer.
        let answer = #"{"role":"assistant","content":"done"}"#
        let request = try gemini.request(
            messages: (messages[...1] + [answer] + messages[2...]).joined(separator: ","))
        return request.contents.flatMap { $0["parts"]?.array ?? [] }.filter { $0["functionCall"] != nil }
            .map { $0["thoughtSignature"] ?? .null }
    }

    @Test("T-9 In the current turn the first call of each step has a signature, be it the dummy")
    func dummies() throws {
        let dummy: JSONValue = "skip_thought_signature_validator"
        #expect(try steps("", gemini) == [nil, nil, dummy, nil, dummy, nil])
        let own = Self.redacted(gemini.base.signature("f:QUJD")) + ","
        #expect(try steps(own, gemini) == [nil, nil, "QUJD", nil, dummy, nil])
        #expect(try steps("", old) == [nil, nil, nil, nil, nil, nil])
    }

    // MARK: Parameters

    private func configuration(_ model: String, _ rest: String) throws -> JSONValue {
        try GeminiFixture(model).request(messages: GeminiFixture.hello, "," + rest).configuration
    }

    @Test("T-11 Five stop sequences are sent, more are watched for")
    func stopSequences() throws {
        let five = try gemini.request(
            messages: GeminiFixture.hello, #","stop_sequences":["a","b","c","d","e\n"]"#)
        #expect(five.configuration["stopSequences"] == ["a", "b", "c", "d", "e\n"])
        #expect(five.context.stopSequences.isEmpty)
        let six = try gemini.request(
            messages: GeminiFixture.hello, #","stop_sequences":["a","b","c","d","e","f\n"]"#)
        #expect(six.configuration["stopSequences"] == nil && six.context.stopSequences.last == Array("f\n".utf8))
        #expect(six.receipt.contains(.stopSequences, .translated))
    }

    @Test("T-13 max_tokens is clamped to what one request may write")
    func maxTokens() throws {
        for (model, tokens) in [("gemini-4-argon", 65_536), ("gemini-2.0-flash", 8_192), ("new", 65_536)] {
            #expect(try configuration(model, #""max_tokens":128000"#)["maxOutputTokens"] == .integer(Int64(tokens)))
        }
        #expect(try configuration("gemini-4-argon", #""max_tokens":1"#)["maxOutputTokens"] == 1)
    }

    @Test("T-14 Sampling goes only where it is taken")
    func sampling() throws {
        let rest = #""temperature":0.30,"top_p":0.9,"top_k":40"#
        let old = try configuration("gemini-3.1-pro-preview", rest)
        #expect(old["temperature"] == 0.3 && old["topP"] == 0.9 && old["topK"] == 40)
        for model in ["gemini-3.6-flash", "gemini-3.8-flash", "gemini-4-argon", "gemini-3.5-flash-lite"] {
            let request = try GeminiFixture(model).request(messages: GeminiFixture.hello, "," + rest)
            #expect(request.configuration.object?.members.map(\.key) == ["thinkingConfig"])
            #expect(request.receipt.contains(.temperature, .dropped) && request.receipt.contains(.topK, .dropped))
        }
    }

    @Test(
        "T-15 Effort as a level or a budget, never both",
        arguments: [
            ("gemini-4-argon", "low", #"{"includeThoughts":true,"thinkingLevel":"LOW"}"#),
            ("gemini-4-argon", "max", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("gemini-3.8-flash", "xhigh", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("gemini-3-pro-preview", "medium", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("models/gemini-3.6-flash", "medium", #"{"includeThoughts":true,"thinkingLevel":"MEDIUM"}"#),
            ("gemini-2.5-pro", "low", #"{"includeThoughts":true,"thinkingBudget":2048}"#),
            ("gemini-2.5-pro", "max", #"{"includeThoughts":true,"thinkingBudget":32768}"#),
            ("gemini-2.5-flash", "high", #"{"includeThoughts":true,"thinkingBudget":24576}"#),
            ("gemini-2.5-flash-lite", "medium", #"{"includeThoughts":true,"thinkingBudget":8192}"#),
            ("gemini-2.0-flash", "high", "null"),
        ])
    func effort(model: String, effort: String, expected: String) throws {
        let request = try GeminiFixture(model).request(
            messages: GeminiFixture.hello, #","thinking":{"type":"adaptive"},"output_config":{"effort":"\#(effort)"}"#)
        #expect(request.configuration["thinkingConfig"] ?? .null == (try JSONValue(parsing: expected)))
        let fate = expected == "null" ? Fidelity.dropped : .translated
        #expect(request.receipt.contains(.effort, fate) && request.receipt.contains(.thinking, fate))
    }

    @Test(
        "T-15 Thinking without an effort: switched off, with a budget, as the model likes, or not shown",
        arguments: [
            ("gemini-4-argon", #"{"type":"disabled"}"#, #"{"thinkingLevel":"LOW"}"#),
            ("gemini-3.6-flash", #"{"type":"disabled"}"#, #"{"thinkingLevel":"MINIMAL"}"#),
            ("gemini-2.5-flash", #"{"type":"disabled"}"#, #"{"thinkingBudget":0}"#),
            ("gemini-2.5-pro", #"{"type":"disabled"}"#, #"{"thinkingBudget":128}"#),
            ("gemini-2.5-pro", #"{"type":"enabled","budget_tokens":4000}"#, #"{"includeThoughts":true,"thinkingBudget":4000}"#),
            ("gemini-2.5-flash", #"{"type":"enabled","budget_tokens":63999}"#, #"{"includeThoughts":true,"thinkingBudget":24576}"#),
            ("gemini-3.8-flash", #"{"type":"enabled","budget_tokens":2048}"#, #"{"includeThoughts":true,"thinkingLevel":"MEDIUM"}"#),
            ("gemini-2.5-pro", #"{"type":"adaptive"}"#, #"{"includeThoughts":true,"thinkingBudget":-1}"#),
            ("gemini-3.8-flash", #"{"type":"adaptive"}"#, #"{"includeThoughts":true}"#),
            ("gemini-3.8-flash", #"{"type":"adaptive","display":"omitted"}"#, "null"),
            ("gemini-2.5-flash-lite", "null", "null"), ("gemini-2.5-flash", "null", #"{"includeThoughts":true}"#),
        ])
    func thinking(model: String, thinking: String, expected: String) throws {
        let request = try GeminiFixture(model).request(messages: GeminiFixture.hello, #","thinking":\#(thinking)"#)
        #expect(request.configuration["thinkingConfig"] ?? .null == (try JSONValue(parsing: expected)))
        let isHidden = thinking.contains("disabled") || thinking.contains("omitted")
        #expect(request.context.omitsThinking == isHidden)
    }

    @Test("T-16 Output formats: a schema, and beside tools of older models an instruction")
    func format() throws {
        let rest =
            #","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}}"#
        let tools = #","tools":[{"name":"t","input_schema":{"type":"object"}}]"#
        let schema: JSONValue = [
            "type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": false,
        ]
        for request in [
            try gemini.request(messages: GeminiFixture.hello, rest + tools),
            try old.request(messages: GeminiFixture.hello, rest),
        ] {
            #expect(request.configuration["responseMimeType"] == "application/json")
            #expect(request.configuration["responseJsonSchema"] == schema)
            #expect(request.receipt.contains(.outputFormat, .translated))
        }
        let request = try old.request(messages: GeminiFixture.hello, rest + tools + #","system":"s""#)
        #expect(request.configuration["responseJsonSchema"] == nil && request.configuration["responseMimeType"] == nil)
        let system = request.json["systemInstruction"]?["parts"]?.array?.first?["text"]?.string ?? ""
        #expect(system == "s\n\nAnswer with nothing but JSON of this schema: \(schema.text)")
        #expect(request.receipt.contains(.outputFormat, .approximated))
    }

    @Test("T-17 Names of 128 characters stay; a first digit and other characters are replaced and come back")
    func names() throws {
        let long = String(repeating: "n", count: 128)
        let tools = [long, "1st", "-x"].map { #"{"name":"\#($0)","input_schema":{"type":"object"}}"# }
        let request = try gemini.request(
            messages: GeminiFixture.hello,
            #","tools":[\#(tools.joined(separator: ","))],"tool_choice":{"type":"tool","name":"1st"}"#)
        let names = request.functions.compactMap { $0["name"]?.string }
        #expect(names[0] == long && names[1].hasPrefix("_1st_") && names[2].hasPrefix("_-x_"))
        let allowed = request.json["toolConfig"]?["functionCallingConfig"]?["allowedFunctionNames"]
        #expect(allowed == [.string(names[1])] && request.receipt.contains(.toolName, .translated))
        var fixture = gemini.base
        fixture.adjust = { $0.toolNames = request.context.toolNames }
        let stream = GeminiFixture.chunk(#"{"functionCall":{"name":"\#(names[1])"}}"#, GeminiFixture.stop)
        let answer = fixture.answer(stream) { GenerateContentAnswer(model: "gemini-3.8-flash") }
        #expect(answer.content.first?["name"] == "1st" && answer.content.first?["input"] == [:])
    }

    @Test("T-18 Ids that are not fit are left out on both sides")
    func ids() throws {
        let request = try gemini.request(
            messages: GeminiFixture.hello
                + #",{"role":"assistant","content":[{"type":"tool_use","id":"functions.A:0","name":"A","input":{}}]},"#
                + Self.user(Self.result("functions.A:0", #","content":"x""#)))
        #expect(request.parts(1).first?["functionCall"] == ["name": "A", "args": [:]])
        #expect(responses(request, 2) == [["name": "A", "response": ["output": "x"]]])
    }

    @Test("T-28 Deferred tools are sent when they were referred to")
    func deferred() throws {
        let tools =
            #","tools":[{"name":"A","defer_loading":true,"input_schema":{"type":"object"}},{"name":"Z","defer_loading":true,"input_schema":{"type":"object"}},{"name":"C","input_schema":{"type":"object"}}]"#
        let request = try gemini.request(messages: Self.calls + "," + Self.user(Self.result("toolu_a", "")), tools)
        #expect(request.functions.compactMap { $0["name"]?.string } == ["A", "C"])
    }

    @Test("T-32 Prefill is refused")
    func prefill() {
        #expect(throws: Refusal.self) {
            try gemini.request(messages: GeminiFixture.hello + #",{"role":"assistant","content":"{"}"#)
        }
    }

    @Test("T-41 History with calls, request without tools")
    func historyAlone() throws {
        let request = try gemini.request(
            messages: Self.calls + "," + Self.user(Self.result("toolu_a", "")), #","tool_choice":{"type":"auto"}"#)
        #expect(request.json["tools"] == nil && request.json["toolConfig"] == nil && request.contents.count == 3)
    }
}

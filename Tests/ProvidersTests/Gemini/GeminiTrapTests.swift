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

    // MARK: Tools and turns

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

import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

/// The cases that every gateway gets wrong, each from the request to the last event.
@Suite("Twenty fixtures")
struct FixtureTests {
    typealias OpenAI = OpenAIFixture
    static let forms = [MessageWriter.Form.stream, .whole]
    static let ids = (0..<3).map { "call_aaaaaaaaaa0\($0)" }

    static func tool(_ index: Int, _ input: JSONValue) -> JSONValue {
        ["type": "tool_use", "id": .string(ids[index]), "name": "A", "input": input]
    }

    /// Of both dialects, in every cut.
    func expect(
        _ streams: [(OpenAIFixture, String)], _ content: [JSONValue], _ stopReason: JSONValue,
        _ location: SourceLocation = #_sourceLocation
    ) {
        for (fixture, stream) in streams {
            for form in Self.forms {
                let answer = fixture.answer(stream, form)
                #expect(answer.content == content, "\(answer.message.text)", sourceLocation: location)
                #expect(answer.message["stop_reason"] == stopReason, sourceLocation: location)
                if form == .stream {
                    #expect(MessagesGrammar.fault(in: answer.output) == nil, sourceLocation: location)
                }
                fixture.expectSameByEveryCut(stream, form)
            }
        }
    }

    @Test("Fixture 1: three parallel tools, interleaved")
    func threeTools() {
        let pieces = [#"{\"n\":"#, "1", "}"]
        var chat = "", responses = ""
        for index in 0..<3 {
            chat += OpenAI.chunk(OpenAI.part(index, "", id: Self.ids[index], name: "A"))
            responses += OpenAI.added(index, OpenAI.function(Self.ids[index], "A"))
        }
        for (round, piece) in pieces.enumerated() {
            for index in [2, 0, 1] {
                let text = round == 1 ? "\(index)" : piece
                chat += OpenAI.chunk(OpenAI.part(index, text))
                responses += OpenAI.arguments(index, text)
            }
        }
        for index in [1, 2, 0] {
            responses += OpenAI.done(index, OpenAI.function(Self.ids[index], "A", #"{\"n\":\#(index)}"#))
        }
        expect(
            [(.chat, chat + OpenAI.end("tool_calls")), (.responses, responses + OpenAI.completed())],
            [Self.tool(0, ["n": 0]), Self.tool(1, ["n": 1]), Self.tool(2, ["n": 2])], "tool_use")
    }

    @Test("Fixture 2: text, tool, text, tool")
    func textsAndTools() {
        let chat =
            OpenAI.chunk(#""content":"one""#) + OpenAI.chunk(OpenAI.part(0, "{}", id: Self.ids[0], name: "A"))
            + OpenAI.chunk(#""content":"two""#) + OpenAI.chunk(OpenAI.part(1, "{}", id: Self.ids[1], name: "A"))
            + OpenAI.end("tool_calls")
        let responses =
            OpenAI.text(0, "one") + OpenAI.done(1, OpenAI.function(Self.ids[0], "A", "{}")) + OpenAI.text(2, "two")
            + OpenAI.added(3, OpenAI.function(Self.ids[1], "A")) + OpenAI.arguments(3, "{}") + OpenAI.completed()
        let content: [JSONValue] = [
            ["type": "text", "text": "one"], Self.tool(0, [:]), ["type": "text", "text": "two"], Self.tool(1, [:]),
        ]
        expect([(.chat, chat), (.responses, responses)], content, "tool_use")
        let again = #"{"role":"assistant","content":\#(JSONValue.array(content).text)},"#
        let results = OpenAI.user(OpenAI.result(Self.ids[0]), OpenAI.result(Self.ids[1]))
        let types = try? OpenAI.responses.request(messages: OpenAI.hello + "," + again + results).input
            .compactMap { $0["type"]?.string }
        #expect(
            types == [
                "message", "message", "function_call", "message", "function_call", "function_call_output",
                "function_call_output",
            ])
    }

    private static let image =
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAE="}}"#
    private static let pdf =
        #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}}"#

    @Test("Fixture 3: results with an image, a PDF, nothing, a failure; one missing, one orphaned")
    func results() throws {
        let ids = ["image", "pdf", "empty", "failed", "missing"].map { "toolu_\($0)" }
        let messages =
            OpenAI.hello + #",{"role":"assistant","content":[\#(ids.map { OpenAI.call($0) }.joined(separator: ","))]},"#
            + OpenAI.user(
                OpenAI.result(ids[3], #","is_error":true,"content":"boom""#),
                OpenAI.result(ids[0], #","content":[\#(Self.image)]"#),
                OpenAI.result(ids[1], #","content":[\#(Self.pdf)]"#), OpenAI.result(ids[2]),
                OpenAI.result("toolu_orphan", #","content":"lost""#))
        let chat = try OpenAI.chat.request(messages: messages).messages
        let attachment: JSONValue = "(attachment: see the next message)"
        #expect(
            chat[2...6].map { [$0["role"], $0["tool_call_id"], $0["content"]] } == [
                ["tool", "toolu_failed", "Error: boom"], ["tool", "toolu_image", attachment],
                ["tool", "toolu_pdf", attachment], ["tool", "toolu_empty", ""],
                ["tool", "toolu_missing", "[no result]"],
            ])
        #expect(
            chat[7]["content"]?.array?.map { $0["type"]?.string } == [
                "text", "image_url", "text", "file", "text", "text",
            ])
        #expect(chat.count == 8)
        let input = try OpenAI.responses.request(messages: messages).input
        #expect(
            input[6...10].map { [$0["call_id"], $0["output"]?.array?.first?["type"] ?? $0["output"]] } == [
                ["toolu_failed", "Error: boom"], ["toolu_image", "input_image"], ["toolu_pdf", "input_file"],
                ["toolu_empty", ""], ["toolu_missing", "[no result]"],
            ])
        #expect(input.count == 12 && input[11]["content"]?.array?.count == 2)
    }

    @Test("Fixture 4: a message of the system between a call and its result")
    func systemBetween() throws {
        let messages =
            OpenAI.hello + "," + OpenAI.assistant(OpenAI.call("toolu_a")) + #",{"role":"system","content":"mind"},"#
            + OpenAI.user(OpenAI.result("toolu_a", #","content":"r""#))
        let roles = try OpenAI.chat.request(messages: messages).messages.map { $0["role"]?.string }
        #expect(roles == ["user", "assistant", "tool", "system"])
        let types = try OpenAI.responses.request(messages: messages).input.map { $0["type"]?.string }
        #expect(types == ["message", "function_call", "function_call_output", "message"])
        let local = try OpenAI.local.request(messages: messages).messages
        #expect(local.map { $0["role"]?.string } == ["user", "assistant", "tool", "user"])
        #expect(local[3]["content"] == "<system-message>\nmind\n</system-message>")
    }

    @Test("Fixture 5: thinking that is omitted")
    func omitted() throws {
        let request = try OpenAI.responses.request(
            messages: OpenAI.hello, #","thinking":{"type":"adaptive","display":"omitted"}"#)
        #expect(request.json["reasoning"] == [:] && request.context.omitsThinking)
        #expect(request.json["include"] == ["reasoning.encrypted_content"])
        let fixture = OpenAIFixture(.responses, "gpt-5.5") { $0.omitsThinking = true }
        let stream =
            OpenAI.thought(0, "hm") + OpenAI.done(0, #""type":"reasoning","id":"rs_1","encrypted_content":"QUJD""#)
            + OpenAI.text(1, "so") + OpenAI.completed()
        let state: JSONValue = .string(fixture.base.signature("rs_1/QUJD"))
        expect(
            [(fixture, stream)],
            [["type": "redacted_thinking", "data": state], ["type": "text", "text": "so"]], "end_turn")
        let local = OpenAIFixture(.chatCompletions, "local", .openAICompatible) { $0.omitsThinking = true }
        expect(
            [(local, OpenAI.chunk(#""content":"<think>hm</think>so""#) + OpenAI.end("stop"))],
            [["type": "text", "text": "so"]], "end_turn")
    }

    @Test("Fixture 6: thinking of one model, a turn of another, and back")
    func thereAndBack() throws {
        let first = OpenAI.responses, second = GeminiFixture()
        let thought = first.answer(
            OpenAI.thought(0, "hm") + OpenAI.done(0, #""type":"reasoning","id":"rs_1","encrypted_content":"QUJD""#)
                + OpenAI.text(1, "so") + OpenAI.completed()
        ).content
        var messages =
            OpenAI.hello + #",{"role":"assistant","content":\#(JSONValue.array(thought).text)},"# + OpenAI.hello
        let there = try second.request(messages: messages)
        #expect(there.parts(1) == [["text": "so"]] && there.receipt.contains(.foreignReasoning, .dropped))
        let other = second.answer(
            GeminiFixture.chunk(#"{"text":"well","thoughtSignature":"REVG"}"#, GeminiFixture.stop)
        ).content
        messages += #",{"role":"assistant","content":\#(JSONValue.array(other).text)},"# + OpenAI.hello
        let back = try first.request(messages: messages).input
        #expect(
            back.map { $0["type"]?.string } == ["message", "reasoning", "message", "message", "message", "message"])
        #expect(back[1]["encrypted_content"] == "QUJD" && back[4]["content"] == "well")
        #expect(try second.request(messages: messages).parts(3) == [["text": "well", "thoughtSignature": "REVG"]])
    }

    @Test("Fixture 7: a stream cut behind the start of a tool")
    func cutInTool() {
        let streams = [
            (OpenAI.chat, OpenAI.chunk(OpenAI.part(0, #"{\"a\""#, id: Self.ids[0], name: "A"))),
            (.responses, OpenAI.added(0, OpenAI.function(Self.ids[0], "A")) + OpenAI.arguments(0, #"{\"a\""#)),
        ]
        for (fixture, stream) in streams {
            let answer = fixture.answer(stream)
            #expect(answer.events.last?["error"]?["type"] == "overloaded_error")
            #expect(MessagesGrammar.fault(in: answer.output) == nil && answer.output.contains("tool_use"))
            #expect(fixture.answer(stream, .whole).output.isEmpty)
            fixture.expectSameByEveryCut(stream)
        }
    }

    @Test("Fixture 8: no chunk with the usage")
    func usageMissing() {
        let fixture = OpenAIFixture(.chatCompletions, "local", .openAICompatible) { $0.estimatedInput = 77 }
        let text = String(repeating: "word ", count: 40)
        for end in [OpenAI.end("stop"), OpenAI.chunk("", finish: "stop")] {
            let answer = fixture.answer(OpenAI.chunk(#""content":"\#(text)""#) + end)
            #expect(answer.message["usage"]?["input_tokens"] == 77 && answer.message["stop_reason"] == "end_turn")
            #expect((20...200).contains(answer.message["usage"]?["output_tokens"]?.int64 ?? 0))
        }
    }

    @Test("Fixture 9: arguments cut inside of an escape")
    func cutEscapes() {
        let pieces = [#"{\"a\":\"\\u00"#, #"e9 \\ud8"#, #"3d\\ude"#, #"00 \ud83d"#, #"\ude00\"}"#]
        let chat =
            OpenAI.chunk(OpenAI.part(0, "", id: Self.ids[0], name: "A"))
            + pieces.map { OpenAI.chunk(OpenAI.part(0, $0)) }.joined() + OpenAI.end("tool_calls")
        let responses =
            OpenAI.added(0, OpenAI.function(Self.ids[0], "A")) + pieces.map { OpenAI.arguments(0, $0) }.joined()
            + OpenAI.completed()
        expect([(.chat, chat), (.responses, responses)], [Self.tool(0, ["a": "é 😀 😀"])], "tool_use")
    }

    @Test("Fixture 10: two names of 128 characters that begin with the same 64")
    func longNames() throws {
        let names = ["a", "b"].map { String(repeating: "n", count: 127) + $0 }
        let tools = #","tools":[\#(names.map { OpenAI.tool($0) }.joined(separator: ","))]"#
        for dialect in [Dialect.chatCompletions, .responses] {
            let request = try OpenAIFixture(dialect, "gpt-4.1").request(messages: OpenAI.hello, tools)
            let sent = request.toolNames
            #expect(sent[0] != sent[1] && sent.allSatisfy { $0.utf8.count == 64 })
            for (name, short) in zip(names, sent) {
                let original = Array(short.utf8).withUnsafeBytes {
                    request.context.toolNames.original(of: JSONString($0, hasEscapes: false))
                }
                #expect(original == Array(name.utf8))
            }
        }
    }
}

import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("Ways of servers that speak as OpenAI does")
struct OpenAIServerTests {
    private typealias Fixture = OpenAIFixture
    private static let forms = [MessageWriter.Form.stream, .whole]
    private static let ids = ["call_aaaaaaaaaaaa", "call_bbbbbbbbbbbb"]

    private static func tool(_ id: String, _ name: String, _ input: JSONValue) -> JSONValue {
        ["type": "tool_use", "id": .string(id), "name": .string(name), "input": input]
    }

    @Test("What is said in the midst of a call is told behind it", arguments: forms)
    func textInCall(form: MessageWriter.Form) {
        let stream =
            Fixture.chunk(Fixture.part(0, #"{\"x\""#, id: Self.ids[0], name: "A")) + Fixture.chunk(#""content":"b""#)
            + Fixture.chunk(#""content":" c","# + Fixture.part(0, ":1}")) + Fixture.chunk(#""reasoning":"d""#)
            + Fixture.chunk(Fixture.part(1, "{", id: Self.ids[1], name: "B")) + Fixture.chunk(#""content":"e""#)
            + Fixture.chunk(Fixture.part(1, "}")) + Fixture.end("tool_calls")
        let answer = Fixture.local.answer(stream, form)
        let types = answer.content.compactMap { $0["type"]?.string }
        #expect(types == ["tool_use", "text", "thinking", "tool_use", "text"])
        #expect(answer.content.first == Self.tool(Self.ids[0], "A", ["x": 1]))
        #expect(answer.content.contains(Self.tool(Self.ids[1], "B", [:])))
        #expect(answer.content.compactMap { $0["text"]?.string } == ["b c", "e"])
        #expect(answer.message["stop_reason"] == "tool_use")
        if form == .stream { #expect(MessagesGrammar.fault(in: answer.output) == nil) }
        Fixture.local.expectSameByEveryCut(stream, form)
    }

    @Test("An empty name is none: the call goes on", arguments: forms)
    func emptyName(form: MessageWriter.Form) {
        func piece(_ head: String, _ arguments: String) -> String {
            Fixture.chunk(#""tool_calls":[{\#(head)"function":{"name":"","arguments":"\#(arguments)"}}]"#)
        }
        let begin = #""tool_calls":[{"id":"\#(Self.ids[0])","function":{"name":"A","arguments":"{\"x\""}}]"#
        let late = Fixture.chunk(Fixture.part(1, "{}", id: Self.ids[1], name: "B")) + piece(#""index":0,"id":"","#, "")
        let calls = [Self.tool(Self.ids[0], "A", ["x": 1]), Self.tool(Self.ids[1], "B", [:])]
        for head in ["", #""id":"","#, #""index":0,"id":"call_cccccccccccc","#] {
            let stream = Fixture.chunk(begin) + piece(head, ":1}")
            #expect(Fixture.local.answer(stream + Fixture.end("tool_calls"), form).content == [calls[0]])
            #expect(Fixture.local.answer(stream + late + Fixture.end("tool_calls"), form).content == calls)
        }
    }

    @Test("Calls that all have the same place in a response keep their arguments", arguments: forms)
    func samePlace(form: MessageWriter.Form) {
        let added = Self.ids.map { Fixture.added(0, Fixture.function($0, "A")) }
        let done = Self.ids.enumerated().map { Fixture.done(0, Fixture.function($1, "A", #"{\"x\":\#($0)}"#)) }
        let calls = Self.ids.enumerated().map { Self.tool($1, "A", ["x": .init(integerLiteral: Int64($0))]) }
        let pieces = Fixture.arguments(0, #"{\"x\":"#) + Fixture.arguments(0, "0}")
        for stream in [
            added[0] + done[0] + added[1] + done[1], done[0] + done[1],
            added[0] + pieces + done[0] + added[1] + done[1],
            added[0] + pieces + done[0] + done[1], added[0] + done[0] + done[0] + done[1],
        ] {
            let answer = Fixture.responses.answer(stream + Fixture.completed(), form)
            #expect(answer.content == calls)
            if form == .stream { #expect(MessagesGrammar.fault(in: answer.output) == nil) }
        }
    }

    @Test(
        "Usage that counts nothing is none",
        arguments: ["", #""prompt_tokens":0,"completion_tokens":0"#, #""prompt_tokens":null"#])
    func emptyUsage(usage: String) {
        let fixture = OpenAIFixture(.chatCompletions, "local", .openAICompatible) { $0.estimatedInput = 500 }
        let text = Fixture.chunk(#""content":"some words""#)
        let none = fixture.answer(text + Fixture.end("stop", usage: usage))
        #expect(none.usage.isZero && none.message["usage"]?["input_tokens"] == 500)
        #expect(none.message["usage"]?["output_tokens"]?.int64 ?? 0 > 0)
        let told = dataLines(#"{"choices":[],"usage":{"prompt_tokens":70,"completion_tokens":5}}"#)
        let some = fixture.answer(text + told + Fixture.end("stop", usage: usage))
        #expect(some.usage.input == 70 && some.message["usage"]?["output_tokens"] == 5)
    }

    @Test("Usage without the prompt tells the client what the prompt must have had")
    func usageWithoutPrompt() {
        let fixture = OpenAIFixture(.chatCompletions, "local", .openAICompatible) { $0.estimatedInput = 500 }
        let answer = fixture.answer(
            Fixture.chunk(#""content":"a""#) + Fixture.end("stop", usage: #""completion_tokens":5"#))
        #expect(answer.message["usage"]?["input_tokens"] == 500 && answer.message["usage"]?["output_tokens"] == 5)
        #expect(answer.usage.input == 0 && answer.usage.output == 5)
    }

    @Test("Usage may stand in the choice")
    func usageInChoice() {
        let end =
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":70,"completion_tokens":5}}]}"#
        let answer = Fixture.local.answer(Fixture.chunk(#""content":"a""#) + dataLines(end, "[DONE]"))
        #expect(answer.usage.input == 70 && answer.usage.output == 5)
    }
}

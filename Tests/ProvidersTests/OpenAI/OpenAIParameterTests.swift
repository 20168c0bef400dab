import Configuration
import Testing
import Wire

@testable import Providers

@Suite("Traps of parameters and tools on the way to OpenAI")
struct OpenAIParameterTests {
    private typealias Fixture = OpenAIFixture

    private func request(_ fixture: OpenAIFixture, _ rest: String) throws -> OpenAIFixture.Request {
        try fixture.request(messages: Fixture.hello, rest)
    }

    @Test("T-11 Stop sequences: sent where they are taken, else watched for")
    func stopSequences() throws {
        let two = #","stop_sequences":["END","\n\n"]"#
        #expect(try request(.chat, two).json["stop"] == ["END", "\n\n"])
        #expect(try request(.local, two).json["stop"] == ["END", "\n\n"])
        let watching = [
            try request(.responses, two), try request(OpenAIFixture(.chatCompletions, "gpt-5.5"), two),
            try request(.grok, two),
        ]
        for request in watching {
            #expect(request.json["stop"] == nil)
            #expect(request.context.stopSequences == [Array("END".utf8), Array("\n\n".utf8)])
        }
        let five = try request(.chat, #","stop_sequences":["a","b","c","d","e"]"#)
        #expect(five.json["stop"] == nil && five.context.stopSequences.count == 5)
    }

    @Test("T-13 max_tokens is clamped to what the model can write, and to what the API asks for at the least")
    func limits() throws {
        func limit(_ fixture: OpenAIFixture, _ tokens: Int) throws -> JSONValue? {
            let json = try request(fixture, #","max_tokens":\#(tokens)"#).json
            return json["max_completion_tokens"] ?? json["max_output_tokens"] ?? json["max_tokens"]
        }
        #expect(try limit(.chat, 128_000) == 32_768 && limit(.chat, 1_000) == 1_000 && limit(.chat, 1) == 1)
        #expect(try limit(.responses, 200_000) == 128_000 && limit(.responses, 1) == 16)
        #expect(try limit(.local, 4_096) == 4_096 && limit(.local, 128_000) == nil)
        #expect(try limit(.grok, 128_000) == 128_000)
        #expect(try request(.local, #","max_tokens":7"#).json["max_tokens"] == 7)
        #expect(try request(.chat, #","max_tokens":128000"#).receipt.contains(.maxTokensClamped, .approximated))
    }

    @Test("T-14 Sampling is not for models that reason; elsewhere numbers stay as they are written")
    func sampling() throws {
        let rest = #","temperature":0.70,"top_p":1e-1,"top_k":40"#
        for fixture in [Fixture.responses, OpenAIFixture(.responses, "gpt-6.2-sol"), .grok] {
            let request = try request(fixture, rest)
            #expect(request.json["temperature"] == nil && request.json["top_p"] == nil)
            #expect(request.receipt.contains(.temperature, .dropped) && request.receipt.contains(.topP, .dropped))
        }
        for fixture in [Fixture.chat, OpenAIFixture(.responses, "gpt-4.1"), .local] {
            let request = try request(fixture, rest)
            #expect(request.json["temperature"] == 0.7 && request.json["top_p"] == 0.1)
            #expect(request.json["top_k"] == nil && request.receipt.contains(.topK, .dropped))
        }
    }

    @Test("T-16 Schemas go as they are, in their order, with strict off; the root is made an object")
    func schemas() throws {
        let schema =
            #"{"$schema":"s","type":"object","properties":{"b":{"type":["string","null"]},"a":{"const":1,"exclusiveMinimum":0}},"required":["b","b"]}"#
        let tools =
            #","tools":[{"name":"t","description":"d","strict":true,"input_schema":\#(schema)},{"name":"u","input_schema":{"properties":{}}},{"name":"v"}]"#
        let expected: [JSONValue] = [
            try JSONValue(parsing: schema), ["type": "object", "properties": [:]],
            ["type": "object", "properties": [:]],
        ]
        let chat = try request(.chat, tools)
        #expect(chat.tools.map { $0["function"]?["parameters"] } == expected)
        let responses = try request(.responses, tools)
        #expect(responses.tools.map { $0["parameters"] } == expected)
        #expect(responses.tools.map { $0["strict"] } == [false, false, false])
    }

    @Test("T-16 An output's schema is strict only if it is closed")
    func outputSchemas() throws {
        let closed =
            #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
        let open = [
            closed.replacing(#","required":["a"]"#, with: ""), #"{"type":"object"}"#,
            #"{"type":"array","items":{"type":"string"}}"#,
            closed.replacing(#"{"type":"string"}"#, with: #"{"type":["object","null"]}"#),
        ]
        for (schema, isStrict) in [(closed, true)] + open.map({ ($0, false) }) {
            let rest = #","output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#
            let format = try request(.chat, rest).json["response_format"]
            #expect(
                format == [
                    "type": "json_schema",
                    "json_schema": [
                        "name": "output", "schema": try JSONValue(parsing: schema), "strict": .bool(isStrict),
                    ],
                ])
            #expect(try request(.responses, rest).json["text"]?["format"]?["strict"] == .bool(isStrict))
        }
    }

    private static let names = ["a", "b"].map { String(repeating: "n", count: 127) + $0 }

    @Test("T-17 Names beyond the limit are shortened everywhere alike, differ, and come back")
    func names() throws {
        let messages =
            Fixture.hello + "," + Fixture.assistant(Fixture.call("toolu_a", Self.names[1])) + ","
            + Fixture.user(Fixture.result("toolu_a"))
        let rest =
            #","tools":[\#(Self.names.map { Fixture.tool($0) }.joined(separator: ",")),\#(Fixture.tool("mcp__s.x__y"))],"tool_choice":{"type":"tool","name":"\#(Self.names[0])"}"#
        for fixture in [Fixture.chat, .responses] {
            let request = try fixture.request(messages: messages, rest)
            let names = request.toolNames
            #expect(Set(names).count == 3 && names.allSatisfy { $0.utf8.count <= 64 && !$0.contains(".") })
            let choice = request.json["tool_choice"]
            #expect((choice?["function"]?["name"] ?? choice?["name"])?.string == names[0])
            let called =
                request.messages.dropFirst().first?["tool_calls"]?.array?[0]["function"]
                ?? request.input.dropFirst().first
            #expect(called?["name"]?.string == names[1])
            // Always the same, so that prefix caches hold.
            #expect(try fixture.request(messages: messages, rest).toolNames == names)
            var asked = fixture.base
            asked.adjust = { $0.toolNames = request.context.toolNames }
            let stream =
                fixture.base.target.dialect == .responses
                ? Fixture.added(0, Fixture.function("call_0123456789ab", names[1])) + Fixture.completed()
                : Fixture.chunk(Fixture.part(0, "{}", id: "call_0123456789ab", name: names[1]))
                    + Fixture.end("tool_calls")
            let answer = asked.answer(stream) { Translation.reader(fixture.base.target, request.context) }
            #expect(answer.content.first?["name"]?.string == Self.names[1])
        }
    }

    @Test("T-18 Ids that a provider would refuse are replaced, in call and result alike")
    func ids() throws {
        let long = "toolu_" + String(repeating: "x", count: 70)
        for id in ["functions.A:0", long] {
            let messages =
                Fixture.hello + "," + Fixture.assistant(Fixture.call(id)) + "," + Fixture.user(Fixture.result(id))
            let chat = try Fixture.chat.request(messages: messages).messages
            let sent = try #require(chat[1]["tool_calls"]?.array?[0]["id"]?.string)
            #expect(chat[2]["tool_call_id"]?.string == sent && sent.utf8.count <= 64 && sent.allSatisfy { $0 != ":" })
            let input = try Fixture.responses.request(messages: messages).input
            #expect(input[1...2].map { $0["call_id"]?.string } == [sent, sent])
        }
    }

    @Test("T-18 Ids that would come twice, that Anthropic refuses, or that are missing are made here")
    func madeIDs() {
        let stream =
            Fixture.chunk(Fixture.part(0, "{}", id: "call_0", name: "A"))
            + Fixture.chunk(Fixture.part(1, "{}", id: "functions.Bash:1", name: "A"))
            + Fixture.chunk(Fixture.part(2, "{}", name: "A"))
            + Fixture.chunk(Fixture.part(3, "{}", id: "call_0123456789ab", name: "A")) + Fixture.end("tool_calls")
        #expect(
            Fixture.chat.answer(stream).content.compactMap { $0["id"]?.string } == [
                "toolu_test_1", "toolu_test_2", "toolu_test_3", "call_0123456789ab",
            ])
    }

    @Test("T-19 What is counted is the input without its parameters; who cannot count says so")
    func counting() throws {
        let body =
            #"{"model":"m","max_tokens":5,"system":"s","messages":[\#(Fixture.hello)],"tools":[\#(Fixture.tool("A"))]}"#
        let json = try Fixture.responses.request(body, counts: true).json
        #expect(json.object?.members.map(\.key) == ["model", "instructions", "input", "tools"])
        #expect(Translation.counts(.responses, .openAI) && Translation.counts(.responses, .azure))
        #expect(!Translation.counts(.responses, .xAI) && !Translation.counts(.chatCompletions, .openAI))
        #expect(!Translation.counts(.chatCompletions, .openAICompatible))
    }

    @Test("T-22 Anthropic's search: OpenAI's own in Responses, refused in Chat Completions when it is alone")
    func webSearch() throws {
        let search = #"{"type":"web_search_20250305","name":"web_search"}"#
        let only = #","tools":[\#(search)],"tool_choice":{"type":"tool","name":"web_search"}"#
        let responses = try request(.responses, only)
        #expect(responses.toolNames == ["web_search"] && responses.json["tool_choice"] == "required")
        #expect(
            responses.json["include"] == ["reasoning.encrypted_content", "web_search_call.action.sources"])
        #expect(throws: Refusal.self) { try request(.chat, only) }
        let beside = try request(.chat, #","tools":[\#(search),\#(Fixture.tool("A"))]"#)
        #expect(beside.toolNames == ["A"] && beside.receipt.contains(.webSearch, .dropped))
        // A tool of the client's that has the name is the client's.
        let own = try request(.responses, #","tools":[\#(Fixture.tool("web_search"))]"#)
        #expect(own.tools.first?["type"] == "function")
        for kind in ["code_execution_20250825", "bash_20250124", "web_fetch_20250910"] {
            #expect(throws: Refusal.self) {
                try request(.responses, #","tools":[{"type":"\#(kind)","name":"x"}]"#)
            }
        }
    }

    @Test("T-28 Of deferred tools those go that the history refers to")
    func deferred() throws {
        let tools = ["A", "B", "C"].map { Fixture.tool($0, #","defer_loading":true"#) } + [Fixture.tool("D")]
        let search = #"{"type":"tool_search_tool_regex_20251119","name":"tool_search_tool_regex"}"#
        let rest = #","tools":[\#(search),\#(tools.joined(separator: ","))]"#
        let messages =
            Fixture.hello + "," + Fixture.assistant(Fixture.call("toolu_a", "A"), Fixture.call("toolu_s", "D")) + ","
            + Fixture.user(
                Fixture.result("toolu_a"),
                Fixture.result("toolu_s", #","content":[{"type":"tool_reference","tool_name":"C"}]"#))
        for fixture in [Fixture.chat, .responses] {
            let request = try fixture.request(messages: messages, rest)
            #expect(request.toolNames == ["A", "C", "D"] && !request.json.text.contains("defer_loading"))
            #expect(request.json.text.contains("The tool C can be called now."))
        }
    }

    @Test("T-30 One call at a time, where the API has a word for it")
    func parallel() throws {
        let rest = #","tools":[\#(Fixture.tool("A"))],"tool_choice":{"type":"any","disable_parallel_tool_use":true}"#
        for fixture in [Fixture.chat, .responses] {
            let request = try request(fixture, rest)
            #expect(request.json["parallel_tool_calls"] == false && request.json["tool_choice"] == "required")
        }
        let local = try request(.local, rest)
        #expect(local.json["parallel_tool_calls"] == nil && local.receipt.contains(.parallelToolUse, .dropped))
    }

    @Test("T-31 A forced choice stays forced, also with thinking")
    func forcedChoice() throws {
        let rest =
            #","tools":[\#(Fixture.tool("A"))],"tool_choice":{"type":"tool","name":"A"},"thinking":{"type":"adaptive"}"#
        #expect(
            try request(.chat, rest).json["tool_choice"] == ["type": "function", "function": ["name": "A"]])
        #expect(try request(.responses, rest).json["tool_choice"] == ["type": "function", "name": "A"])
    }

    @Test("T-36 The provider streams, whatever the client asks for", arguments: ["true", "false", "null"])
    func streams(value: String) throws {
        for fixture in [Fixture.chat, .responses, .local, .grok] {
            #expect(try request(fixture, #","stream":\#(value)"#).json["stream"] == true)
            #expect(try request(fixture, "").json["stream"] == true)
        }
    }

    @Test("T-33 Who the user is stays here; the session serves the cache")
    func user() throws {
        let rest = #","metadata":{"user_id":"{\"account_uuid\":\"0a1b\",\"session_id\":\"9f8e\"}"}"#
        for fixture in [Fixture.chat, .responses, .local, .grok] {
            let request = try request(fixture, rest)
            #expect(!request.json.text.contains("0a1b") && request.receipt.contains(.metadata, .dropped))
            #expect(request.json["user"] == nil && request.json["safety_identifier"] == nil)
        }
        #expect(try request(.chat, rest).json["prompt_cache_key"] == "session")
        #expect(try request(.responses, rest).json["prompt_cache_key"] == "session")
        #expect(try request(.local, rest).json["prompt_cache_key"] == nil)
    }
}

import Configuration
import MessagesGrammar
import Testing
import Wire

@testable import Providers

/// Those at the edges: of schemas, of other providers' streams, of prices and of what nobody can translate.
extension FixtureTests {
    @Test("Fixture 11: $schema, exclusiveMinimum, const and a list of types")
    func schema() throws {
        let schema =
            #"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"z":{"type":["string","null"]},"a":{"type":"integer","exclusiveMinimum":0},"m":{"const":"x"}},"required":["z"],"additionalProperties":false}"#
        let tools = #","tools":[{"name":"t","input_schema":\#(schema)}]"#
        let expected = try JSONValue(parsing: schema)
        let chat = try OpenAI.chat.request(messages: OpenAI.hello, tools).tools[0]
        #expect(chat["function"]?["parameters"] == expected && chat["function"]?["strict"] == nil)
        let responses = try OpenAI.responses.request(messages: OpenAI.hello, tools).tools[0]
        #expect(responses["parameters"] == expected && responses["strict"] == false)
        let gemini = try GeminiFixture().parameters(schema)
        #expect(gemini["$schema"] == nil && gemini["properties"]?["m"]?["enum"] == ["x"])
        #expect(gemini["properties"]?.object?.members.map(\.key) == ["z", "a", "m"])
    }

    @Test("Fixture 12: finish_reason stop behind tool calls")
    func stopWithCalls() {
        let stream = OpenAI.chunk(OpenAI.part(0, "{}", id: Self.ids[0], name: "A")) + OpenAI.end("stop")
        expect([(.chat, stream), (.local, stream), (.grok, stream)], [Self.tool(0, [:])], "tool_use")
    }

    @Test("Fixture 13: Gemini blocks a prompt and sends no candidates")
    func blockedPrompt() {
        let stream = dataLines(#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}}"#)
        for form in Self.forms {
            let answer = GeminiFixture().answer(stream, form)
            #expect(answer.content.isEmpty && answer.message["stop_reason"] == "refusal" && answer.usage.input == 9)
            GeminiFixture().expectSameByEveryCut(stream, form)
        }
    }

    @Test("Fixture 14: Azure's chunks without choices, in front and behind")
    func azure() {
        let stream =
            dataLines(
                #"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false}}}]}"#
            ) + OpenAI.chunk(#""role":"assistant","content":"""#) + OpenAI.chunk(#""content":"a""#)
            + dataLines(
                #"{"id":"","choices":[{"index":0,"delta":{},"finish_reason":null,"content_filter_offsets":{"check_offset":1},"content_filter_results":{}}]}"#
            ) + OpenAI.end("stop", usage: #""prompt_tokens":3,"completion_tokens":1"#)
        let azure = OpenAIFixture(.chatCompletions, "gpt-4.1", .azure)
        expect([(azure, stream)], [["type": "text", "text": "a"]], "end_turn")
        let answer = azure.answer(stream)
        #expect(answer.id == "chatcmpl-1" && answer.model == "gpt-4.1-2025" && answer.usage.input == 3)
    }

    @Test("Fixture 15: Bedrock's exception in the middle, frames cut anywhere")
    func exception() {
        let frames =
            BedrockFixture.frame("messageStart", #"{"role":"assistant"}"#)
            + BedrockFixture.frame("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"é"}}"#)
            + BedrockFixture.exception("throttlingException", #"{"message":"Slow down."}"#)
        let whole = BedrockFixture.answer(frames)
        #expect(whole.types.last == "error" && whole.errorType == "rate_limit_error")
        #expect(MessagesGrammar.fault(in: whole.output) == nil)
        for places in cuts(of: frames.count) { #expect(BedrockFixture.answer(frames, endingAt: places) == whole) }
    }

    @Test("Fixture 16: a prompt of 100,001 tokens for Haiku 5.5")
    func priceTier() throws {
        let moment =
            Int64(try #require(CivilDate(parsing: "2026-11-20")).daysSince1970) * CivilDate.nanosecondsPerDay
        let haiku = try #require(PriceTable.builtIn.price(of: "claude-haiku-5-5", on: .anthropic, at: moment))
        func cost(_ input: Int64, read: Int64 = 0) -> Int64? {
            var usage = TokenUsage()
            (usage.input, usage.cacheRead) = (input, read)
            return Cost.charge(for: usage, at: haiku)?.value
        }
        let below = try #require(cost(100_000)), above = try #require(cost(100_001)), one = try #require(cost(1))
        #expect(below == 100_000 * one && above > 100_001 * one && above % 100_001 == 0)
        #expect(try #require(cost(1, read: 100_000)) > #require(cost(1, read: 99_999)) * 2)
    }

    @Test("Fixture 17: a provider that does not count tokens")
    func countTokens() {
        let refusal = Refusal.countsNoTokens("claude-opus-5-5")
        #expect(refusal.status == 404 && "\(refusal.type)" == "not_found_error" && refusal.isFinal)
        #expect(!Translation.counts(.chatCompletions, .openAICompatible))
        let error = Array(#"{"error":{"message":"Not implemented."}}"#.utf8).withUnsafeBytes { UpstreamErrorBody($0) }
        let answer = ErrorTranslation.refusal(
            .init(status: 501, body: error, retryAfter: nil, sent: []), model: "m", account: "a")
        #expect(answer.status == 500 && "\(answer.type)" == "api_error")
        let none = Array(#"{"input_tokens":"many"}"#.utf8).withUnsafeBytes { TokenCount.read($0) }
        #expect(none == nil)
    }

    @Test("Fixture 18: a client that goes away is charged for what it saw")
    func disconnect() {
        let message = TranslatedAnswer(
            Translation.reader(OpenAI.chat.base.target, OpenAI.chat.base.context),
            MessageWriter(.stream, OpenAI.chat.base.context))
        #expect(message.estimatedOutput == 0)
        let chunk = OpenAI.chunk(#""content":"\#(String(repeating: "word ", count: 80))""#)
        Array(chunk.utf8).withUnsafeBytes { message.consume($0) }
        #expect((80...200).contains(message.estimatedOutput) && !message.hasEnded)
    }

    @Test("Fixture 19: web_search as the only tool")
    func onlySearch() throws {
        let rest =
            #","tools":[{"type":"web_search_20250305","name":"web_search","max_uses":8}],"tool_choice":{"type":"tool","name":"web_search"}"#
        let error = try #require(throws: Refusal.self) { try OpenAI.chat.request(messages: OpenAI.hello, rest) }
        #expect(error.status == 400 && error.isFinal && error.message.contains("web_search"))
        let responses = try OpenAI.responses.request(messages: OpenAI.hello, rest)
        #expect(responses.tools == [["type": "web_search"]] && responses.json["tool_choice"] == "required")
    }

    @Test("Fixture 20: deferred tools, one of them referred to")
    func deferred() throws {
        let tools =
            #","tools":[\#(["A", "B"].map { OpenAI.tool($0, #","defer_loading":true"#) }.joined(separator: ",")),\#(OpenAI.tool("ToolSearch"))]"#
        let messages =
            OpenAI.hello + "," + OpenAI.assistant(OpenAI.call("toolu_s", "ToolSearch")) + ","
            + OpenAI.user(OpenAI.result("toolu_s", #","content":[{"type":"tool_reference","tool_name":"B"}]"#))
        for fixture in [OpenAI.chat, .responses] {
            #expect(try fixture.request(messages: OpenAI.hello, tools).toolNames == ["ToolSearch"])
            #expect(try fixture.request(messages: messages, tools).toolNames == ["B", "ToolSearch"])
        }
        #expect(
            try GeminiFixture().request(messages: messages, tools).functions.map { $0["name"] } == ["B", "ToolSearch"])
    }
}

import Configuration
import Testing
import Wire

@testable import Providers

@Suite("Answers of Gemini")
struct GeminiAnswerTests {
    private let gemini = GeminiFixture()

    private static func usage(_ members: String) -> String { #","usageMetadata":{\#(members)}"# }

    private static let head = #","modelVersion":"gemini-3.1-pro-preview-11","responseId":"resp-1""#

    /// Thoughts, a text, two calls at once of which the first is signed, and what belongs to the end.
    private static let golden =
        GeminiFixture.chunk(
            #"{"text":"**Plan**\n\n","thought":true}"#, "",
            usage(#""promptTokenCount":100,"totalTokenCount":110,"thoughtsTokenCount":10"#) + head)
        + GeminiFixture.chunk(#"{"text":"Look \ud83d"}"#, "", head)
        + GeminiFixture.chunk(#"{"text":"\ude00 é \u003cb\u003e"}"#, "", head)
        + GeminiFixture.chunk(
            #"{"functionCall":{"name":"Read","args":{"path":"/a\n","n":[1,2.50]}},"thoughtSignature":"c2lnbg\u003d\u003d"},{"functionCall":{"args":{},"id":"call_0123456789ab","name":"Read"}}"#,
            "", head)
        + GeminiFixture.chunk(
            #"{"text":""}"#, GeminiFixture.stop + #","index":0"#,
            usage(
                #""promptTokenCount":100,"candidatesTokenCount":20,"totalTokenCount":165,"cachedContentTokenCount":64,"thoughtsTokenCount":40,"toolUsePromptTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":100}]"#
            ) + head)

    private static func signature(_ payload: String) -> JSONValue {
        .string(GeminiFixture().base.signature(payload))
    }

    private static let goldenContent: [JSONValue] = [
        ["type": "thinking", "thinking": "**Plan**\n\n", "signature": signature("")],
        ["type": "text", "text": "Look 😀 é <b>"],
        ["type": "redacted_thinking", "data": signature("f:c2lnbg==")],
        ["type": "tool_use", "id": "toolu_test_1", "name": "Read", "input": ["path": "/a\n", "n": [1, 2.5]]],
        ["type": "tool_use", "id": "call_0123456789ab", "name": "Read", "input": [:]],
    ]

    @Test("A stream with thoughts, text and calls, however it is cut")
    func golden() {
        let answer = gemini.answer(Self.golden)
        #expect(answer.content == Self.goldenContent, "\(answer.message.text)")
        let names = answer.events.compactMap { $0["type"]?.string }
        #expect(
            names == [
                "message_start", "content_block_start", "content_block_delta", "content_block_delta",
                "content_block_stop",
                "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
                "content_block_start", "content_block_stop", "content_block_start", "content_block_delta",
                "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop",
            ])
        #expect(answer.events.compactMap { $0["index"]?.int64 } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4])
        #expect(answer.message["stop_reason"] == "tool_use")
        #expect(
            answer.message["usage"] == [
                "input_tokens": 41, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 64,
                "output_tokens": 60, "output_tokens_details": ["thinking_tokens": 40],
            ])
        #expect(answer.usage.thinking == 40 && answer.id == "resp-1" && answer.model == "gemini-3.1-pro-preview-11")
        gemini.expectSameByEveryCut(Self.golden)
    }

    @Test("The same as a whole message, however it is cut")
    func whole() {
        let answer = gemini.answer(Self.golden, .whole)
        #expect(answer.message["content"]?.array == Self.goldenContent, "\(answer.output)")
        #expect(answer.message["stop_reason"] == "tool_use" && answer.message["model"] == "claude-opus-5-5")
        #expect(answer.message["usage"]?["output_tokens"] == 60)
        gemini.expectSameByEveryCut(Self.golden, .whole)
    }

    @Test("What a stream became goes back as it came")
    func roundTrip() throws {
        let content = JSONValue.array(gemini.answer(Self.golden).content).text
        let request = try gemini.request(
            messages: GeminiFixture.hello + #",{"role":"assistant","content":\#(content)},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_test_1","content":"1"}]}"#)
        #expect(
            request.parts(1) == [
                ["text": "Look 😀 é <b>"],
                [
                    "functionCall": [
                        "id": "toolu_test_1", "name": "Read", "args": ["path": "/a\n", "n": [1, 2.5]],
                    ], "thoughtSignature": "c2lnbg==",
                ],
                ["functionCall": ["id": "call_0123456789ab", "name": "Read", "args": [:]]],
            ])
    }

    @Test("T-9 Signatures of texts stand behind them, those of calls in the thinking block before them")
    func signatures() {
        let stream =
            GeminiFixture.chunk(#"{"text":"a"},{"text":"b","thoughtSignature":"QUJD"}"#)
            + GeminiFixture.chunk(#"{"text":"hm","thought":true}"#)
            + GeminiFixture.chunk(#"{"thoughtSignature":"REVG","functionCall":{"name":"A","args":{}}}"#)
            + GeminiFixture.chunk(#"{"text":"","thoughtSignature":"R0hJ"}"#, GeminiFixture.stop)
        let expected: [JSONValue] = [
            ["type": "text", "text": "ab"], ["type": "redacted_thinking", "data": Self.signature("t:QUJD")],
            ["type": "thinking", "thinking": "hm", "signature": Self.signature("f:REVG")],
            ["type": "tool_use", "id": "toolu_test_1", "name": "A", "input": [:]],
            ["type": "redacted_thinking", "data": Self.signature("e:R0hJ")],
        ]
        for form in [MessageWriter.Form.stream, .whole] {
            #expect(gemini.answer(stream, form).content == expected)
        }
        gemini.expectSameByEveryCut(stream)
        let odd = GeminiFixture.chunk(
            #"{"text":"a","thoughtSignature":"no \"base64\""},{"text":"t","thought":true,"thoughtSignature":"SktM"},{"executableCode":{},"thoughtSignature":"TU5P"}"#,
            GeminiFixture.stop)
        #expect(
            gemini.answer(odd).content == [
                ["type": "text", "text": "a"],
                ["type": "thinking", "thinking": "t", "signature": Self.signature("h:SktM")],
            ])
    }

    @Test("T-8 Thoughts that nobody wants are not shown; their signatures are kept")
    func omitted() {
        var base = gemini.base
        base.adjust = { $0.omitsThinking = true }
        let answer = base.answer(Self.golden) { GenerateContentAnswer(model: "gemini-3.8-flash") }
        #expect(answer.content == Array(Self.goldenContent.dropFirst()))
    }

    @Test("T-11 A stop sequence ends the answer, whatever comes behind it")
    func stopSequence() {
        var base = gemini.base
        base.adjust = { $0.stopSequences = [Array("STOP".utf8)] }
        let stream =
            GeminiFixture.chunk(#"{"text":"one ST"}"#)
            + GeminiFixture.chunk(#"{"text":"OP two"},{"functionCall":{"name":"A","args":{}}}"#)
            + GeminiFixture.chunk(#"{"text":"three"}"#, GeminiFixture.stop)
        let reader = { GenerateContentAnswer(model: "gemini-3.8-flash") }
        let answer = base.answer(stream, .stream, reader)
        #expect(answer.content == [["type": "text", "text": "one "]])
        #expect(answer.message["stop_reason"] == "stop_sequence" && answer.message["stop_sequence"] == "STOP")
        base.expectSameByEveryCut(stream, .stream, reader)
    }

    // MARK: Usage

    @Test("T-25 Cached tokens are no input, thoughts are output, the last report counts, and nothing is negative")
    func usage() {
        func used(_ members: String) -> TokenUsage {
            gemini.answer(
                GeminiFixture.chunk(#"{"text":"a"}"#, "", Self.usage(#""promptTokenCount":1"#))
                    + GeminiFixture.chunk(#"{"text":"b"}"#, GeminiFixture.stop, Self.usage(members))
            ).usage
        }
        let odd = used(
            #""promptTokenCount":5,"cachedContentTokenCount":9,"thoughtsTokenCount":-4,"candidatesTokenCount":"x""#)
        #expect(odd.input == 0 && odd.cacheRead == 5 && odd.output == 0)
        #expect(used(#""promptTokenCount":5,"serviceTier":"priority""#).serviceTier == .priority)
        #expect(used(#""promptTokenCount":5,"trafficType":"ON_DEMAND_FLEX""#).serviceTier == .flex)
        let free = gemini.answer(GeminiFixture.chunk(#"{"text":"abcdefgh"}"#, GeminiFixture.stop))
        #expect(free.message["usage"]?["output_tokens"] == 2)
    }

    private static let grounded =
        GeminiFixture.chunk(#"{"text":"It is so."}"#)
        + GeminiFixture.chunk(
            #"{"text":""}"#,
            GeminiFixture.stop
                + #","groundingMetadata":{"webSearchQueries":["a","b","a"],"groundingChunks":[{"web":{"uri":"https://x.test/?a\u003d1","title":"X \"1\""}},{"web":{"title":"none"}},{"web":{"uri":"https://y.test"}},{"web":{"uri":"https://y.test"}},{"maps":{}}],"groundingSupports":[{}],"searchEntryPoint":{}}"#,
            usage(#""promptTokenCount":5,"candidatesTokenCount":3"#))

    @Test("T-23 What was searched is counted, and its pages listed behind the text")
    func grounding() {
        let expected: JSONValue = [
            "type": "text",
            "text": "It is so.\n\nSources:\n1. X \"1\": https://x.test/?a=1\n2. https://y.test",
        ]
        let answer = gemini.answer(Self.grounded)
        #expect(answer.content == [expected] && answer.usage.webSearchRequests == 2 && answer.usage.output == 3)
        #expect(answer.message["usage"]?["server_tool_use"] == ["web_search_requests": 2])
        #expect(gemini.answer(Self.grounded, .whole).content == [expected])
        gemini.expectSameByEveryCut(Self.grounded)
        #expect(GeminiFixture("gemini-2.5-flash").answer(Self.grounded).usage.webSearchRequests == 1)
    }
}

import Testing
import Wire

@testable import Providers

@Suite("Converse streams become Messages events")
struct ConverseAnswerTests {
    private typealias Fixture = BedrockFixture

    private static let start = Fixture.frame("messageStart", #"{"role":"assistant","p":"ab"}"#)
    private static func stop(_ reason: String) -> [UInt8] {
        Fixture.frame("messageStop", #"{"stopReason":"\#(reason)"}"#)
    }
    private static let usage =
        #"{"inputTokens":10,"outputTokens":20,"totalTokens":130,"cacheReadInputTokens":40,"cacheWriteInputTokens":60,"cacheDetails":[{"ttl":"1h","inputTokens":25},{"ttl":"5m","inputTokens":35}]}"#
    private static let metadata = Fixture.frame("metadata", #"{"usage":\#(usage),"metrics":{"latencyMs":5},"p":"abc"}"#)
    private static func text(_ index: Int, _ text: String) -> [UInt8] {
        Fixture.frame("contentBlockDelta", #"{"contentBlockIndex":\#(index),"delta":{"text":"\#(text)"},"p":"abcd"}"#)
    }
    private static func reasoning(_ index: Int, _ member: String) -> [UInt8] {
        Fixture.frame(
            "contentBlockDelta", #"{"delta":{"reasoningContent":{\#(member)}},"contentBlockIndex":\#(index)}"#)
    }
    private static func end(_ index: Int) -> [UInt8] {
        Fixture.frame("contentBlockStop", #"{"contentBlockIndex":\#(index)}"#)
    }
    private static func tool(_ index: Int, _ name: String, _ pieces: [String]) -> [UInt8] {
        Fixture.frame(
            "contentBlockStart",
            #"{"contentBlockIndex":\#(index),"start":{"toolUse":{"toolUseId":"tooluse_abcdefgh\#(index)","name":"\#(name)"}}}"#
        )
            + pieces.flatMap { input($0, index) } + end(index)
    }
    private static func input(_ piece: String, _ index: Int) -> [UInt8] {
        Fixture.frame(
            "contentBlockDelta", #"{"contentBlockIndex":\#(index),"delta":{"toolUse":{"input":"\#(piece)"}}}"#)
    }

    private static let golden =
        start + reasoning(0, #""text":"Hm""#) + reasoning(0, #""text":"m""#) + reasoning(0, #""signature":"SIG""#)
        + reasoning(0, #""signature":"2+/=""#) + end(0) + text(1, "Let \\ud83d") + text(1, "\\ude00 go") + end(1)
        + tool(2, "Read", [#"{\"p\":"#, "", #"1.50}"#]) + tool(3, "Now", []) + stop("tool_use") + metadata

    @Test("A whole stream")
    func golden() {
        let answer = Fixture.answer(Self.golden)
        let prefix = String(decoding: Fixture.target().reasoningState.prefix, as: UTF8.self)
        let expected = [
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"\#(prefix)tSIG2+/="}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Let "}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\ud83d\ude00 go"}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"tooluse_abcdefgh2","name":"Read","input":{}}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\":"}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1.50}"}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"tooluse_abcdefgh3","name":"Now","input":{}}}"#,
            #"{"type":"content_block_stop","index":3}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":60,"cache_read_input_tokens":40,"output_tokens":20}}"#,
            #"{"type":"message_stop"}"#,
        ].map { try? JSONValue(parsing: $0) }
        #expect(answer.types.first == "message_start")
        #expect(answer.events.dropFirst().map { $0 } == expected, "\(answer.output)")
        #expect(answer.usage.cacheWrite1h == 25 && answer.usage.cacheWrite5m == 35 && answer.failure.isEmpty)
        let whole = Fixture.answer(Self.golden, .whole)
        let message = try? JSONValue(parsing: whole.output)
        #expect(
            message?["content"]?.array?.map { $0["type"]?.string } == ["thinking", "text", "tool_use", "tool_use"])
        #expect(message?["content"]?.array?[2]["input"] == ["p": 1.5] && message?["content"]?.array?[3]["input"] == [:])
    }

    @Test("It says the same however it is cut")
    func everyCut() {
        let streams = [
            Self.golden, Self.start + Self.text(0, "a") + Fixture.exception("throttlingException", "{}"),
            Self.start + Self.text(0, "a") + Self.end(0) + Self.stop("end_turn"),
        ]
        for stream in streams {
            let whole = Fixture.answer(stream)
            for places in cuts(of: stream.count) where Fixture.answer(stream, endingAt: places) != whole {
                Issue.record("cut at \(places)")
                return
            }
        }
    }

    @Test("T-26 A stream that breaks off anywhere before its stop is a failure, never an end")
    func brokenOff() {
        let stopAt = Self.golden.count - Self.metadata.count
        for count in 0..<stopAt {
            let answer = Fixture.answer(Array(Self.golden[..<count]))
            guard answer.errorType == "overloaded_error", !answer.types.contains("message_stop") else {
                Issue.record("\(count) bytes: \(answer)")
                return
            }
        }
        #expect(Fixture.answer([]).output.isEmpty)
    }

    @Test("Metadata that never comes: the stream ends with what was estimated")
    func withoutMetadata() {
        let answer = Fixture.answer(Self.start + Self.text(0, "Hello there") + Self.end(0) + Self.stop("end_turn"))
        #expect(answer.stopReason == "end_turn" && !answer.hasUsage && answer.usage.output > 0)
        #expect(answer.types.last == "message_stop")
        let before = Fixture.answer(Self.start + Self.metadata + Self.text(0, "x") + Self.stop("max_tokens"))
        #expect(before.stopReason == "max_tokens" && before.hasUsage && before.types.last == "message_stop")
    }

    @Test(
        "T-26 Exceptions in the middle become error events",
        arguments: [
            ("throttlingException", #"{"message":"Too many tokens"}"#, "rate_limit_error", "Too many tokens"),
            ("serviceUnavailableException", #"{"message":"x"}"#, "overloaded_error", "x"),
            ("validationException", #"{"message":"bad"}"#, "invalid_request_error", "bad"),
            (
                "validationException", #"{"message":"The model returned: Input is too long for requested model."}"#,
                "invalid_request_error", "Input is too long."
            ),
            ("internalServerException", "", "api_error", "The provider failed."),
            (
                "modelStreamErrorException", #"{"originalMessage":"o","originalStatusCode":529}"#, "overloaded_error",
                "o"
            ),
            (
                "somethingNew", #"{"Message":"for arn:aws:bedrock:us-east-1:123456789012:x"}"#, "api_error", "for […]"
            ),
        ])
    func exceptions(name: String, payload: String, type: String, sentence: String) {
        let answer = Fixture.answer(Self.start + Self.text(0, "a") + Fixture.exception(name, payload) + Self.golden)
        #expect(answer.errorType == type && answer.failure == sentence)
        #expect(answer.types == ["message_start", "content_block_start", "content_block_delta", "error"])
        #expect(answer.events.last?["error"]?["type"]?.string == type)
        #expect(Fixture.answer(Fixture.exception(name, payload)).output.isEmpty)
    }

    @Test("An error that no interface describes")
    func plainError() {
        let frame = Fixture.frame(
            [(":message-type", "error"), (":error-code", "ServiceUnavailableException"), (":error-message", "Down")], ""
        )
        let answer = Fixture.answer(Self.start + frame)
        #expect(answer.errorType == "overloaded_error" && answer.failure == "Down")
    }

    @Test("A damaged frame fails the answer")
    func damaged() {
        let stream = Self.start + Self.text(0, "a") + Self.golden
        for place in [Self.start.count + 30, Self.start.count + 2, Self.start.count + 9] {
            var bytes = stream
            bytes[place] ^= 1
            let answer = Fixture.answer(bytes)
            #expect(answer.types == ["message_start", "error"] && answer.errorType == "api_error", "\(place)")
            #expect(answer.failure.contains("damaged"))
        }
    }

    @Test(
        "Stop reasons",
        arguments: [
            ("end_turn", "end_turn"), ("max_tokens", "max_tokens"), ("stop_sequence", "stop_sequence"),
            ("guardrail_intervened", "refusal"), ("content_filtered", "refusal"), ("tool_use", "end_turn"),
            ("model_context_window_exceeded", "model_context_window_exceeded"), ("other", "end_turn"),
        ])
    func stopReasons(reason: String, expected: String) {
        let answer = Fixture.answer(
            Self.start + Self.text(0, "a") + Self.stop(reason) + Self.metadata, stopSequence: Array("END".utf8))
        #expect(answer.stopReason == expected)
        let delta = answer.events.first { $0["type"] == "message_delta" }?["delta"]
        #expect(delta?["stop_sequence"] == (expected == "stop_sequence" ? "END" : .null))
    }

    @Test(
        "What the model malformed is a failure, and still costs",
        arguments: ["malformed_model_output", "malformed_tool_use"])
    func malformed(reason: String) {
        let answer = Fixture.answer(Self.start + Self.text(0, "a") + Self.stop(reason) + Self.metadata)
        #expect(answer.errorType == "api_error" && answer.usage.output == 20 && answer.types.last == "error")
    }

    @Test("T-12 An end of turn behind a call is a call; T-38 arguments that are no object fail")
    func calls() {
        let called = Fixture.answer(Self.start + Self.tool(0, "A", ["{}"]) + Self.stop("end_turn") + Self.metadata)
        #expect(called.stopReason == "tool_use")
        let broken = Fixture.answer(Self.start + Self.tool(0, "A", ["{"]) + Self.stop("tool_use") + Self.metadata)
        #expect(broken.errorType == "api_error")
        let stray = Fixture.answer(Self.start + Self.tool(0, "A", ["{}"]) + Self.input("{}", 0))
        #expect(stray.errorType == "api_error")
    }

    @Test("T-9 Redacted reasoning comes in pieces of Base64, and goes back whole")
    func redacted() throws {
        let stream =
            Self.start + Self.reasoning(0, #""redactedContent":"AAE=""#)
            + Self.reasoning(0, #""redactedContent":"AgM=""#)
            + Self.end(0) + Self.text(1, "ok") + Self.stop("end_turn") + Self.metadata
        let answer = Fixture.answer(stream)
        let block = answer.events.first { $0["type"] == "content_block_start" }?["content_block"]
        let prefix = String(decoding: Fixture.target().reasoningState.prefix, as: UTF8.self)
        #expect(block?["type"] == "redacted_thinking" && block?["data"]?.string == prefix + "rAAECAw==")
        let back = try Fixture.converse(
            #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[\#(block?.text ?? ""),{"type":"text","text":"ok"}]},{"role":"user","content":"b"}]}"#
        )
        let first = back.body["messages"]?.array?[1]["content"]?.array?.first
        #expect(first == ["reasoningContent": ["redactedContent": "AAECAw=="]])
    }

    @Test("Thinking that the client does not want to see leaves nothing behind")
    func omitted() {
        var context = Fixture.context(Fixture.target())
        context.omitsThinking = true
        let stream =
            Self.start + Self.reasoning(0, #""text":"Hm""#) + Self.reasoning(0, #""signature":"S""#) + Self.end(0)
            + Self.text(1, "ok") + Self.stop("end_turn") + Self.metadata
        let answer = Fixture.answer(stream, context: context)
        #expect(!answer.output.contains("thinking") && answer.output.contains("ok"))
    }
}

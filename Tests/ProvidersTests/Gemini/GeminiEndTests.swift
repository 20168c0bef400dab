import Testing
import Wire

@testable import Providers

@Suite("Ends of Gemini's answers")
struct GeminiEndTests {
    private let gemini = GeminiFixture()

    @Test(
        "T-12 Why an answer ended",
        arguments: [
            ("STOP", "end_turn"), ("MAX_TOKENS", "max_tokens"), ("CONTINUATION", "max_tokens"), ("SAFETY", "refusal"),
            ("RECITATION", "refusal"), ("BLOCKLIST", "refusal"), ("PROHIBITED_CONTENT", "refusal"), ("SPII", "refusal"),
            ("MODEL_ARMOR", "refusal"), ("ESCALATION", "refusal"), ("IMAGE_SAFETY", "refusal"),
        ])
    func finish(reason: String, expected: String) {
        let stream = GeminiFixture.chunk(
            #"{"text":"a"}"#, #","finishReason":"\#(reason)","finishMessage":"Because it is so.""#)
        let answer = gemini.answer(stream)
        #expect(answer.message["stop_reason"] == .string(expected) && answer.stopReason == expected)
        if expected == "refusal" {
            #expect(
                answer.message["stop_details"]?["explanation"]
                    == .string("The answer was stopped: \(reason). Because it is so."))
        }
    }

    @Test("T-12 With a call in it an answer ends for that, unless it was cut or refused")
    func finishWithCall() {
        let call = #"{"functionCall":{"name":"A","args":{}}}"#
        for (reason, expected) in [("STOP", "tool_use"), ("MAX_TOKENS", "max_tokens"), ("SAFETY", "refusal")] {
            let answer = gemini.answer(GeminiFixture.chunk(call, #","finishReason":"\#(reason)""#))
            #expect(answer.message["stop_reason"] == .string(expected))
        }
    }

    @Test(
        "T-12 An answer of no use is a failure and no end, before the first event and behind it",
        arguments: [
            "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
            "MISSING_THOUGHT_SIGNATURE", "OTHER", "LANGUAGE", "SOMETHING_NEW",
        ])
    func failures(reason: String) {
        let end =
            #"data: {"candidates":[{"finishReason":"\#(reason)","finishMessage":"Malformed call: projects/p-1 x"}],"usageMetadata":{"promptTokenCount":7}}"#
            + "\n\n"
        let alone = gemini.answer(end)
        #expect(alone.output.isEmpty && !alone.hasBegun && alone.hasEnded && alone.errorType == "api_error")
        #expect(alone.failure == "The model broke off: \(reason). Malformed call: […] x" && alone.usage.input == 7)
        let late = gemini.answer(GeminiFixture.chunk(#"{"text":"a"}"#) + end)
        #expect(late.events.last?["type"] == "error" && late.events.last?["error"]?["type"] == "api_error")
        #expect(!late.output.contains("message_stop"))
    }

    @Test("T-27 A blocked prompt is a refusal with its reason, also as a whole message")
    func blockedPrompt() {
        let stream =
            #"data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","safetyRatings":[]},"usageMetadata":{"promptTokenCount":9},"modelVersion":"m"}"#
            + "\n\n"
        let details: JSONValue = [
            "type": "refusal", "category": "general_harms", "explanation": "The prompt was blocked: PROHIBITED_CONTENT",
        ]
        for form in [MessageWriter.Form.stream, .whole] {
            let answer = gemini.answer(stream, form)
            #expect(answer.content.isEmpty && answer.message["stop_reason"] == "refusal")
            #expect(answer.message["stop_details"] == details && answer.usage.input == 9)
            gemini.expectSameByEveryCut(stream, form)
        }
    }

    @Test("A model may have nothing to say; one that wrote something of which nothing was seen is not understood")
    func empty() {
        func answer(_ tokens: Int) -> TranslationFixture.Answer {
            gemini.answer(
                dataLines(
                    #"{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":\#(tokens)}}"#
                ))
        }
        let silent = answer(0), lost = answer(40)
        #expect(silent.content.isEmpty && silent.message["stop_reason"] == "end_turn" && silent.hasEnded)
        #expect(lost.content.isEmpty && lost.errorType == "api_error" && lost.hasEnded)
    }

    @Test("Of several candidates one is told")
    func candidates() {
        func candidate(_ index: Int, _ text: String, _ rest: String = "") -> String {
            #"{"content":{"parts":[{"text":"\#(text)"}]}\#(rest),"index":\#(index)}"#
        }
        let answer = gemini.answer(
            dataLines(
                #"{"candidates":[\#(candidate(0, "a")),\#(candidate(1, "no"))]}"#,
                #"{"candidates":[\#(candidate(1, "no", #","finishReason":"MAX_TOKENS""#))]}"#,
                #"{"candidates":[\#(candidate(0, "b", #","finishReason":"STOP""#))]}"#))
        #expect(answer.content == [["type": "text", "text": "ab"]] && answer.message["stop_reason"] == "end_turn")
    }

    @Test("T-26 Errors in the stream, also in a list of one; a stream that ends early")
    func errors() {
        let error = #"{"error":{"code":503,"message":"Overloaded in projects/x now","status":"UNAVAILABLE"}}"#
        let text = GeminiFixture.chunk(#"{"text":"a"}"#)
        for line in [error, "[\(error)]"] {
            let stream = text + dataLines(line)
            let answer = gemini.answer(stream)
            #expect(
                answer.events.last == [
                    "type": "error", "error": ["type": "overloaded_error", "message": "Overloaded in […] now"],
                    "request_id": "req_test",
                ])
            gemini.expectSameByEveryCut(stream)
        }
        let alone = gemini.answer(dataLines(#"{"error":{"code":429,"message":"slow"}}"#), .whole)
        #expect(alone.output.isEmpty && alone.errorType == "rate_limit_error" && alone.failure == "slow")
        let cut = gemini.answer(text)
        #expect(cut.errorType == "overloaded_error" && cut.events.last?["type"] == "error")
        #expect(gemini.answer("").errorType == "overloaded_error")
    }

    @Test(
        "T-34 T-45 What is no answer is said to be unreadable",
        arguments: ["<html>", "{", "[1]", #"{"candidates":[}"#, #"{"candidates":[]} x"#, "7"])
    func unreadable(data: String) {
        let answer = gemini.answer(dataLines(data))
        #expect(answer.errorType == "api_error" && answer.content.isEmpty, "\(answer)")
    }

    @Test("T-34 Line ends, comments and names of events; members of other types are passed over")
    func lines() {
        let stream =
            ": comment\r\nevent: message\r\ndata:{\"candidates\":[{\"content\":\r\ndata: {\"parts\":[{\"text\":\"a\"},3,{\"text\":4},{\"functionCall\":null}]},\"safetyRatings\":null,\"groundingMetadata\":7},{\"content\":{\"parts\":[{\"text\":\"other\"}]}}],\"usageMetadata\":null,\"promptFeedback\":{\"blockReason\":null}}\r\n\r\n"
            + "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\ndata: [DONE]\r\n\r\n"
        #expect(gemini.answer(stream).content == [["type": "text", "text": "a"]])
        gemini.expectSameByEveryCut(stream)
    }

    @Test("T-38 Arguments that are no object are a failure")
    func brokenArguments() {
        let stream = GeminiFixture.chunk(#"{"functionCall":{"name":"A","args":"x"}}"#, GeminiFixture.stop)
        let answer = gemini.answer(stream)
        #expect(answer.events.last?["error"]?["type"] == "api_error")
        let none = GeminiFixture.chunk(#"{"functionCall":{"name":"A","args":null}}"#, GeminiFixture.stop)
        #expect(gemini.answer(none).content.first?["input"] == [:])
    }
}

import Testing
import Wire

@testable import Providers

@Suite("Answers are metered on their way")
struct MeterTests {
    static let start = event(
        "message_start",
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-opus-5-5","stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":20,"output_tokens":1,"speed":"fast"}}}"#
    )
    static let text =
        event(
            "content_block_start",
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
        + event("ping", #"{"type":"ping"}"#)
        + event(
            "content_block_delta",
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"usage \"output_tokens\":99 {"}}"#
        )
        + event("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
    static let delta = event(
        "message_delta",
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}"#
    )
    static let stop = event("message_stop", #"{"type":"message_stop"}"#)
    static let error = event("error", #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#)

    static let streams = [
        start + text + delta + stop, start + text + error, start + text, error, stop, start + text + delta,
        (start + text + delta + stop).split(separator: "\n", omittingEmptySubsequences: false).joined(
            separator: "\r\n"),
        ": comment\nretry: 5\n\n" + start + "data: [DONE]\n\n" + delta + delta + stop, "not a stream at all",
        event("message_start", "{") + event("message_delta", "[]") + stop,
        event("message_start", #"{"message":{"usage":{"input_tokens":-1}}} x"#) + delta,
    ]

    @Test("A stream says the same however it is cut", arguments: streams.indices)
    func everyCut(index: Int) {
        let stream = Self.streams[index], whole = StreamFacts(stream)
        for places in cuts(of: stream.utf8.count) {
            let facts = StreamFacts(stream, endingAt: places)
            guard facts == whole else {
                Issue.record("cut at \(places): \(facts), not \(whole)")
                return
            }
        }
    }

    @Test("A whole stream")
    func whole() {
        let facts = StreamFacts(Self.streams[0])
        #expect(facts.id == "msg_1" && facts.model == "claude-opus-5-5" && facts.stopReason == "end_turn")
        #expect(
            facts.usage.input == 10 && facts.usage.cacheRead == 20 && facts.usage.output == 15 && facts.usage.isFast)
        #expect(facts.rawUsage == #"{"output_tokens":15}"#)
        #expect(
            facts.hasStarted && facts.hasEnded && facts.hasReport && facts.malformed == 0 && facts.errorType.isEmpty)
        #expect(facts.events == 7)
        #expect(StreamFacts(Self.streams[6]) == facts)
    }

    @Test("An error event ends the stream and says why")
    func errorEvent() {
        let facts = StreamFacts(Self.streams[1])
        #expect(facts.hasEnded && facts.errorType == "overloaded_error" && facts.usage.input == 10)
        let alone = StreamFacts(Self.error)
        #expect(alone.hasEnded && !alone.hasStarted && !alone.hasReport && alone.estimatedOutput == 0)
    }

    @Test("A stream that breaks off has not ended, and its output is estimated by what came")
    func brokenOff() {
        let facts = StreamFacts(Self.start + Self.text)
        #expect(facts.hasStarted && !facts.hasEnded && facts.stopReason.isEmpty && facts.usage.output == 1)
        #expect(facts.estimatedOutput == 7)
        let words = (0..<400).map { _ in
            event(
                "content_block_delta",
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abcdefghijklmnop"}}"#)
        }.joined()
        // 400 times 16 bytes are 1,600 tokens; the estimate is no more, and not nothing.
        let many = StreamFacts(Self.start + words)
        #expect((100...1_600).contains(many.estimatedOutput), "\(many.estimatedOutput)")
        let long = event("content_block_delta", "{\"delta\":{\"text\":\"\(String(repeating: "x", count: 40_000))\"}}")
        #expect((9_900...10_000).contains(StreamFacts(Self.start + long).estimatedOutput))
    }

    @Test("Malformed events are counted and passed over")
    func malformed() {
        let facts = StreamFacts(Self.streams[9])
        #expect(facts.malformed == 2 && facts.hasEnded)
        let absurd = StreamFacts(Self.streams[10])
        #expect(absurd.malformed == 1 && absurd.refused == 1 && absurd.usage.output == 15)
        #expect(StreamFacts(Self.streams[8]).malformed == 0)
    }

    @Test("An event beyond the bound still starts and ends the stream")
    func overlong() {
        let filling = String(repeating: "x", count: 2 << 20)
        let facts = StreamFacts(
            event("message_start", "{\"message\":{\"x\":\"\(filling)\"}}") + event("error", "{\"x\":\"\(filling)\"}"))
        #expect(facts.hasStarted && facts.hasEnded && facts.malformed == 2)
    }

    @Test("Long names and large usage objects are not kept")
    func bounds() {
        let name = String(repeating: "m", count: 257), filling = String(repeating: "u", count: 1_024)
        let facts = StreamFacts(
            event(
                "message_start",
                #"{"message":{"id":"a","model":"\#(name)","usage":{"input_tokens":4,"x":"\#(filling)"}}}"#))
        #expect(facts.id == "a" && facts.model.isEmpty && facts.rawUsage.isEmpty && facts.usage.input == 4)
    }

    // MARK: Whole bodies

    private static let body =
        #"{"id":"msg_2","type":"message","model":"claude-haiku-5-5","content":[{"type":"text","text":"{\"usage\":{}}"}],"stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":4}}"#

    private func read(_ text: String, endingAt places: [Int]? = nil, thenEmpty: Bool = false) -> (
        isRead: Bool, facts: MessageFacts
    ) {
        var meter = MessageBodyMeter()
        let count = text.utf8.count, ends = places ?? [count]
        var seen = 0
        inPieces(Array(text.utf8), endingAt: ends) {
            seen += $0.count
            meter.consume($0, isLast: seen == count && !thenEmpty)
        }
        if thenEmpty { meter.consume(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
        return (meter.isRead, meter.facts)
    }

    @Test("A whole answer says the same in one piece and in many")
    func wholeBody() {
        for places in cuts(of: Self.body.utf8.count).filter({ Set($0).count == $0.count }) {
            for thenEmpty in [false, true] {
                let (isRead, facts) = read(Self.body, endingAt: places, thenEmpty: thenEmpty)
                #expect(isRead && facts.id == "msg_2" && facts.model == "claude-haiku-5-5")
                #expect(
                    facts.stopReason == "max_tokens" && facts.reducer.usage.input == 3
                        && facts.reducer.usage.output == 4)
            }
        }
    }

    @Test("An error's body gives its type")
    func errorBody() {
        let (isRead, facts) = read(
            #"{"type":"error","error":{"type":"rate_limit_error","message":"x"},"request_id":"r"}"#)
        #expect(isRead && facts.errorType == "rate_limit_error" && !facts.reducer.hasReport)
    }

    @Test(
        "Garbage is not read",
        arguments: [
            "", "<html></html>", "[]", "{", "{} x", #"{"usage":{"input_tokens":}}"#, #"{"a":1}{"b":2}"#, "null",
            "{}\u{0}",
        ])
    func garbage(text: String) {
        #expect(!read(text, thenEmpty: true).isRead)
        if !text.isEmpty { #expect(!read(text).isRead) }
    }

    @Test("A body in pieces is gathered up to a bound; in one piece it needs none")
    func tooLarge() {
        let large = #"{"x":"\#(String(repeating: "y", count: 16 << 20))","usage":{"input_tokens":3}}"#
        let count = large.utf8.count
        #expect(read(large).facts.reducer.usage.input == 3)
        for places in [[10, count], [count - 5, count]] {
            let (isRead, facts) = read(large, endingAt: places)
            #expect(!isRead && !facts.reducer.hasReport)
        }
    }
}

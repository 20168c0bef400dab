import Testing
import Wire

@testable import Providers

@Suite("Claude's events come out of Bedrock's frames as they went in")
struct InvokeStreamTests {
    private typealias Fixture = BedrockFixture

    /// As Claude sends them on Bedrock; numbers, spaces and escapes are theirs.
    private static let events = [
        #"{"type":"message_start","message":{"model":"claude-opus-5-5","id":"msg_bdrk_01","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":20,"output_tokens":1}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB+/=="}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
        #"{ "type" : "content_block_delta", "index":1, "delta":{"type":"text_delta","text":"\u00e9 ???>>> \"message_stop\" 1.50"}}"#,
        #"{"index":1,"type":"content_block_stop"}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}"#,
        #"{"type":"message_stop"}"#,
    ]
    private static let names = [
        "message_start", "content_block_start", "content_block_delta", "content_block_stop", "content_block_start",
        "content_block_delta", "content_block_stop", "message_delta", "message_stop",
    ]
    private static let original = zip(names, events).map { event($0, $1) }.joined()

    private static func stream(escapingSlashes: Bool = false) -> [UInt8] {
        let last =
            #"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":10,"outputTokenCount":15,"invocationLatency":9,"firstByteLatency":2}}"#
        return (events.dropLast() + [last]).flatMap { Fixture.chunk($0, escapingSlashes: escapingSlashes) }
    }

    private struct Outcome: Equatable {
        var output = "", failure: UpstreamFailure?, hasEnded = false, isCut = false
    }

    private func pass(_ stream: [UInt8], endingAt places: [Int]? = nil) -> Outcome {
        var invoke = InvokeStream(), output = ByteWriter(), failure: UpstreamFailure?
        inPieces(stream, endingAt: places ?? [stream.count]) { bytes in
            guard failure == nil else { return }
            do throws(UpstreamFailure) { try invoke.consume(bytes, into: &output) } catch { failure = error }
        }
        var isCut = false
        do throws(UpstreamFailure) { try invoke.end() } catch { isCut = error == .cut }
        return Outcome(output: output.text, failure: failure, hasEnded: invoke.hasEnded, isCut: isCut)
    }

    @Test("The events are Anthropic's own, without Bedrock's figures")
    func original() {
        let outcome = pass(Self.stream())
        #expect(outcome == Outcome(output: Self.original, hasEnded: true), "\(outcome.output)")
        #expect(pass(Self.stream(escapingSlashes: true)) == outcome)
        let facts = StreamFacts(outcome.output)
        #expect(facts.hasEnded && facts.usage.input == 10 && facts.usage.output == 15 && facts.malformed == 0)
    }

    @Test("However the frames are cut")
    func everyCut() {
        let stream = Self.stream(), whole = pass(stream)
        for places in cuts(of: stream.count) where pass(stream, endingAt: places) != whole {
            Issue.record("cut at \(places)")
            return
        }
    }

    @Test("Figures are stripped wherever they stand, and only there")
    func figures() {
        let metrics = #""amazon-bedrock-invocationMetrics":{"a":[1,{"b":"}"}]}"#
        for (sent, expected) in [
            (#"{\#(metrics),"type":"message_stop"}"#, #"{"type":"message_stop"}"#),
            (#"{"type":"message_stop", \#(metrics) , "x":1.0}"#, #"{"type":"message_stop", "x":1.0}"#),
            (#"{"type":"message_stop"}"#, #"{"type":"message_stop"}"#),
        ] {
            #expect(pass(Fixture.chunk(sent)).output == event("message_stop", expected))
        }
        let other = #"{"type":"ping",\#(metrics)}"#
        #expect(pass(Fixture.chunk(other)).output == event("ping", other))
    }

    @Test("An event of several lines stays one event")
    func lines() {
        let outcome = pass(Fixture.chunk("{\n\"type\":\"ping\"\n}"))
        #expect(outcome.output == "event: ping\ndata: {\ndata: \"type\":\"ping\"\ndata: }\n\n")
    }

    @Test("An exception in the middle ends the stream by what it says; what came before stays")
    func exception() {
        let before = Fixture.chunk(Self.events[0])
        let outcome = pass(before + Fixture.exception("modelTimeoutException", #"{"message":"slow"}"#) + before)
        #expect(outcome.output == event("message_start", Self.events[0]) && outcome.isCut && !outcome.hasEnded)
        #expect(outcome.failure?.type == "timeout_error" && outcome.failure?.message == "slow")
        #expect(outcome.failure?.isTold == true)
        var last = ByteWriter()
        outcome.failure?.appendEvent(requestID: "req_1", to: &last)
        #expect(
            last.text
                == event(
                    "error",
                    #"{"type":"error","error":{"type":"timeout_error","message":"slow"},"request_id":"req_1"}"#))
    }

    @Test("Damage, and chunks that are no events, are failures")
    func damage() {
        var damaged = Self.stream()
        damaged[Fixture.chunk(Self.events[0]).count + 20] ^= 4
        let outcome = pass(damaged)
        #expect(outcome.failure?.type == "api_error" && outcome.output == event("message_start", Self.events[0]))
        for payload in [
            "", "[]", #"{"p":"x"}"#, #"{"bytes":"***="}"#, #"{"bytes":5}"#, #"{"bytes":"W10="}"#, #"{"bytes":"e30="}"#,
        ] {
            #expect(pass(Fixture.frame("chunk", payload)).failure?.type == "api_error", "\(payload)")
        }
        #expect(pass(Fixture.chunk(#"{"type":"a\nevent: b"}"#)).failure != nil)
    }

    @Test("Frames of other kinds are passed over, an error event is an end, a cut stream is none")
    func ends() {
        #expect(pass(Fixture.frame("initial-response", "{}")) == Outcome(isCut: true))
        let error = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        #expect(pass(Fixture.chunk(error)) == Outcome(output: event("error", error), hasEnded: true))
        #expect(pass(Array(Self.stream().dropLast(9))).isCut)
    }

    // MARK: As an answer

    private func transform(_ pieces: [[UInt8]], pinging: Bool = false) -> (answer: InvokeAnswer, output: String) {
        let answer = InvokeAnswer(requestID: "req_1")
        if pinging { answer.begin() }
        var output = ByteWriter()
        for piece in pieces {
            piece.withUnsafeBytes { answer.consume($0) }
            answer.takeOutput { output.append($0) }
        }
        answer.end()
        answer.takeOutput { output.append($0) }
        return (answer, output.text)
    }

    @Test("An answer is passed on and metered at once")
    func answer() {
        let stream = Self.stream()
        let (answer, output) = transform([Array(stream.prefix(500)), Array(stream.dropFirst(500))])
        #expect(output == Self.original && answer.hasEnded && answer.failure == nil && answer.hasBegun)
        #expect(answer.facts.reducer.usage.output == 15 && answer.facts.stopReason == "end_turn")
    }

    @Test("T-26 A failure is an event behind the first one, and a status of its own before")
    func failing() {
        let exception = Fixture.exception("throttlingException", #"{"message":"slow"}"#)
        let early = transform([exception])
        #expect(early.output.isEmpty && !early.answer.hasBegun && early.answer.failure?.type == "rate_limit_error")
        let late = transform([Fixture.chunk(Self.events[0]) + exception])
        #expect(late.output.hasSuffix(#""message":"slow"},"request_id":"req_1"}"# + "\n\n") && late.answer.hasEnded)
        #expect(late.answer.facts.errorType == "rate_limit_error" && late.answer.facts.reducer.usage.input == 10)
        let cut = transform([Fixture.chunk(Self.events[0])])
        #expect(cut.answer.failure == .cut && cut.output.contains("event: error"))
        let pinged = transform([exception], pinging: true)
        #expect(pinged.output.hasPrefix("event: ping\n") && pinged.output.contains("event: error"))
    }
}

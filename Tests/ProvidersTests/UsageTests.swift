import Testing
import Wire

@testable import Configuration
@testable import Providers

@Suite struct UsageTests {
    private func reduce(_ reports: [(isDelta: Bool, json: String)]) throws -> UsageReducer {
        var reducer = UsageReducer()
        for report in reports {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: report.json.utf8.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: report.json.utf8)
            let bytes = UnsafeRawBufferPointer(memory)
            if report.isDelta { try reducer.changed(bytes) } else { try reducer.started(bytes) }
        }
        return reducer
    }

    @Test("Of each field the last value that is not null wins, and the delta's over the start's, in any order")
    func lastWins() throws {
        var state: UInt64 = 42
        func random(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        for _ in 0..<500 {
            var reports: [(isDelta: Bool, json: String)] = []
            var start: [String: Int64] = [:], delta: [String: Int64] = [:]
            for _ in 0..<(1 + random(5)) {
                let isDelta = random(2) == 0
                var members: [String] = []
                for name in ["input_tokens", "output_tokens", "cache_read_input_tokens"] {
                    switch random(3) {
                    case 0: members.append("\"\(name)\":null")
                    case 1:
                        let value = Int64(random(1_000_000))
                        members.append("\"\(name)\": \(value)")
                        if isDelta { delta[name] = value } else { start[name] = value }
                    default: continue
                    }
                }
                reports.append((isDelta, "{" + members.joined(separator: ",") + "}"))
            }
            let usage = try reduce(reports).usage
            func expected(_ name: String) -> Int64 { delta[name] ?? start[name] ?? 0 }
            #expect(usage.input == expected("input_tokens"))
            #expect(usage.output == expected("output_tokens"))
            #expect(usage.cacheRead == expected("cache_read_input_tokens"))
        }
    }

    @Test("Cache writes: the split counts, what the sum has beyond it is written for five minutes")
    func cacheWrites() throws {
        let split = try reduce([
            (
                false,
                #"{"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}"#
            )
        ]).usage
        #expect(split.cacheWrite5m == 10 && split.cacheWrite1h == 20)
        #expect(try reduce([(false, #"{"cache_creation_input_tokens":30}"#)]).usage.cacheWrite5m == 30)
        let more = try reduce([
            (false, #"{"cache_creation_input_tokens":35,"cache_creation":{"ephemeral_1h_input_tokens":20}}"#)
        ]).usage
        #expect(more.cacheWrite5m == 15 && more.cacheWrite1h == 20)
    }

    @Test("Compaction is added, other steps are not; impossible counts are refused and counted")
    func special() throws {
        let usage = try reduce([
            (
                true,
                #"{"input_tokens":10,"output_tokens":5,"speed":"fast","inference_geo":"us","server_tool_use":{"web_search_requests":2},"iterations":[{"type":"message","input_tokens":10},{"type":"compaction","input_tokens":7,"output_tokens":3,"cache_read_input_tokens":1}]}"#
            )
        ]).usage
        #expect(usage.input == 17 && usage.output == 8 && usage.cacheRead == 1 && usage.webSearchRequests == 2)
        #expect(usage.isFast && usage.isUS)
        let odd = try reduce([
            (false, #"{"input_tokens":-5,"output_tokens":99999999999999999,"cache_read_input_tokens":"x"}"#)
        ])
        #expect(odd.usage.isZero && odd.refusedCounts == 3)
    }

    private let stream = """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","model":"claude-x","usage":{"input_tokens":10,"cache_read_input_tokens":3000,"output_tokens":1}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a \\"message_stop\\" in the text"}}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":40}}

        event: message_stop
        data: {"type":"message_stop"}


        """

    @Test("A stream says the same however it is cut")
    func cuts() {
        let bytes = Array(stream.utf8)
        for cut in 0...bytes.count {
            var meter = MessageStreamMeter()
            for piece in [bytes[..<cut], bytes[cut...]] { Array(piece).withUnsafeBytes { meter.consume($0) } }
            #expect(meter.hasEnded && meter.facts.id == "msg_1" && meter.facts.model == "claude-x", "cut at \(cut)")
            #expect(meter.facts.stopReason == "end_turn" && meter.facts.reducer.usage.output == 40)
            #expect(meter.facts.reducer.usage.cacheRead == 3000)
        }
    }

    @Test("A stream that breaks off has at least a token for each piece of text")
    func brokenStream() {
        let start = stream.before("event: message_delta")
        var meter = MessageStreamMeter()
        Array(start.utf8).withUnsafeBytes { meter.consume($0) }
        #expect(!meter.hasEnded && meter.hasStarted && meter.estimatedOutput >= 1)
        var error = MessageStreamMeter()
        Array("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n".utf8)
            .withUnsafeBytes {
                error.consume($0)
            }
        #expect(error.hasEnded && error.facts.errorType == "overloaded_error")
    }

    @Test("A whole answer says the same in one piece and in many; garbage is not read")
    func wholeAnswers() {
        let answer = Array(
            #"{"id":"msg_1","content":[{"text":"\"usage\":{\"input_tokens\":9}"}],"model":"m","stop_reason":"tool_use","usage":{"input_tokens":10,"output_tokens":2}}"#
                .utf8)
        for cut in 0..<answer.count {
            var meter = MessageBodyMeter()
            Array(answer[..<cut]).withUnsafeBytes { meter.consume($0, isLast: false) }
            Array(answer[cut...]).withUnsafeBytes { meter.consume($0, isLast: true) }
            #expect(meter.isRead && meter.facts.id == "msg_1" && meter.facts.reducer.usage.input == 10, "cut at \(cut)")
        }
        var garbage = MessageBodyMeter()
        Array("<html>".utf8).withUnsafeBytes { garbage.consume($0, isLast: true) }
        #expect(!garbage.isRead && !garbage.facts.reducer.hasReport)
    }
}

extension String {
    /// What stands before the first occurrence of `marker`.
    func before(_ marker: String) -> String {
        firstRange(of: marker).map { String(self[..<$0.lowerBound]) } ?? self
    }
}

@Suite struct CostTests {
    private func price(_ line: String) throws -> Price {
        try #require(try PriceParser.parse(line, table: "t").first)
    }

    @Test("Five classes, tiers, fast mode, region and searches, exact to the nano-dollar")
    func exact() throws {
        let price = try price("m - - 4 20 5 8 0.2 fast=2 us=1.1 search=0.01 above=100:8/40/10/16/0.4")
        var usage = TokenUsage()
        (usage.input, usage.output, usage.cacheWrite5m, usage.cacheWrite1h, usage.cacheRead) = (10, 20, 5, 6, 7)
        // 10·4000 + 20·20000 + 5·5000 + 6·8000 + 7·200 nano-dollars
        #expect(Cost.of(usage, at: price).value == 514_400)
        usage.isFast = true
        #expect(Cost.of(usage, at: price).value == 1_028_800)
        usage.isUS = true
        #expect(Cost.of(usage, at: price).value == 1_131_680)
        usage.webSearchRequests = 3
        #expect(Cost.of(usage, at: price).value == 31_131_680)
        (usage.isFast, usage.isUS, usage.webSearchRequests, usage.cacheRead) = (false, false, 0, 80)
        #expect(Cost.of(usage, at: price).value == 2 * (40_000 + 400_000 + 25_000 + 48_000) + 80 * 400)
    }

    @Test("Half nano-dollars go to the even neighbour, once, at the end")
    func rounding() throws {
        // A token costs 500 pico-dollars.
        let price = try price("m - - 0.0005 0 0 0 0")
        var usage = TokenUsage()
        for (tokens, expected) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (7, 4)] as [(Int64, Int64)] {
            usage.input = tokens
            #expect(Cost.of(usage, at: price).value == expected)
        }
    }
}

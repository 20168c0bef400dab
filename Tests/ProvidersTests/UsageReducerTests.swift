import SeededRandom
import Testing
import Wire

@testable import Providers

@Suite("Usage is put together in one place")
struct UsageReducerTests {
    private func reduced(start: [String] = [], delta: [String] = []) throws -> UsageReducer {
        var reducer = UsageReducer()
        for text in start { try Array(text.utf8).withUnsafeBytes { try reducer.started($0) } }
        for text in delta { try Array(text.utf8).withUnsafeBytes { try reducer.changed($0) } }
        return reducer
    }

    @Test("Nothing reported is nothing used, and known to be unknown")
    func nothing() throws {
        #expect(UsageReducer().usage == TokenUsage() && !UsageReducer().hasReport)
        let empty = try reduced(start: ["{}"])
        #expect(empty.hasReport && empty.usage.isZero)
    }

    @Test("All fields are read")
    func all() throws {
        let usage = try reduced(start: [
            #"""
            {"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":9,
             "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5,"x":[1]},
             "server_tool_use":{"web_search_requests":6,"web_fetch_requests":7,"y":null},"service_tier":"standard",
             "speed":"fast","inference_geo":"us","output_tokens_details":{"thinking_tokens":1}}
            """#
        ]).usage
        var expected = TokenUsage()
        (expected.input, expected.output, expected.cacheRead, expected.cacheWrite5m, expected.cacheWrite1h) = (
            1, 2, 3, 4, 5
        )
        (expected.webSearchRequests, expected.webFetchRequests, expected.isFast, expected.isUS) = (6, 7, true, true)
        expected.thinking = 1
        #expect(usage == expected)
        #expect(usage.totalInput == 13)
    }

    @Test("What an advisor used stands apart, with its model; of other steps the totals tell")
    func advice() throws {
        let reducer = try reduced(
            start: [#"{"input_tokens":2,"output_tokens":1}"#],
            delta: [
                #"""
                {"output_tokens":9,"iterations":[{"type":"message","input_tokens":1,"output_tokens":4},
                 {"type":"advisor_message","model":"claude-opus-5-5","input_tokens":700,"output_tokens":50,
                  "cache_read_input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":5}},
                 {"type":"message","input_tokens":1,"output_tokens":5},{"type":"fallback_message","input_tokens":77}, 7]}
                """#
            ])
        var consulted = TokenUsage()
        (consulted.input, consulted.output, consulted.cacheRead, consulted.cacheWrite1h) = (700, 50, 3, 5)
        #expect(reducer.advice == [AdvisorUsage(model: "claude-opus-5-5", usage: consulted)])
        #expect(reducer.usage.input == 2 && reducer.usage.output == 9)
    }

    /// The counts of a usage object that are plain numbers, and where the sum of them goes.
    private static let names = [
        "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    ]

    @Test(
        "Of each field the last value that is not null wins, a delta's over a start's, in any order", arguments: 0..<200
    )
    func anyOrder(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var reducer = UsageReducer()
        var start: [String: Int64] = [:], delta: [String: Int64] = [:]
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let isDelta = Bool.random(using: &generator)
            var members: [String] = []
            for name in Self.names.shuffled(using: &generator) where Bool.random(using: &generator) {
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    members.append("\"\(name)\":null")
                } else {
                    let count = Int64.random(in: 0...UsageReport.largestCount, using: &generator)
                    members.append("\"\(name)\": \(count)")
                    if isDelta { delta[name] = count } else { start[name] = count }
                }
            }
            let bytes = Array("{\(members.joined(separator: ","))}".utf8)
            try bytes.withUnsafeBytes { isDelta ? try reducer.changed($0) : try reducer.started($0) }
        }
        func last(_ name: String) -> Int64 { delta[name] ?? start[name] ?? 0 }
        let usage = reducer.usage
        #expect(usage.input == last("input_tokens") && usage.output == last("output_tokens"))
        #expect(usage.cacheRead == last("cache_read_input_tokens"))
        #expect(usage.cacheWrite5m == last("cache_creation_input_tokens") && usage.cacheWrite1h == 0)
        #expect(reducer.refusedCounts == 0)
    }

    @Test(
        "The sum of cache writes and its split make one number each",
        arguments: [
            (#"{"cache_creation_input_tokens":10}"#, 10, 0),
            (#"{"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#, 3, 4),
            (
                #"{"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#,
                3, 4
            ),
            (
                #"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#,
                5, 4
            ),
            (
                #"{"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#,
                3, 4
            ),
            (#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4}}"#, 5, 4),
            (#"{"cache_creation_input_tokens":9,"cache_creation":null}"#, 9, 0),
            (#"{"cache_creation_input_tokens":null,"cache_creation":{"ephemeral_5m_input_tokens":null}}"#, 0, 0),
        ])
    func writes(text: String, fiveMinutes: Int64, oneHour: Int64) throws {
        let usage = try reduced(start: [text]).usage
        #expect(usage.cacheWrite5m == fiveMinutes && usage.cacheWrite1h == oneHour)
        #expect(try reduced(start: [#"{"cache_creation_input_tokens":99}"#], delta: [text, "{}"]).usage.output == 0)
    }

    @Test("A delta that knows the sum only keeps the start's split")
    func splitStays() throws {
        let usage = try reduced(
            start: [
                #"{"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#
            ],
            delta: [#"{"cache_creation_input_tokens":7,"output_tokens":5}"#]
        ).usage
        #expect(usage.cacheWrite5m == 3 && usage.cacheWrite1h == 4 && usage.output == 5)
    }

    @Test("Compaction steps are added, other steps are not")
    func compaction() throws {
        let steps = #"""
            {"input_tokens":100,"output_tokens":10,"iterations":[
             {"type":"compaction","input_tokens":5,"output_tokens":6,"cache_read_input_tokens":7,"cache_creation_input_tokens":8,
              "cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":5}},
             {"input_tokens":1,"cache_creation_input_tokens":2,"type":"compaction"},
             {"type":"message","input_tokens":100,"output_tokens":10},{"type":null,"input_tokens":9},{"input_tokens":9},null,3]}
            """#
        for usage in [
            try reduced(start: [steps]).usage, try reduced(delta: [steps]).usage,
            try reduced(start: [steps], delta: [steps]).usage,
            try reduced(start: [steps], delta: [#"{"iterations":null}"#, "{}"]).usage,
        ] {
            #expect(usage.input == 106 && usage.output == 16 && usage.cacheRead == 7)
            #expect(usage.cacheWrite5m == 5 && usage.cacheWrite1h == 5)
        }
        let later = try reduced(start: [steps], delta: [#"{"iterations":[]}"#]).usage
        #expect(later.input == 100 && later.cacheRead == 0)
    }

    @Test("Compactions without end stay within the bound of one count")
    func manyCompactions() throws {
        let step = #"{"type":"compaction","input_tokens":1099511627776}"#
        let list = Array(repeating: step, count: 5).joined(separator: ",")
        #expect(try reduced(start: [#"{"iterations":[\#(list)]}"#]).usage.input == UsageReport.largestCount)
    }

    @Test("Counts that cannot be are refused, counted, and leave what was known")
    func absurd() throws {
        let bad = ["-1", "1099511627777", "9223372036854775808", "1.5", "1e3", "-9223372036854775808"]
        for count in bad {
            let reducer = try reduced(start: [#"{"input_tokens":5}"#, #"{"input_tokens":\#(count),"output_tokens":3}"#])
            #expect(reducer.usage.input == 5 && reducer.usage.output == 3 && reducer.refusedCounts == 1, "\(count)")
        }
        let nested = try reduced(start: [
            #"{"cache_creation":{"ephemeral_1h_input_tokens":-1},"iterations":[{"type":"compaction","input_tokens":-2}]}"#
        ])
        #expect(nested.refusedCounts == 2 && nested.usage.isZero)
        let largest = try reduced(start: [#"{"input_tokens":1099511627776}"#])
        #expect(largest.refusedCounts == 0 && largest.usage.input == UsageReport.largestCount)
    }

    @Test("What is of another type is as if it were not there; a count of another type is refused, unless it is null")
    func types() throws {
        let reducer = try reduced(start: [
            #"{"input_tokens":5,"speed":"fast","inference_geo":"us","server_tool_use":{"web_search_requests":2}}"#,
            #"{"input_tokens":"9","output_tokens":[],"cache_creation":[1],"server_tool_use":null,"speed":null,"inference_geo":1,"iterations":{}}"#,
        ])
        #expect(reducer.usage.input == 5 && reducer.usage.webSearchRequests == 2 && reducer.refusedCounts == 2)
        #expect(try reduced(start: [#"{"input_tokens":null}"#]).refusedCounts == 0)
        #expect(reducer.usage.isFast && reducer.usage.isUS)
        let slow = try reduced(
            start: [#"{"speed":"fast","inference_geo":"us"}"#],
            delta: [#"{"speed":"standard","inference_geo":"global"}"#])
        #expect(!slow.usage.isFast && !slow.usage.isUS)
    }

    @Test("What is no object is refused", arguments: ["[]", "1", "", "{", #"{"input_tokens":}"#, "null"])
    func noObject(text: String) {
        #expect(throws: JSONError.self) { try reduced(start: [text]) }
    }
}

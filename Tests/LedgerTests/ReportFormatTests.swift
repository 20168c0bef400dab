import Testing

@testable import Ledger

@Suite("How reports look")
struct ReportFormatTests {
    /// Two users of one team; a third, of none, with a hostile name.
    private static func report(by: [String] = ["team", "user"]) throws -> Report {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let journal = try Journal(path: directory.journalPath(loop: 0), capacity: 8, initial: 8, wake: WriterWake())
        let requests: [(String, String, Outcome, Int64)] = [
            ("alice", "platform", .ok, 1_234_567_890_123), ("alice", "platform", .upstreamError, 0),
            ("bob", "platform", .ok, 300_000_049_999), ("eve,\"\u{1B}[2J\"", "", .clientGone, 50_000),
        ]
        for (number, (user, team, outcome, cost)) in requests.enumerated() {
            let id = RequestID(
                milliseconds: midnight / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: number)
            let slot = try opened(journal, sampleFacts(id: id, user: user, team: team))
            var result = sampleOutcome(outcome)
            if outcome == .upstreamError { result.usage = UsageCounts() }
            result.costNanoUSD = cost
            result.estimated = outcome == .clientGone
            result.unpriced = outcome == .upstreamError
            slot.close(result)
        }
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        let now = midnight + day
        return try Report(ReportQuery(by: by, now: now), in: directory, now: now)
    }

    @Test("The table, on a terminal")
    func table() throws {
        let expected = """
            Requests from 2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z

            team      user        requests  input  write 5m  write 1h  cache read  output         cost  cache hit  errors
            ────────  ──────────  ────────  ─────  ────────  ────────  ──────────  ──────  ───────────  ─────────  ──────
            platform  alice              2     10        30         4       1,000     200  $1,234.5679      95.8%       1  ████████████████████
            platform  bob                1     10        30         4       1,000     200    $300.0000      95.8%       0  ████▉
            –         eve,"\u{FFFD}[2J"         1     10        30         4       1,000     200      $0.0001      95.8%       0  ▏
            ────────  ──────────  ────────  ─────  ────────  ────────  ──────────  ──────  ───────────  ─────────  ──────
            total                        4     30        90        12       3,000     600  $1,534.5680      95.8%       1

            1 of the requests used models without a price: their cost is not in the sums.
            1 of the requests ended without a full account of their usage: their cost is estimated.

            """
        let report = try Self.report()
        #expect(report.table(withBars: true) == expected)
        let plain = report.table(withBars: false)
        #expect(!plain.contains("█") && plain.contains("$300.0000      95.8%       0\n"))
    }

    @Test("Comma-separated values")
    func csv() throws {
        let expected = [
            "team,user,requests,errors,input_tokens,cache_write_5m_tokens,cache_write_1h_tokens,cache_read_tokens,"
                + "output_tokens,cost_nano_usd,cost_usd,estimated_requests,unpriced_requests",
            "platform,alice,2,1,10,30,4,1000,200,1234567890123,1234.567890123,0,1",
            "platform,bob,1,0,10,30,4,1000,200,300000049999,300.000049999,0,0",
            ",\"eve,\"\"\u{1B}[2J\"\"\",1,0,10,30,4,1000,200,50000,0.000050000,1,0", "",
        ].joined(separator: "\r\n")
        #expect(try Self.report().csv() == expected)
    }

    @Test("JSON, with the fields that were agreed")
    func json() throws {
        let expected = #"""
            {"since":"2026-11-21T00:00:00.000Z","until":"2026-11-22T00:00:00.000Z","rows":[
            {"day":"2026-11-21","metadata.env":"ci","requests":4,"errors":1,"input_tokens":30,
            "cache_write_5m_tokens":90,"cache_write_1h_tokens":12,"cache_read_tokens":3000,"output_tokens":600,
            "cost_nano_usd":1534567990122,"estimated_requests":1,"unpriced_requests":1}],
            "total":{"requests":4,"errors":1,"input_tokens":30,"cache_write_5m_tokens":90,
            "cache_write_1h_tokens":12,"cache_read_tokens":3000,"output_tokens":600,
            "cost_nano_usd":1534567990122,"estimated_requests":1,"unpriced_requests":1}}
            """#
        let report = try Self.report(by: ["day", "metadata.env"])
        #expect(report.json() == expected.split(separator: "\n").joined() + "\n")
    }

    @Test(
        "No text of others begins a formula, whatever ends a cell where it is opened",
        arguments: [
            ("=1", "'=1"), ("-1", "'-1"), ("\t=1", "\"'\t'=1\""), ("a;=HYPERLINK(1)", "\"a;'=HYPERLINK(1)\""),
            ("a\t@b", "\"a\t'@b\""), ("a\r\n+1", "\"a\r\n'+1\""), ("a;b", "\"a;b\""), ("a-b=c", "a-b=c"),
            (";=1", "\";'=1\""), ("a,=1", "\"a,=1\""), ("a;\"=1", "\"a;\"\"'=1\""), ("a;\"\"@1", "\"a;\"\"\"\"'@1\""),
            ("\u{FF1D}1", "'\u{FF1D}1"), ("a;\u{FF20}1", "\"a;'\u{FF20}1\""), ("a\"=1", "\"a\"\"=1\""),
        ])
    func formulas(text: String, field: String) {
        #expect(CSVText.line([CSVText.text(text)]) == field + "\r\n")
    }

    @Test("Figures of a column have one name in JSON, whether they are known or not")
    func names() throws {
        var table = FigureTable(title: "", labels: ["of"], figures: ["cost", "share"])
        table.rows = [
            .init(labels: ["a"], figures: [.money(7), .share(0.5)]),
            .init(labels: ["b"], figures: [.money(nil), .none]),
        ]
        let rows = #"{"of":"a","cost_nano_usd":7,"share":0.5},{"of":"b","cost_nano_usd":null,"share":null}"#
        #expect(table.json() == #"{"rows":[\#(rows)],"notes":[]}"# + "\n")
        #expect(table.csv() == "of,cost,share\r\na,0.000000007,0.5\r\nb,,\r\n")
        #expect(table.text().split(separator: "\n").last == "b          –       –")
    }

    @Test(
        "Money",
        arguments: [
            (0, "$0.0000", "0.000000000"), (1, "<$0.0001", "0.000000001"), (49_999, "<$0.0001", "0.000049999"),
            (50_000, "$0.0001", "0.000050000"), (999_999_950_000, "$1,000.0000", "999.999950000"),
            (-1_500_000_000, "-$1.5000", "-1.500000000"), (.max, "$9,223,372,036.8548", "9223372036.854775807"),
        ] as [(Int64, String, String)])
    func money(nanos: Int64, short: String, exact: String) {
        #expect(Money.short(nanos) == short)
        #expect(Money.exact(nanos) == exact)
    }

    @Test("Integers, thousands apart")
    func grouped() {
        let expected: [(Int64, String)] = [
            (0, "0"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"), (-123, "-123"), (1_234_567, "1,234,567"),
        ]
        for (value, text) in expected { #expect(Money.grouped(value) == text) }
    }
}

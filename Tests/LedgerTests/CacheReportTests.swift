import Testing

@testable import Ledger

@Suite("Breaks of caches in the ledger")
struct CacheReportTests {
    private func row(_ id: RequestID, _ cause: String, user: String, cost: Int64?, tokens: Int64) -> CacheBreakRow {
        var row = CacheBreakRow(requestID: id.rawValue)
        (row.at, row.cause, row.user, row.costNanoUSD, row.rebilled) = (midnight, cause, user, cost, tokens)
        (row.model, row.provider, row.segment, row.segmentIndex) = ("opus", "main", "tools", 3)
        (row.sinceLast, row.ttl, row.expected, row.read, row.previousRequestID) = (5, 300, tokens + 10, 10, 7)
        return row
    }

    @Test("They are summed by cause and whoever, the dearest first, a request's break once")
    func sums() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        var ids = ledger.makeIDSource(loop: 0)
        let first = ids.next(now: midnight), second = ids.next(now: midnight + 1_000_000),
            third = ids.next(now: midnight + day)
        ledger.writer.save(breaks: [
            row(first, "tool_order", user: "alice", cost: 100, tokens: 2_000),
            row(second, "tool_order", user: "bob", cost: 500, tokens: 3_000),
        ])
        ledger.writer.save(breaks: [
            row(third, "upstream", user: "bob", cost: nil, tokens: 4_000),
            row(third, "upstream", user: "bob", cost: 1, tokens: 1),
        ])
        try await ledger.writer.close()
        #expect(
            try directory.row(
                "previous_request_id, segment, segment_index, since_last_ns, ttl_s, expected_tokens, read_tokens",
                of: "cache_breaks WHERE request_id = \(first.rawValue)") == "7|tools|3|5|300|2010|10")

        func report(_ by: [String], since: String? = nil, until: String? = nil) throws -> CacheReport {
            try CacheReport(
                by: by, since: since, until: until, in: directory, now: midnight + 2 * day, cuts: [midnight + day]
            ) { _ in CacheSavings.Worth() }
        }
        let byCause = try report(["cause"])
        #expect(byCause.rows.map(\.values) == [["tool_order"], ["upstream"]])
        #expect(byCause.rows.map(\.sums.costNanoUSD) == [600, 0] && byCause.rows.map(\.sums.unpriced) == [0, 1])
        #expect(byCause.total.breaks == 3 && byCause.total.tokens == 9_000 && byCause.savings.read == 0)
        #expect(try report(["cause", "user"]).rows.first?.values == ["tool_order", "bob"])
        #expect(try report(["day"], until: "2026-11-01T23:00:00Z").rows.count <= 1)
        #expect(try report([]).rows == [CacheReport.Row(values: [], sums: byCause.total)])
        #expect(try report(["cause"], until: "1971-01-01").rows.isEmpty)
        #expect(throws: LedgerError.self) { try report(["weather"]) }
        #expect(byCause.csv().split(separator: "\r\n").count == 3)
        let evil = ids.next(now: midnight + 5)
        let again = try Ledger(directory)
        again.writer.save(breaks: [row(evil, "=cmd()", user: "@SUM(1)", cost: 7, tokens: 1)])
        try await again.writer.close()
        let text = try report(["cause", "user"]).csv()
        #expect(text.contains("\r\n'=cmd(),'@SUM(1),1,1,7,"))
        let journal = try Journal(path: directory.journalPath(loop: 0), capacity: 8, initial: 8, wake: WriterWake())
        serve(journal, id: first)
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        let late = try CacheReport(
            by: ["cause"], since: nil, until: nil, in: directory, now: midnight + 2 * day, cuts: [midnight - 5 * day]
        ) { _ in CacheSavings.Worth() }
        #expect(late.since == midnight, "where the ledger begins, not where a price does")
        #expect(byCause.table().contains("tool_order") && byCause.json().contains(#""rebilled_tokens":5000"#))
    }
}

import Testing
import Wire

@testable import Ledger

@Suite("Developers' activity in the ledger")
struct ActivityTests {
    private func row(_ user: String, day offset: Int = 0, _ amounts: [ActivityMeasure: Int64]) -> ActivityRow {
        var counts = ActivityCounts()
        for (measure, amount) in amounts { counts.add(amount, to: measure) }
        let today = CivilDate(unixNanoseconds: midnight).daysSince1970 + offset
        return ActivityRow(
            key: ActivityKey(day: today, user: user, team: "platform", keyID: "k-\(user)", project: ""), counts: counts)
    }

    @Test("What is handed over is added, by day and credential; a report joins it with the cost")
    func report() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try ReportTests.fill(directory, count: 300, days: 2, seed: 7)
        let ledger = try Ledger(directory)
        ledger.writer.add(activity: [row("user-1", [.commits: 2, .clientCost: 7]), row("user-1", [.commits: 1])])
        ledger.writer.add(activity: [
            row("user-1", day: 1, [.commits: 1, .sessions: 1]), row("idle", [.editsAccepted: 4]),
            row("user-1", [.sessions: 1, .pullRequests: 1]),
        ])
        try await ledger.writer.close()
        let now = midnight + 30 * day
        let costs = try Report(ReportQuery(by: ["user"], now: now), in: directory, now: now)
        let report = try ActivityReport(ReportQuery(by: ["user"], now: now), in: directory, now: now)
        #expect(report.rows.count == 6, "five who asked, and one who only worked")
        let mine = try #require(report.rows.first { $0.values == ["user-1"] })
        let cost = try #require(costs.rows.first { $0.values == ["user-1"] }).sums
        #expect(mine.counts[.commits] == 4 && mine.counts[.sessions] == 2 && mine.counts[.clientCost] == 7)
        #expect(mine.costNanoUSD == cost.costNanoUSD && mine.requests == cost.requests)
        #expect(mine.cost(per: .commits) == cost.costNanoUSD / 4 && mine.cost(per: .editsAccepted) == nil)
        #expect(report.total.costNanoUSD == costs.total.costNanoUSD && report.total.counts[.editsAccepted] == 4)
        let days = try ActivityReport(
            ReportQuery(by: ["day", "user"], where: ["user=user-1"], now: now), in: directory, now: now)
        #expect(days.rows.map(\.counts).map { $0[.commits] } == [3, 1])
        let csv = days.csv().split(separator: "\r\n")
        #expect(
            csv.count == 3
                && Set(csv.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
        #expect(days.json().contains(#""commits":3"#) && days.table().contains("a commit"))
    }

    @Test("What the table has no column for is refused")
    func columns() throws {
        let directory = try TemporaryDirectory().data()
        for by in ["model", "session", "metadata.env"] {
            #expect(throws: LedgerError.self) {
                _ = try ActivityReport(ReportQuery(by: [by], now: midnight), in: directory, now: midnight)
            }
        }
        let empty = try ActivityReport(ReportQuery(by: [], now: midnight), in: directory, now: midnight)
        #expect(empty.rows.isEmpty && empty.table().contains("Nothing"))
    }

    @Test("Days count whole, and the report says from when to when")
    func wholeDays() throws {
        let directory = try TemporaryDirectory().data(), noon = midnight + 12 * 3600 * second
        let now = midnight + 9 * day
        let some = try ActivityReport(
            ReportQuery(
                by: [], since: RFC3339.text(noon, fraction: .none),
                until: RFC3339.text(noon + day, fraction: .none), now: now), in: directory, now: now)
        #expect((some.since, some.until) == (midnight, midnight + 2 * day))
        let open = try ActivityReport(
            ReportQuery(by: [], since: "2026-11-21", now: noon), in: directory, now: noon)
        #expect((open.since, open.until) == (midnight, noon))
    }

    @Test("An estimate that is off by more than percents can say is shown without them")
    func wildEstimate() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        ledger.writer.add(activity: [row("a", [.clientCost: .max])])
        try await ledger.writer.close()
        let today = CivilDate(unixNanoseconds: midnight).text
        try directory.openDatabase(withStaleRollups: true).execute(
            """
            INSERT INTO daily_costs (day, user, team, key_id, project, model_requested, model_served, provider, operation,
                outcome, \(CostSums.columns.joined(separator: ", ")))
            VALUES ('\(today)', 'a', 'platform', 'k-a', '', '', '', '', '', '', 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1)
            """)
        let report = try ActivityReport(ReportQuery(by: ["user"], now: midnight), in: directory, now: midnight + day)
        #expect(report.rows.first?.estimateError ?? 0 > 1e18)
        #expect(report.table().contains(Money.short(9_000_000_000_000_000_000)) && !report.table().contains("%)"))
    }

    @Test("Counts stop at the largest number")
    func saturation() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        for _ in 0..<2 {
            ledger.writer.add(activity: [row("a", [.commits: .max])])
            try await ledger.writer.flush()
        }
        try await ledger.writer.close()
        #expect(try directory.value("SELECT commits FROM activity") == "\(Int64.max)")
    }
}

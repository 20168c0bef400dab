import Foundation
import Testing
import Wire

@testable import Ledger

@Suite("The report as a page")
struct ReportPageTests {
    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Golden/report.html")

    /// To be looked at after a change: TOLLGATE_GOLDEN=write swift test --filter ReportPageTests.
    @Test("With a fixed clock and ledger it is, byte for byte, the page that was looked at")
    func same() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try ReportTests.fill(directory, count: 400, days: 24, seed: 11)
        var page = try ReportPage(
            since: "2026-11-21", until: nil, where: ["team=platform,"], in: directory,
            now: midnight + 23 * day + 8 * 3600 * second)
        page.savings = CacheSavings(models: [
            "model-1": .init(reads: 7_000_000_000_000_000, writes: 2_000_000_000_000_000),
            "<b>": .init(writes: 1_000_000),
        ])
        page.budgets = [
            .init(
                rule: "everyone", scope: "platform", unit: "cost_per_day", resets: midnight + 24 * day,
                settled: "$12.00", limit: "$10.00", share: 1.2),
            .init(
                rule: "<i>&", scope: "", unit: "tokens_total", resets: nil, settled: "1", limit: "0", share: 0),
        ]
        let past = try ReportPage(
            since: "2026-11-21", until: "2026-11-23", where: [], in: directory, now: midnight + 23 * day)
        #expect(page.isOfNow && !past.isOfNow && !past.html().contains("To the end of"))
        let html = page.html()
        if ProcessInfo.processInfo.environment["TOLLGATE_GOLDEN"] == "write" {
            try html.write(to: Self.golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: Self.golden, encoding: .utf8)
        #expect(html == expected, "TOLLGATE_GOLDEN=write writes it anew; then look at it")
    }
}

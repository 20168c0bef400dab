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
        let html = try page.html(), before = try past.html()
        #expect(page.isOfNow && !past.isOfNow && !before.contains("To the end of"))
        if ProcessInfo.processInfo.environment["TOLLGATE_GOLDEN"] == "write" {
            try html.write(to: Self.golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: Self.golden, encoding: .utf8)
        #expect(html == expected, "TOLLGATE_GOLDEN=write writes it anew; then look at it")
    }

    @Test("A choice that only rows can tell is refused of too many, and made for who waits")
    func tooMany() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try ReportTests.fill(directory, count: 100, days: 1, seed: 3)
        func page(_ conditions: [String], _ most: Int64) throws -> ReportPage {
            try ReportPage(
                since: nil, until: nil, where: conditions, in: directory, now: midnight + day, mostRows: most)
        }
        #expect(throws: LedgerError.self) { try page(["session=*"], 99) }
        #expect(try page(["session=*"], .max).daily.total.requests == 100)
        #expect(try page(["team=*"], 1).daily.total.requests == 100)
    }

    @Test("What it has no room for is summed up, or said")
    func rooms() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let database = try directory.openDatabase()
        for number in 0..<60 {
            let whose = "'', 'team-\(number)', 'model-\(number)'"
            try Self.insert(database, at: midnight - Int64(number) * 10 * day, "\(whose), 7, 1000")
            if number > 0 { try Self.insert(database, at: midnight - Int64(number) * day / 2, "\(whose), 7, 1000") }
        }
        var page = try ReportPage(
            since: "2024-01-01", until: nil, where: [], in: directory, now: midnight + 3600 * second)
        page.savings = try CacheSavings(
            since: "2024-01-01", until: nil, in: directory, now: midnight + 3600 * second, cuts: []
        ) { $0.key.model == "model-0" ? nil : .init(reads: 2_000_000_000_000_000) }
        let html = try page.html()
        // Of savings one model has no price: nine of 59 are beyond the fiftieth, at two dollars each.
        let others = ["$18.0000", "$0.0000", "$18.0000"].map { "<td class=\"n\">\($0)</td>" }.joined()
        #expect(html.contains("<td>9 others</td>" + others))
        #expect(html.contains("1,000 tokens from caches belong to models without a price and are not in it."))
        #expect(html.contains("10 more teams are in “all” alone."))
        #expect(html.contains("Charts have the last 400 days, tables all 591."))
    }

    @Test("All of its tables are of one moment, whatever is written meanwhile")
    func moment() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.insert(directory.openDatabase(), at: midnight, "'alice', 'platform', 'model', 7, 1000")
        let writer = Task.detached {
            let database = try directory.openDatabase()
            while !Task.isCancelled {
                try database.execute("UPDATE daily_costs SET requests = requests + 1")
            }
        }
        var moments: Set<Int64> = []
        while moments.count < 20 {
            let page = try ReportPage(
                since: nil, until: nil, where: [], in: directory, now: midnight + 3600 * second)
            #expect([page.teams, page.people, page.models].allSatisfy { $0.total == page.daily.total })
            moments.insert(page.daily.total.requests)
        }
        writer.cancel()
        try await writer.value
    }

    @Test("A sum that is too large is an error, and no smaller sum")
    func overflow() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let database = try directory.openDatabase()
        // Each person, and each model, is within 64 bits, and all together are nothing; a team is not.
        for (team, sign) in [("a", ""), ("b", "-")] {
            for number in 0..<2 as Range<Int64> {
                let whose = "'user-\(team)-\(number)', '\(team)', 'model-\(number)'"
                try Self.insert(database, at: midnight - number * day, "\(whose), \(sign)\(Int64.max), 0")
            }
        }
        #expect(throws: LedgerError.overflow) {
            try ReportPage(since: nil, until: nil, where: [], in: directory, now: midnight + 3600 * second).html()
        }
    }

    /// - Parameter values: user, team, model, cost and tokens read from caches.
    private static func insert(_ database: Database, at moment: Int64, _ values: String) throws {
        try database.execute(
            "INSERT INTO daily_costs (day, user, team, model_served, cost_nano_usd, cache_read_tokens, requests) "
                + "VALUES ('\(CivilDate(unixNanoseconds: moment).text)', \(values), 1)")
    }
}

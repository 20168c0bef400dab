import SeededRandom
import Testing
import Wire

@testable import Ledger

@Suite("Reports")
struct ReportTests {
    /// Requests of some days, drawn at random, some of them in the very first and last milliseconds of a day.
    ///
    /// - Parameter session: of a request's number and its moment (Unix nanoseconds).
    static func fill(
        _ directory: DataDirectory, count: Int, days: Int64, seed: UInt64,
        session: (Int, Int64) -> String = { number, _ in "session-\(number % 13)" }
    ) throws {
        var random = SeededGenerator(seed: seed)
        let journal = try Journal(
            path: directory.journalPath(loop: 0), capacity: 4096, initial: 1024, wake: WriterWake())
        for number in 0..<count {
            var at = midnight + Int64.random(in: 0..<(days * day / second), using: &random) * second
            if number % 10 == 0 { at = at / day * day }
            if number % 10 == 1 { at = at / day * day + day - 1_000_000 }
            let id = RequestID(
                milliseconds: at / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: number % 65_536)
            var facts = sampleFacts(
                id: id, user: "user-\(Int.random(in: 0..<5, using: &random))",
                team: ["platform", "research", ""].randomElement(using: &random) ?? "")
            facts.sessionID = .string(session(number, at))
            facts.agentID = number % 3 == 0 ? "agent-1" : .none
            facts.clientVersion = .string("2.\(number % 7 / 3).0")
            facts.entrypoint = number % 6 == 0 ? "sdk-ts" : "cli"
            facts.groups = .string(["", "senior", "platform,senior"][number % 3])
            facts.virtualAccount = number % 29 == 0 ? "ci" : .none
            facts.modelRequested = .string(["claude-opus-4-5", "claude-sonnet-4-5"][number % 2])
            facts.metadata =
                [
                    #"{"env":"ci"}"#, #"{"env":"prod","cost.center":"7"}"#, .none, "{broken", #"{"env":5}"#,
                ][number % 5]
            let slot = try opened(journal, facts)
            if number % 23 == 0 {
                try begin(slot, sampleAttempt(at: at, provider: "provider-\(number % 2)"))
                slot.closeAttempt(sampleAttemptOutcome(.cut))
            }
            var attempt = sampleAttempt(at: at)
            attempt.provider = .string("provider-\(number % 3)")
            attempt.model = .string("model-\(number % 4)")
            try begin(slot, attempt)
            let outcome = Outcome.allCases.randomElement(using: &random) ?? .ok
            var result = sampleOutcome(outcome)
            result.usage.input = Int64.random(in: 0..<10_000, using: &random)
            result.usage.cacheRead = Int64.random(in: 0..<100_000, using: &random)
            result.costNanoUSD = Int64.random(in: 0..<5_000_000_000, using: &random)
            result.estimated = number % 17 == 0
            result.unpriced = number % 19 == 0
            slot.close(result)
        }
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
    }

    @Test("Roll-up and full scan give the same report, for any grouping, bounds and filters")
    func rollupEqualsScan() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.fill(directory, count: 1500, days: 75, seed: 3)
        var random = SeededGenerator(seed: 99)
        let columns = [
            "team", "user", "model", "model_requested", "provider", "key", "project", "operation", "outcome", "day",
            "week", "month", "client_version", "entrypoint", "groups", "virtual_account",
        ]
        let filters = [
            "team=platform", "team=", "user=user-1,user-2", "model=model-*", "outcome=ok", "provider=*-2",
            "groups=senior", "client_version=2.1.*",
        ]
        let now = midnight + 80 * day
        var withRows = 0
        for round in 0..<150 {
            let by = (0..<Int.random(in: 0...3, using: &random)).map { _ in columns.randomElement(using: &random) ?? ""
            }
            let bounds = (0..<2).map { _ in
                midnight + Int64.random(in: -1...76, using: &random) * day
                    + Int64.random(in: 0...2, using: &random) * Int64.random(in: 0..<day, using: &random) / 2
            }.sorted().map { RFC3339.text($0, fraction: .nanoseconds) }
            let query = try ReportQuery(
                by: by, since: round % 3 == 0 ? nil : bounds[0], until: round % 4 == 0 ? nil : bounds[1],
                where: (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in
                    filters.randomElement(using: &random)
                },
                now: now)
            let fast = try Report(query, in: directory, now: now)
            let slow = try Report(query, in: directory, now: now, usingRollup: false)
            #expect(fast == slow, "\(query)")
            #expect(fast.rows.reduce(0) { $0 + $1.sums.costNanoUSD } == fast.total.costNanoUSD)
            if !fast.rows.isEmpty { withRows += 1 }
        }
        #expect(withRows > 100)
    }

    @Test("The plan takes whole days from the roll-up and only the rest from the rows")
    func plan() throws {
        let december = CivilDate(year: 2026, month: 12, day: 1)?.daysSince1970 ?? 0
        func plan(
            _ since: String?, _ until: String?, by: String = "team", before end: Int? = nil
        ) throws -> [String] {
            let query = try ReportQuery(by: [by], since: since, until: until, now: midnight)
            return ReportPlan(query, monthsBefore: end ?? december).sources.map { source in
                switch source {
                case .months(let from, let to): "months \(from?.text ?? "") \(to?.text ?? "")"
                case .rollup(let from, let to): "days \(from?.text ?? "") \(to?.text ?? "")"
                case .scan(let from, let to):
                    "rows "
                        + [from, to].map { $0.map { RFC3339.text($0.unixMilliseconds * 1_000_000) } ?? "" }
                        .joined(separator: " ")
                }
            }
        }
        #expect(try plan(nil, nil) == ["months  2026-12-01", "days 2026-12-01 "])
        #expect(try plan(nil, nil, before: 0) == ["days  "])
        #expect(
            try plan("2026-10-01", "2026-11-30", before: december - 30) == [
                "months 2026-10-01 2026-11-01", "days 2026-11-01 2026-12-01",
            ])
        #expect(try plan("2026-11-01", "2026-11-30", before: december - 30) == ["days 2026-11-01 2026-12-01"])
        #expect(try plan(nil, nil, by: "week") == ["days  "])
        #expect(try plan("2026-11-01", "2026-11-30") == ["months 2026-11-01 2026-12-01"])
        #expect(try plan("2026-11-01", "2026-11-30", by: "day") == ["days 2026-11-01 2026-12-01"])
        #expect(
            try plan("2026-10-17", "2026-12-02") == [
                "days 2026-10-17 2026-11-01", "months 2026-11-01 2026-12-01", "days 2026-12-01 2026-12-03",
            ])
        #expect(try plan("2026-10-17", "2026-11-05") == ["days 2026-10-17 2026-11-06"])
        #expect(
            try plan("2026-10-17", nil) == [
                "days 2026-10-17 2026-11-01", "months 2026-11-01 2026-12-01", "days 2026-12-01 ",
            ])
        #expect(try plan("2026-11-01", nil, by: "session") == ["rows 2026-11-01T00:00:00.000Z "])
        #expect(
            try plan("2026-11-01T12:00:00Z", "2026-11-03T01:00:00.0000001Z") == [
                "rows 2026-11-01T12:00:00.000Z 2026-11-02T00:00:00.000Z", "days 2026-11-02 2026-11-03",
                "rows 2026-11-03T00:00:00.000Z 2026-11-03T01:00:00.001Z",
            ])
        #expect(
            try plan("2026-11-01T12:00:00Z", "2026-11-02T01:00:00Z") == [
                "rows 2026-11-01T12:00:00.000Z 2026-11-02T01:00:00.000Z"
            ])
    }

    @Test("The roll-ups made anew from the rows are those that the writer kept, whatever stood there before")
    func rebuilt() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        // More than a group: rows of months that are over come after their month was added up.
        try Self.fill(directory, count: 1900, days: 70, seed: 8)
        let tables = ["daily_costs", "monthly_costs", "retried_costs"]
        func sums(_ table: String) throws -> String {
            let keys = ["daily_costs": DailyRollup.keyColumns, "monthly_costs": MonthlyRollup.keyColumns]
            return try directory.contents(of: table, (keys[table] ?? RetriedRollup.keyColumns) + RollupSums.columns)
        }
        let kept = try tables.map(sums)
        #expect(kept.allSatisfy { $0.utf8.count > 1000 })
        let mark = try directory.value("SELECT value FROM meta WHERE name = '\(MonthlyRollup.mark)'")
        #expect(Int(mark) == CivilDate(year: 2027, month: 1, day: 1)?.daysSince1970)
        let database = try directory.openDatabase()
        for table in tables {
            try database.execute("UPDATE \(table) SET cost_nano_usd = cost_nano_usd + 1")
            try database.execute("DELETE FROM \(table) WHERE user = 'user-1'")
            try database.execute(
                "UPDATE \(table) SET day = '1999-01-01' WHERE day = (SELECT min(day) FROM \(table))")
        }
        #expect(try sums("daily_costs") != kept[0])
        let result = try RollupRebuild.run(in: directory)
        #expect(try tables.map(sums) == kept)
        #expect(result.days > 60 && result.groups > 100)
    }

    @Test("What accounts charged is the sum of their attempts, for any bounds and filters, by day or in pieces")
    func charges() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.fill(directory, count: 1500, days: 75, seed: 5)
        let database = try #require(try directory.openDatabaseReadOnly())
        var random = SeededGenerator(seed: 7)
        let now = midnight + 80 * day
        for round in 0..<40 {
            let bounds = (0..<2).map { _ in
                midnight + Int64.random(in: -1...76, using: &random) * day
                    + Int64.random(in: 0...2, using: &random) * Int64.random(in: 0..<day, using: &random) / 2
            }.sorted()
            let filter = ["team=platform", "user=user-1", "team=*"][round % 3]
            let details: [ProviderCharges.Detail] = [
                .persons, .accounts, .teams(cuts: [midnight + 20 * day, midnight + 33 * day + 5, 0, .max]),
            ]
            let charges = try ProviderCharges(
                details[round / 3 % 3], since: RFC3339.text(bounds[0], fraction: .nanoseconds),
                until: RFC3339.text(bounds[1], fraction: .nanoseconds), where: [filter], in: directory, now: now
            ).charges
            let ids = bounds.map {
                RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp($0)).rawValue
            }
            let condition =
                "r.id >= \(ids[0]) AND r.id < \(ids[1])"
                + [" AND team = 'platform'", " AND user = 'user-1'", ""][round % 3]
            let statement = try database.prepare(
                """
                SELECT provider, model, sum(n), sum(cost), sum(input), sum(read), sum(estimated) FROM (
                    SELECT r.provider, model_served AS model, 1 AS n, r.cost_nano_usd AS cost, r.input_tokens AS input,
                        r.cache_read_tokens AS read, r.estimated FROM requests r WHERE attempts = 1 AND \(condition)
                    UNION ALL SELECT a.provider, a.model, 1, a.cost_nano_usd, a.input_tokens, a.cache_read_tokens, a.estimated
                        FROM requests r JOIN attempts a ON a.request_id = r.id WHERE attempts > 1 AND \(condition))
                GROUP BY 1, 2
                """)
            var expected: [String: [Int64]] = [:], found: [String: [Int64]] = [:]
            while try statement.step() {
                expected[statement.text(0) + "/" + statement.text(1)] = (2..<7).map { statement.integer($0) }
            }
            for charge in charges {
                let key = charge.key, sums = charge.sums
                let name = key.provider + "/" + key.model
                let figures = [
                    sums.requests, sums.costNanoUSD, sums.usage.input, sums.usage.cacheRead, sums.estimatedRequests,
                ]
                found[name] = zip(found[name] ?? Array(repeating: 0, count: 5), figures).map(+)
            }
            #expect(found == expected, "round \(round)")
        }
    }

    @Test("A question that would read too many rows is refused, and says what to do")
    func tooManyRows() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.fill(directory, count: 100, days: 2, seed: 4)
        let bySession = try ReportQuery(by: ["session"], now: midnight),
            byTeam = try ReportQuery(by: ["team"], now: midnight)
        #expect(throws: LedgerError.self) { try Report(bySession, in: directory, now: midnight, mostRows: 99) }
        #expect(try Report(bySession, in: directory, now: midnight, mostRows: 100).total.requests == 100)
        #expect(try Report(byTeam, in: directory, now: midnight, mostRows: 1).total.requests == 100)
    }

    @Test("Sessions, clients and metadata tags can be grouped and filtered by, broken metadata is none")
    func scanOnlyColumns() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.fill(directory, count: 100, days: 2, seed: 4)
        func rows(_ by: String, _ conditions: [String] = []) throws -> [String: Int64] {
            let report = try Report(
                ReportQuery(by: [by], where: conditions, now: midnight), in: directory, now: midnight)
            return Dictionary(uniqueKeysWithValues: report.rows.map { ($0.values[0], $0.sums.requests) })
        }
        #expect(try rows("metadata.env") == ["ci": 20, "prod": 20, "5": 20, "": 40])
        #expect(try rows("metadata.cost.center") == ["7": 20, "": 80])
        #expect(try rows("entrypoint", ["metadata.env=ci,prod"]) == ["cli": 32, "sdk-ts": 8])
        #expect(try rows("session").count == 13)
        #expect(try rows("client_version", ["session=session-1,session-2*"]) == ["2.0.0": 8, "2.1.0": 6, "2.2.0": 2])
    }

    @Test("Without a ledger, and without requests, the report is empty")
    func empty() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let query = try ReportQuery(by: ["team"], now: midnight)
        let before = try Report(query, in: directory, now: midnight)
        _ = try directory.openDatabase()
        let after = try Report(query, in: directory, now: midnight)
        #expect(before == after)
        #expect(after.rows.isEmpty && after.total == CostSums())
        #expect(after.table(withBars: true).hasSuffix("\n\nNo requests.\n"))
    }

    @Test("A report is made beside a running gateway")
    func whileRunning() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        var ids = ledger.makeIDSource(loop: 0)
        serve(ledger.journals[0], id: ids.next(now: midnight))
        try await ledger.writer.flush()
        let report = try Report(ReportQuery(by: [], now: midnight + day), in: directory, now: midnight + day)
        #expect(report.total.requests == 1)
        #expect(report.since == midnight && report.until == midnight + day)
        try await ledger.writer.close()
    }
}

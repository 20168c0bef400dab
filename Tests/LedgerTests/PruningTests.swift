import CSQLite
import Testing
import Wire

@testable import Ledger

@Suite("Rows that are taken out")
struct PruningTests {
    /// 2027-06-15: rows of half a year lie behind.
    private static let now = midnight + 206 * day
    private static let kept = CivilDate(year: 2027, month: 3, day: 1)
    private static let tables = ["daily_costs", "monthly_costs", "retried_costs"]

    /// Requests from 2026-11-21 to 2027-06-14. A session a day, and one that goes on all the time.
    private static func ledger(_ temporary: TemporaryDirectory) throws -> DataDirectory {
        let directory = try temporary.data()
        try ReportTests.fill(directory, count: 2_000, days: 205, seed: 11) { number, at in
            number % 40 == 0 ? "long" : "day-\(at / day)"
        }
        let database = try directory.openDatabase()
        for (place, at) in [(1, midnight), (2, now - day)] {
            try database.execute(
                """
                INSERT INTO audit (at, actor, action, subject, details, place) VALUES
                    (\(at), 'tollgate', 'refuse', 'claude', '{}', \(place)), (\(at), 'root', 'issue', 'key', '{}', NULL);
                INSERT INTO cache_breaks SELECT id, 0, 0, session_id, '', user, team, '', '', '', 'ttl', '', 0, '', 0, 0, 1, 1, 1, 1
                    FROM requests WHERE id % 50 = 0 AND \(place) = 1;
                """)
        }
        return directory
    }

    private static func prune(_ directory: DataDirectory, _ months: Int = 3, at now: Int64 = now) throws
        -> Pruning.Result
    {
        let pruning = try Pruning(directory, keeping: months, actor: "root", now: now)
        defer { pruning.release() }
        let foreseen = try pruning.count(), result = try pruning.run()
        #expect(foreseen == result)
        return result
    }

    private static func sums(_ directory: DataDirectory) throws -> [String] {
        try tables.map { table in
            let keys = ["daily_costs": DailyRollup.keyColumns, "monthly_costs": MonthlyRollup.keyColumns]
            return try directory.contents(of: table, (keys[table] ?? RetriedRollup.keyColumns) + RollupSums.columns)
        }
    }

    private static func end() throws -> Int64 {
        try Retention.firstRequest(ofDay: #require(kept).daysSince1970).rawValue
    }

    @Test(
        "Rows before a month's first go with all that hangs on them, but for sessions that went on; sums stay as they were"
    )
    func rowsGo() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), end = try Self.end()
        let before = try Self.sums(directory)
        let all = try directory.value("SELECT count(*) FROM requests")
        let old = try directory.value("SELECT count(*) FROM requests WHERE id < \(end) AND session_id != 'long'")
        let long = try directory.value("SELECT count(*) FROM requests WHERE id < \(end) AND session_id = 'long'")
        let result = try Self.prune(directory)
        #expect(String(result.requests) == old && result.requests > 500 && result.attempts > result.requests)
        #expect(result.sessions > 50 && result.decisions == 1)
        #expect(try directory.value("SELECT count(*) FROM requests WHERE id < \(end)") == long && Int(long) ?? 0 > 10)
        #expect(try directory.value("SELECT count(*) FROM requests") == "\((Int64(all) ?? 0) - result.requests)")
        for table in ["attempts", "cache_breaks", "tool_calls", "cost_corrections"] {
            let orphans = "SELECT count(*) FROM \(table) WHERE request_id NOT IN (SELECT id FROM requests)"
            #expect(try directory.value(orphans) == "0", "\(table)")
        }
        #expect(try directory.value("SELECT count(*) FROM sessions WHERE last_id < \(end)") == "0")
        #expect(try directory.value("SELECT first_id < \(end) FROM sessions WHERE session_id = 'long'") == "1")
        #expect(try Self.sums(directory) == before)
        let lines = try directory.value(
            "SELECT group_concat(action || ' ' || subject, ',') FROM (SELECT * FROM audit WHERE action LIKE 'prune%' ORDER BY id)"
        )
        #expect(lines == "prune 2027-03-01,prune_end 2027-03-01")
        #expect(try directory.value("SELECT count(*) FROM audit WHERE action = 'issue'") == "2")
    }

    @Test(
        "Reports by what days know are the same before and after; those from rows are refused where rows are gone, and name the day"
    )
    func reports() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary)
        func report(_ by: [String], _ since: String?, _ until: String? = nil) throws -> Report {
            try Report(ReportQuery(by: by, since: since, until: until, now: Self.now), in: directory, now: Self.now)
        }
        let questions: [([String], String?, String?)] = [
            (["team", "model"], nil, nil), (["month"], nil, nil), (["user"], "2026-12-05", "2027-01-20"),
            (["session"], "2027-03-01", nil), (["day"], "2027-03-01T12:00:00Z", nil),
        ]
        let before = try questions.map { try report($0.0, $0.1, $0.2) }
        _ = try Self.prune(directory)
        for (question, old) in zip(questions, before) {
            let new = try report(question.0, question.1, question.2)
            #expect(new.rows == old.rows && new.total == old.total, "\(question)")
            #expect(new.since / day == old.since / day)
        }
        let gone = LedgerError.rowsPruned(since: "2027-03-01")
        #expect("\(gone)".contains("--since 2027-03-01"))
        #expect(throws: gone) { try report(["session"], nil) }
        #expect(throws: gone) { try report(["session"], "2027-02-28") }
        #expect(throws: gone) { try report(["team"], "2027-02-03T12:00:00Z") }
        #expect(throws: gone) {
            try CacheReport(
                by: [], since: "2027-01-01", until: nil, in: directory, now: Self.now, cuts: [], pricing: { _ in nil })
        }
        #expect(throws: gone) {
            try EstimatedCharges.read(provider: "provider-1", since: midnight, until: Self.now, in: directory)
        }
        let recomputation = try Recomputation(directory, isDry: true, actor: "root", source: "", now: Self.now)
        defer { recomputation.end() }
        #expect(throws: gone) { try recomputation.run(since: midnight, until: Self.now) { _ in nil } }
        let charges = try ProviderCharges(
            .accounts, since: "2026-12-01", until: "2026-12-31", where: [], in: directory, now: Self.now)
        #expect(!charges.charges.isEmpty)
        #expect(try AdmissionHistory.firstWhole(directory) == Self.kept?.firstNanosecond)
    }

    @Test("Roll-ups made anew keep the sums of days whose rows are gone, and the examination does not miss them")
    func rebuilt() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), before = try Self.sums(directory)
        _ = try Self.prune(directory)
        let database = try directory.openDatabase()
        func examined() throws -> RollupExamination { try RollupExamination(database, until: .max) }
        #expect(try examined().apart == nil && examined().days == 105)
        try database.execute("UPDATE daily_costs SET cost_nano_usd = cost_nano_usd + 1 WHERE day >= '2027-06-01'")
        #expect(try examined().apart == "2027-06-13")
        // Months whose rows are gone have the sums of their days.
        try database.execute("UPDATE monthly_costs SET cost_nano_usd = cost_nano_usd + 1 WHERE day < '2027-03-01'")
        #expect(try examined().apart == "months")
        _ = try RollupRebuild.run(in: directory)
        #expect(try Self.sums(directory) == before)
        // Nothing is left but the sums.
        try database.execute("DELETE FROM requests; DELETE FROM attempts")
        _ = try RollupRebuild.run(in: directory)
        let left = try directory.value("SELECT min(day) || ' ' || max(substr(day, 1, 7)) FROM daily_costs")
        #expect(left == "2026-11-21 2027-02")
        #expect(try directory.value("SELECT max(day) FROM monthly_costs") == "2027-02-01")
    }

    @Test("Taken out again nothing happens; a month later one more goes; a clock that is ahead takes nothing more")
    func again() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), before = try Self.sums(directory)
        _ = try Self.prune(directory, 4)
        #expect(
            try directory.value("SELECT value FROM meta WHERE name = 'rows_since'")
                == "\((Self.kept?.daysSince1970 ?? 0) - 28)")
        #expect(try Self.prune(directory, 4) == Pruning.Result())
        #expect(try Self.prune(directory, 13) == Pruning.Result())
        #expect(try Self.prune(directory).requests > 0)
        #expect(try Self.prune(directory, at: Self.now + 4_000 * day) == Pruning.Result())
        #expect(try Self.sums(directory) == before)
        #expect(try directory.value("SELECT count(*) FROM audit WHERE action = 'prune'") == "2")
    }

    @Test("A ledger that is younger keeps all its rows, and reports from rows go on")
    func young() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary)
        #expect(try Self.prune(directory, 13) == Pruning.Result())
        let query = try ReportQuery(by: ["session"], now: Self.now)
        #expect(try Report(query, in: directory, now: Self.now).total.requests == 2_000)
        let empty = TemporaryDirectory()
        #expect(try Self.prune(empty.data()) == Pruning.Result())
    }

    @Test("Sums that are not those of the rows keep the rows, and no other command changes the past meanwhile")
    func refused() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary)
        try directory.openDatabase().execute("UPDATE daily_costs SET requests = requests + 1 WHERE day = '2027-01-05'")
        let pruning = try Pruning(directory, keeping: 3, actor: "root", now: Self.now)
        #expect(throws: LedgerError.historyLocked) {
            _ = try Recomputation(directory, isDry: true, actor: "root", source: "", now: Self.now)
        }
        let failure = try #require(throws: LedgerError.self) { _ = try pruning.run() }
        #expect("\(failure)".contains("2027-01-05") && "\(failure)".contains("report rebuild"))
        #expect(try directory.value("SELECT count(*) FROM requests") == "2000")
        #expect(try directory.value("SELECT value FROM meta WHERE name = 'rows_since'") == "0")
        pruning.release()
        _ = try RollupRebuild.run(in: directory)
        #expect(try Self.prune(directory).requests > 0)
    }

    @Test("Sums by month that are not those of the days keep the rows")
    func months() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary)
        try directory.openDatabase().execute(
            "UPDATE monthly_costs SET requests = requests + 1 WHERE day = '2027-01-01'")
        let failure = try #require(throws: LedgerError.self) { _ = try Self.prune(directory) }
        #expect("\(failure)".contains("by month") && "\(failure)".contains("report rebuild"))
        #expect(try directory.value("SELECT count(*) FROM requests") == "2000")
        _ = try RollupRebuild.run(in: directory)
        #expect(try Self.prune(directory).requests > 0)
    }

    @Test("A session that is taken up again while rows are taken out keeps those that are still there")
    func takenUp() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), end = try Self.end()
        let session = try directory.value("SELECT max(session_id) FROM sessions WHERE last_id < \(end)")
        let rows = "SELECT count(*) FROM requests WHERE session_id = '\(session)'"
        let before = try directory.value(rows)
        // After it was seen which sessions went on, and before the first batch.
        try directory.openDatabase().execute(
            """
            CREATE TRIGGER taken_up AFTER UPDATE ON meta WHEN new.name = '\(Retention.mark)'
            BEGIN UPDATE sessions SET last_id = \(end) WHERE session_id = '\(session)'; END;
            """)
        let pruning = try Pruning(directory, keeping: 3, actor: "root", now: Self.now)
        defer { pruning.release() }
        #expect(try pruning.run().requests > 0)
        #expect(try directory.value(rows) == before && before != "0")
    }

    @Test("What a killed run left goes with the next: rows, sessions, decisions")
    func killed() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), before = try Self.sums(directory)
        for moment in ["requests", "sessions", "audit"] {
            try directory.openDatabase().execute(
                "CREATE TRIGGER killed BEFORE DELETE ON \(moment) BEGIN SELECT RAISE(ABORT, 'killed'); END")
            #expect(throws: LedgerError.self) { try Self.prune(directory) }
            try directory.openDatabase().execute("DROP TRIGGER killed")
            #expect(try Self.sums(directory) == before)
        }
        #expect(try Self.prune(directory).decisions == 1)
        #expect(try Self.prune(directory) == Pruning.Result())
    }

    @Test("Roll-ups made anew while rows are taken out keep the sums of those rows")
    func rebuiltMeanwhile() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), before = try Self.sums(directory)
        let pruning = try directory.openDatabase(), rebuilding = try directory.openDatabase()
        try pruning.execute(
            """
            BEGIN IMMEDIATE;
            UPDATE meta SET value = \(#require(Self.kept).daysSince1970) WHERE name = '\(Retention.mark)';
            DELETE FROM requests WHERE id < \(Self.end());
            """)
        // Once the other one waits for the lock, it gets it.
        sqlite3_busy_handler(
            rebuilding.handle,
            { handle, _ in sqlite3_exec(handle.map(OpaquePointer.init), "COMMIT", nil, nil, nil) == SQLITE_OK ? 1 : 0 },
            UnsafeMutableRawPointer(pruning.handle))
        _ = try RollupRebuild.run(rebuilding)
        #expect(try Self.sums(directory) == before)
        #expect(try directory.value("SELECT count(*) FROM requests WHERE id < \(Self.end())") == "0")
    }

    @Test("Roll-ups that are being made anew when rows begin to go leave the days of those rows alone")
    func prunedWhileRebuilding() throws {
        let temporary = TemporaryDirectory()
        let directory = try Self.ledger(temporary), before = try Self.sums(directory)
        let pruning = try directory.openDatabase(), rebuilding = try directory.openDatabase()
        // What begins when the other one has committed its first transaction; doing it again changes nothing.
        let statements = try """
        BEGIN IMMEDIATE;
        UPDATE meta SET value = \(#require(Self.kept).daysSince1970) WHERE name = '\(Retention.mark)';
        DELETE FROM requests WHERE id < \(Self.end());
        COMMIT;
        """
        final class Script {
            let database: Database, text: String
            init(_ database: Database, _ text: String) { (self.database, self.text) = (database, text) }
        }
        let script = Script(pruning, statements)
        sqlite3_trace_v2(
            rebuilding.handle, UInt32(SQLITE_TRACE_PROFILE),
            { _, script, statement, _ in
                guard let script, let statement, String(cString: sqlite3_sql(OpaquePointer(statement))) == "COMMIT"
                else { return 0 }
                let wanted = Unmanaged<Script>.fromOpaque(script).takeUnretainedValue()
                return sqlite3_exec(wanted.database.handle, wanted.text, nil, nil, nil)
            }, Unmanaged.passUnretained(script).toOpaque())
        _ = try RollupRebuild.run(rebuilding)
        sqlite3_trace_v2(rebuilding.handle, 0, nil, nil)
        #expect(try directory.value("SELECT count(*) FROM requests WHERE id < \(Self.end())") == "0")
        #expect(try Self.sums(directory) == before)
    }
}

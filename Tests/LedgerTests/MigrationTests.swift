import Glibc
import Testing

@testable import Ledger

@Suite("Migrations of the database")
struct MigrationTests {
    /// A database of the first version with a row in every table that the second changes.
    private func versionOne(_ directory: DataDirectory) throws {
        let database = try Database(path: directory.databasePath, access: .readWrite)
        try database.execute(Schema.migrations[0])
        try database.execute(
            """
            PRAGMA user_version = 1;
            INSERT INTO requests VALUES (4194304, \(midnight), 1, 1, 'alice', 'platform', 'key_1', '', '', '', '', '', '',
                NULL, 'atlas', '{"a":"b"}', 'opus', 'opus', 'main', 'anthropic', '2.1', 'cli', 'messages', 1, 200, 'ok',
                NULL, 1, 2, 3, 4, 5, 0, 0, NULL, 77, '2026-11-01', 0, 0, 0, NULL, NULL, NULL, NULL, 1, 1, 1);
            INSERT INTO attempts VALUES (4194304, 0, NULL, 'main', 'opus', 200, 'ok', NULL, \(midnight), 1, 1, NULL,
                1, 2, 3, 4, 5, 0, 0, 77, 0, 0);
            INSERT INTO keys VALUES ('key_1', x'01', 'tgk_', 'alice', 'platform', '{}', 1, NULL, NULL, NULL);
            INSERT INTO audit VALUES (1, 1, 'root', 'issue', 'key_1', '{}');
            UPDATE meta SET value = 5 WHERE name = 'keys_version';
            """)
    }

    @Test("The second keeps every row, and gives what is new its empty value")
    func second() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try versionOne(directory)
        let ledger = try Ledger(directory)
        #expect(ledger.initialKeys.map(\.user) == ["alice"])
        #expect(ledger.initialKeys.first?.groups == [] && ledger.initialKeys.first?.virtualAccount == "")
        #expect(ledger.initialRaises.isEmpty && ledger.newestOrder == 0)
        var ids = ledger.makeIDSource(loop: 0)
        serve(ledger.journals[0], id: ids.next(now: midnight))
        try await ledger.writer.close()
        #expect(try directory.value("PRAGMA user_version") == "\(Schema.migrations.count)")
        #expect(
            try directory.row("user, cost_nano_usd, groups, virtual_account", of: "requests WHERE project = 'atlas'")
                == "alice|77||")
        #expect(
            try directory.row(
                "cost_nano_usd, admission IS NULL, settlement IS NULL, holds IS NULL, price_version IS NULL, provider_kind",
                of: "attempts WHERE model = 'opus'") == "77|1|1|1|1|")
        #expect(
            try directory.row("sum(value), count(*)", of: "meta WHERE name != '\(MonthlyRollup.mark)'") == "5|5")
        #expect(try directory.row("action, subject", of: "audit") == "issue|key_1")
        #expect(try directory.leftoverJournals().isEmpty)
        let spend = try SpendHistory.read(directory, since: [0])
        #expect(spend.reduce(0) { $0 + $1.costNanoUSD } == 77 + 1_234_567)
        #expect(spend.first { $0.costNanoUSD == 77 }?.tokens == 15)
    }

    @Test(
        "A command of this version does not migrate under a gateway of the version before; nobody has to wait for roll-ups to revoke a key"
    )
    func running() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try versionOne(directory)
        func store() throws(LedgerError) -> KeyStore {
            try KeyStore(directory: directory, actor: "root", now: { midnight }, digest: { $0 })
        }
        let lock = try directory.lock()
        let refusal = LedgerError.schemaInUse(found: 1, known: Schema.migrations.count, owner: getpid())
        #expect(throws: refusal) { _ = try store() }
        #expect(throws: refusal) { _ = try BudgetStore(directory: directory, actor: "root", now: { midnight }) }
        #expect(try directory.value("PRAGMA user_version") == "1")
        lock.release()
        #expect(try store().revoke("key_1").revokedAt == midnight)
        #expect(try directory.value("PRAGMA user_version") == "\(Schema.migrations.count)")
        #expect(try RollupRebuild.isStale(directory.openDatabase(withStaleRollups: true)), "for the gateway's start")
        #expect(try SpendHistory.read(directory, since: [0]).reduce(0) { $0 + $1.costNanoUSD } == 77, "of rows alone")
        _ = try Ledger(directory)
        #expect(try !RollupRebuild.isStale(directory.openDatabase(withStaleRollups: true)))
    }

    @Test("A report before the first start of this version says so, and leaves the database to the version that runs")
    func readTooEarly() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try versionOne(directory)
        let refusal = LedgerError.schemaTooOld(found: 1, known: Schema.migrations.count)
        let query = try ReportQuery(by: [], now: midnight)
        #expect(throws: refusal) { try Report(query, in: directory, now: midnight) }
        #expect(throws: refusal) { try ActivityReport(query, in: directory, now: midnight) }
        #expect(throws: refusal) {
            try ProviderCharges(.persons, since: nil, until: nil, where: [], in: directory, now: midnight)
        }
        #expect(refusal.description.contains("start this version's gateway once"))
        #expect(try directory.value("PRAGMA user_version") == "1")
        #expect(try RollupRebuild.run(in: directory).days == 1)
        #expect(try Report(query, in: directory, now: midnight).total.costNanoUSD == 77)
    }

    @Test("Months that are over, and what was tried several times, are added up from what is there")
    func rollups() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try CachePausesTests.fill(directory, days: 70, seed: 4)
        let kept = try rollups(of: directory)
        let told = "sum(rewritten_tokens > 0), sum(rewritten_tokens)"
        let pauses = try directory.row(told, of: "requests")
        #expect(kept.allSatisfy { $0.utf8.count > 1000 } && pauses.first != "0")
        let before = try Database(path: directory.databasePath, access: .readWrite)
        let columns = ["monthly_costs", "retried_costs"].flatMap { table in
            RollupSums.ownColumns.map { "ALTER TABLE \(table) DROP COLUMN \($0);" }
        }
        try before.execute(
            """
            ALTER TABLE requests DROP COLUMN rewritten_tokens;
            CREATE TABLE daily AS SELECT \((MonthlyRollup.keyColumns + CostSums.columns).joined(separator: ", ")) FROM daily_costs;
            DROP TABLE daily_costs;
            ALTER TABLE daily RENAME TO daily_costs;
            \(columns.joined())
            DROP TABLE openings;
            DROP TABLE openings_kept;
            DROP TRIGGER attempts_changed;
            DROP TRIGGER attempts_deleted;
            DELETE FROM meta WHERE name IN ('attempt_changes', '\(Retention.mark)');
            PRAGMA user_version = 6;
            """)
        let query = try ReportQuery(by: ["client_version"], now: midnight)
        #expect(throws: LedgerError.schemaTooOld(found: 6, known: Schema.migrations.count)) {
            try Report(query, in: directory, now: midnight)
        }
        // As if whoever migrated was killed before the roll-ups were whole.
        try Schema.migrate(before)
        #expect(throws: LedgerError.rollupsStale) { try Report(query, in: directory, now: midnight) }
        // And whoever made them anew was killed in their middle: the next goes on there.
        try before.execute(
            """
            CREATE TRIGGER killed BEFORE INSERT ON daily_costs WHEN NEW.day >= '2026-12-25'
            BEGIN SELECT RAISE(ABORT, 'killed'); END;
            """)
        #expect(throws: LedgerError.self) { _ = try directory.openDatabase() }
        #expect(throws: LedgerError.rollupsStale) { try Report(query, in: directory, now: midnight) }
        try before.execute("DROP TRIGGER killed")
        var done: [Int] = []
        _ = try directory.openDatabase { if case .sums(let day, of: _) = $0 { done.append(day) } }
        #expect((30...40).contains(try #require(done.first)), "a day that is whole is not made anew once more")
        #expect(try rollups(of: directory) == kept)
        #expect(try directory.row(told, of: "requests") == pauses)
        #expect(try Report(query, in: directory, now: midnight + 90 * day).rows.count == 3)
    }

    private func rollups(of directory: DataDirectory) throws -> [String] {
        try [
            ("daily_costs", DailyRollup.keyColumns), ("monthly_costs", MonthlyRollup.keyColumns),
            ("retried_costs", RetriedRollup.keyColumns),
        ].map { try directory.contents(of: $0, $1 + RollupSums.columns) }
    }

    @Test(
        "A journal that the version before left stops the migration, so that that version can still drain it",
        arguments: [1, 3])
    func leftover(slots: Int) throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try versionOne(directory)
        let path = directory.journalPath(loop: 0)
        var header = [UInt8](repeating: 0, count: 4096 * (1 + slots))
        withUnsafeBytes(of: SlotLayout.magic) { header.replaceSubrange(0..<8, with: $0) }
        withUnsafeBytes(of: (UInt32(1), UInt32(4096))) { header.replaceSubrange(8..<16, with: $0) }
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        #expect(write(file, header, header.count) == header.count)
        close(file)
        let refusal = LedgerError.journalUnreadable(path: path)
        #expect(throws: refusal) { _ = try Ledger(directory) }
        #expect(throws: refusal) { _ = try BudgetStore(directory: directory, actor: "root", now: { 0 }) }
        #expect(throws: refusal) { _ = try Ledger.recoverIfUnattended(directory) }
        #expect(try directory.value("PRAGMA user_version") == "1")
        #expect(access(path, F_OK) == 0)
        unlink(path)
        _ = try BudgetStore(directory: directory, actor: "root", now: { 0 })
        #expect(try directory.value("PRAGMA user_version") == "\(Schema.migrations.count)")
    }
}

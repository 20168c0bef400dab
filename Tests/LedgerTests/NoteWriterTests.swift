import Synchronization
import Testing

@testable import Ledger

@Suite("Audit lines, accounts and alerts on their way to the database")
struct NoteWriterTests {
    private func entry(_ number: Int, _ action: String = "refuse") -> AuditEntry {
        AuditEntry(
            at: midnight + Int64(number), actor: "tollgate", action: action, subject: "rule", details: "\(number)")
    }

    private func key(_ scope: String) -> BudgetAccountRow.Key {
        BudgetAccountRow.Key(rule: "seniors", scope: scope, windowStart: midnight)
    }

    private func account(_ scope: String, settled: Int64) -> BudgetAccountRow {
        var row = BudgetAccountRow(
            key: key(scope), windowEnd: midnight + day, unit: "cost_per_day", limit: 50, updatedAt: midnight)
        (row.settled, row.reserved, row.exposure) = (settled, 2, 3)
        return row
    }

    @Test("Lines from several threads are all written, those of each thread in their order")
    func threads() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        let writer = ledger.writer
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let running = Countdown(4) { done.resume() }
            for thread in 0..<4 {
                startThread {
                    for number in 0..<2500 {
                        writer.audit([
                            AuditEntry(at: midnight, actor: "\(thread)", action: "refuse", details: "\(number)")
                        ])
                    }
                    running.finished()
                }
            }
        }
        try await writer.close()
        let statistics = await writer.statistics()
        #expect(statistics.auditLines == 10_000 && statistics.auditWaiting == 0 && statistics.auditDropped == 0)
        #expect(
            try directory.row(
                "count(*), sum(sorted)",
                of: """
                    (SELECT CAST(details AS INTEGER) = row_number() OVER (PARTITION BY actor ORDER BY id) - 1 AS sorted
                    FROM audit)
                    """) == "10000|10000")
    }

    @Test("While the database refuses rows of tools and breaks wait up to a bound; those dropped are told of once")
    func lostRows() async throws {
        let temporary = TemporaryDirectory()
        let lost = Mutex<[String: Int]>([:])
        var options = Ledger.Options()
        options.onRowLoss = { table, count in lost.withLock { $0[table, default: 0] += count } }
        let ledger = try Ledger(try temporary.data(), options)
        let writer = ledger.writer
        try await writer.execute("PRAGMA query_only = 1")
        for group in 0..<13 {
            writer.save(tools: (0..<5_000).map { ToolRow(requestID: Int64(group), callID: "t\($0)") })
            writer.save(breaks: (0..<1_000).map { CacheBreakRow(requestID: Int64(group * 1_000 + $0 + 1)) })
            // Taken or not, they wait.
            await #expect(throws: LedgerError.self) { try await writer.flush() }
        }
        try await writer.execute("PRAGMA query_only = 0")
        try await writer.flush()
        writer.save(tools: [ToolRow(requestID: 99, callID: "t")])
        try await writer.close()
        #expect(lost.withLock { $0 } == ["tool_calls": 15_000, "cache_breaks": 3_000])
        let database = try temporary.data().openDatabaseReadOnly()
        #expect(try database?.integer("SELECT count(*) FROM tool_calls") == 50_001)
        #expect(try database?.integer("SELECT count(*) FROM cache_breaks") == 10_000)
    }

    @Test("While the database refuses lines wait in order; what is too much is dropped, counted, and told of")
    func refusing() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let faults = Mutex<[LedgerFault]>([])
        var options = Ledger.Options()
        options.auditCapacity = 3000
        options.onFault = { fault in faults.withLock { $0.append(fault) } }
        let losses = Mutex<[Int]>([])
        options.onAuditLoss = { count in losses.withLock { $0.append(count) } }
        let ledger = try Ledger(directory, options)
        let writer = ledger.writer
        try await writer.execute("PRAGMA query_only = 1")
        for number in 0..<500 { writer.audit((0..<7).map { entry(number * 7 + $0) }) }
        writer.save(accounts: [account("alice", settled: 1)])
        writer.save(accounts: [account("alice", settled: 2), account("bob", settled: 5)])
        await #expect(throws: LedgerError.self) { try await writer.flush() }
        var statistics = await writer.statistics()
        #expect(statistics.auditWaiting + statistics.auditLines == 3000)
        #expect(statistics.auditDropped == 500)
        writer.save(accounts: [account("alice", settled: 4)])
        try await writer.execute("PRAGMA query_only = 0")
        try await writer.flush()
        statistics = await writer.statistics()
        #expect(statistics.auditWaiting == 0 && statistics.auditLines == 3000)
        writer.audit([entry(9999)])
        try await writer.close()
        #expect(losses.withLock { $0.reduce(0, +) } == 500)
        let lines = "audit WHERE action = 'refuse'"
        #expect(try directory.row("count(*), min(at), max(at)", of: lines) == "3001|\(midnight)|\(midnight + 9999)")
        #expect(
            try directory.row(
                "sum(sorted)",
                of: """
                    (SELECT CAST(details AS INTEGER) = row_number() OVER (ORDER BY id) - 1 AS sorted FROM \(lines))
                    """) == "3000")
        #expect(try directory.row("actor, details", of: "audit WHERE action = 'lost'") == #"tollgate|{"entries":500}"#)
        #expect(
            try directory.row("group_concat(scope || settled)", of: "(SELECT * FROM budget_accounts ORDER BY scope)")
                == "alice4,bob5")
    }

    @Test("Rows are written though notes wait, and notes though no row does")
    func beside() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        ledger.writer.audit([entry(1, "start")])
        ledger.writer.audit([])
        serve(ledger.journals[0], id: RequestID(rawValue: 1))
        let alert = BudgetAlertRow(account: key("alice"), threshold: 75, at: midnight + 5)
        ledger.writer.save(alerts: [alert])
        ledger.writer.save(alerts: [BudgetAlertRow(account: key("alice"), threshold: 75, at: midnight + 9)])
        try await ledger.writer.flush()
        #expect(try directory.row("action, subject", of: "audit") == "start|rule")
        let store = try BudgetStore(directory: directory, actor: "cli", now: { midnight })
        #expect(try store.alerts(since: midnight) == [alert])
        #expect(try store.alerts(since: midnight + 1).isEmpty)
        try await ledger.writer.close()
        ledger.writer.audit([entry(2)])
        #expect(await ledger.writer.statistics().auditDropped == 1, "a closed ledger takes nothing, and says so")
    }

    @Test("The command line reads the accounts whose windows have not ended")
    func accounts() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        var total = account("", settled: 9)
        total.windowEnd = nil
        ledger.writer.save(accounts: [account("bob", settled: 3), account("alice", settled: 7), total])
        try await ledger.writer.close()
        let clock = Mutex(midnight)
        let store = try BudgetStore(directory: directory, actor: "cli", now: { clock.withLock { $0 } })
        #expect(try store.accounts() == [total, account("alice", settled: 7), account("bob", settled: 3)])
        clock.withLock { $0 = midnight + day }
        #expect(try store.accounts() == [total])
    }

    @Test("More accounts than a transaction takes are all written")
    func manyAccounts() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        for round in Int64(0)..<3 {
            ledger.writer.save(accounts: (0..<2500).map { account("user-\($0)", settled: round * 10_000 + Int64($0)) })
        }
        try await ledger.writer.close()
        #expect(
            try directory.row("count(*), min(settled), max(settled)", of: "budget_accounts") == "2500|20000|22499")
    }
}

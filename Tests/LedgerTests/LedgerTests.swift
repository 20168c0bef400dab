import Glibc
import Testing

@testable import Ledger

@Suite("The ledger, from a journal slot to a row")
struct LedgerTests {
    @Test("A request becomes one row with everything that was said of it")
    func wholeRow() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        var ids = ledger.makeIDSource(loop: 0)
        let id = ids.next(now: midnight + 5 * second)
        #expect(serve(ledger.journals[0], id: id))
        try await ledger.writer.close()

        let row = try directory.row(
            """
            id, started_at, duration_ns, ttfb_ns, user, team, key_id, session_id, project, metadata,
                model_requested, model_served, provider, provider_kind, client_version, entrypoint, operation,
                streamed, status, outcome
            """, of: "requests")
        #expect(
            row == "\(id.rawValue)|\(midnight + 5 * second)|3000000000|1000000000|alice|platform|key_1|"
                + "0d5c4e1e-7d0f-4b2f-9c46-3f6f0f5c8d11|tollgate|{\"env\":\"ci\",\"ticket\":\"T-1\"}|"
                + "claude-sonnet-4-5|claude-sonnet-4-5-20250929|anthropic-main|anthropic|2.1.0|cli|messages|1|200|ok")
        let figures = try directory.row(
            """
            input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens,
                output_tokens, web_search_requests, web_fetch_requests, usage, cost_nano_usd, price_version, unpriced,
                estimated, truncated, stop_reason, upstream_request_id, hex(trace_id), hex(span_id), bytes_in,
                bytes_out, attempts, ifnull(error_type, 'null'), ifnull(tool_durations, 'null')
            """, of: "requests")
        #expect(
            figures == "10|30|4|1000|200|2|1|{\"input_tokens\":10}|1234567|2026-11-01|0|0|0|end_turn|req_upstream|"
                + "01020304050607081112131415161718|2122232425262728|2048|4096|1|null|null")
        let attempt = try directory.row(
            """
            request_id, ordinal, hex(span_id), provider, model, status, outcome, started_at,
                duration_ns, ttfb_ns, upstream_request_id, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, output_tokens, web_search_requests, web_fetch_requests, cost_nano_usd, estimated,
                reused_connection
            """, of: "attempts")
        #expect(
            attempt == "\(id.rawValue)|0|0000000000000007|anthropic-main|claude-sonnet-4-5-20250929|200|ok|"
                + "\(midnight + 5 * second)|2000000000|500000000|req_upstream|10|30|4|1000|200|2|1|1234567|0|1")
    }

    @Test("A second gateway on the same directory is told who has it")
    func secondProcess() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        #expect(throws: LedgerError.directoryInUse(path: directory.path, owner: getpid())) {
            _ = try directory.lock(patience: 0)
        }
        try await ledger.writer.close()
        try directory.lock(patience: 0).release()
    }

    @Test("Files and directory are for their owner only")
    func modes() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        serve(ledger.journals[0], id: RequestID(rawValue: 1))
        try await ledger.writer.flush()
        #expect(mode(directory.path) == 0o700)
        for name in ["ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm", "journal-0.slots", "lock"] {
            #expect(mode(directory.path + "/" + name) == 0o600, "\(name)")
        }
        try await ledger.writer.close()
    }

    @Test("A database of a newer version is refused, not touched")
    func newerSchema() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try directory.openDatabase().execute("PRAGMA user_version = 99")
        #expect(throws: LedgerError.schemaTooNew(found: 99, known: Schema.migrations.count)) {
            _ = try Ledger(directory)
        }
    }

    @Test("Migrating twice, or beside another process, changes nothing")
    func migration() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let one = try directory.openDatabase()
        let other = try directory.openDatabase()
        try Schema.migrate(one)
        try Schema.migrate(other)
        #expect(try Schema.version(of: one) == Schema.migrations.count)
        #expect(
            try directory.value(
                "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)")
                == "activity,attempts,audit,budget_accounts,budget_alerts,budget_raises,cache_breaks,cost_corrections,daily_costs,"
                + "keys,meta,monthly_costs,openings,openings_kept,requests,retried_costs,sessions,tool_calls"
        )
    }

    @Test("count_tokens makes a row that costs nothing")
    func countTokens() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        var facts = sampleFacts(id: RequestID(rawValue: 9))
        facts.operation = .countTokens
        let slot = try opened(ledger.journals[0], facts)
        slot.close(RequestOutcome(outcome: .ok, status: 200, duration: 1))
        try await ledger.writer.close()
        #expect(try directory.value("SELECT operation || cost_nano_usd || estimated FROM requests") == "count_tokens00")
    }

    @Test("A database without a byte in it is told from one that is not there yet")
    func emptied() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let first = try Ledger(directory)
        #expect(!first.wasEmptied)
        try await first.close()
        #expect(truncate(directory.databasePath, 0) == 0)
        let examination = try LedgerExamination(path: directory.path, patience: second)
        #expect(examination.isEmptied && examination.database == nil)
        let next = try Ledger(directory)
        #expect(next.wasEmptied)
        try await next.close()
    }
}

private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

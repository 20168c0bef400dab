import Glibc
import Testing

@testable import Ledger

@Suite("What a killed gateway leaves")
struct RecoveryTests {
    /// A directory as a kill leaves it: `closed` rows on their way to the database, `open` ones in flight.
    private func killed(_ temporary: TemporaryDirectory, closed: Int, open: Int) throws -> DataDirectory {
        let running = try temporary.data()
        let left = try DataDirectory(path: temporary.path + "/left")
        let journal = try Journal(
            path: running.journalPath(loop: 0), capacity: 4096, initial: 1024, wake: WriterWake())
        for number in 0..<closed { serve(journal, id: RequestID(rawValue: Int64(number) << 22)) }
        try leave(journal, running, left, open: open, first: closed)
        return left
    }

    /// Copies the files while `open` more rows are in flight, one per level of the recursion.
    private func leave(
        _ journal: Journal, _ running: DataDirectory, _ left: DataDirectory, open: Int, first: Int
    ) throws {
        guard open > 0 else { return try running.copy(to: left) }
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: Int64(first) << 22)))
        try begin(slot, sampleAttempt(at: midnight))
        try leave(journal, running, left, open: open - 1, first: first + 1)
        slot.close(sampleOutcome())
    }

    @Test("Finished rows are brought in, open ones closed as interrupted with their estimate")
    func recovered() async throws {
        let temporary = TemporaryDirectory()
        let left = try killed(temporary, closed: 3, open: 2)
        let ledger = try Ledger(left)
        #expect(ledger.recovered == (3, 2))
        try await ledger.writer.close()
        #expect(try left.row("count(*), sum(cost_nano_usd)", of: "requests WHERE outcome = 'ok'") == "3|3703701")
        #expect(
            try left.row(
                "count(*), sum(cost_nano_usd), sum(estimated), sum(input_tokens), count(duration_ns), count(status)",
                of: "requests WHERE outcome = 'interrupted'") == "2|18000|2|1000|0|0")
        #expect(
            try left.row(
                "count(*), sum(cost_nano_usd), min(model), count(duration_ns)",
                of: "attempts WHERE outcome = 'interrupted'") == "2|18000|claude-sonnet-4-5-20250929|0")
        #expect(try left.row("sum(requests), sum(errors), sum(cost_nano_usd)", of: "daily_costs") == "5|2|3721701")
        #expect(
            try left.row("provider || provider_kind || price_version", of: "requests WHERE outcome = 'interrupted'")
                == "anthropic-mainanthropic2026-11-01")
    }

    @Test("Killed again after any transaction of the recovery, every row is there once", arguments: 0...4)
    func replay(transactions: Int) throws {
        let temporary = TemporaryDirectory()
        let left = try killed(temporary, closed: 2500, open: 3)
        let journal = left.journalPath(loop: 0)
        try copyFile(journal, temporary.path + "/journal")
        _ = try JournalRecovery.run(in: left, into: try left.openDatabase(), limit: transactions)
        // As if the kill had come before the journal was deleted.
        try copyFile(temporary.path + "/journal", journal)
        _ = try JournalRecovery.run(in: left, into: try left.openDatabase())
        #expect(try left.leftoverJournals().isEmpty)
        #expect(try left.row("count(*), count(DISTINCT id)", of: "requests") == "2503|2503")
        #expect(try left.value("SELECT count(*) FROM attempts") == "2503")
        #expect(try left.value("SELECT sum(requests) FROM daily_costs") == "2503")
        let rollup = try left.value("SELECT sum(cost_nano_usd) FROM daily_costs")
        #expect(try left.value("SELECT sum(cost_nano_usd) FROM requests") == rollup)
    }

    @Test("Rows committed but not yet given back are not counted twice")
    func killedBeforeGivingBack() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        for number in 0..<100 { serve(ledger.journals[0], id: RequestID(rawValue: Int64(number))) }
        // The journal from before the commit beside the database from after it.
        let left = try DataDirectory(path: temporary.path + "/left")
        try copyFile(directory.journalPath(loop: 0), left.journalPath(loop: 0))
        try await ledger.writer.close()
        try copyFile(directory.databasePath, left.databasePath)
        let next = try Ledger(left)
        #expect(try left.row("sum(requests), sum(errors)", of: "daily_costs") == "100|0")
        try await next.writer.close()
    }

    @Test("An estimate revised in flight is the one that counts; a torn revision leaves the former")
    func revision() throws {
        let temporary = TemporaryDirectory()
        let journal = try temporary.data().smallJournal()
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 0)))
        try begin(slot, sampleAttempt(at: midnight))
        let memory = journal.memory(of: 0)
        for step in Int64(1)...5 {
            slot.revise(UsageEstimate(usage: UsageCounts(input: step), costNanoUSD: step))
            #expect(memory.estimate.costNanoUSD == step)
        }
        // A kill within the sixth: the copy that is not in force is half written.
        if memory.numbers.pointee.secondEstimateIsValid {
            memory.numbers.pointee.firstEstimate.costNanoUSD = 6
        } else {
            memory.numbers.pointee.secondEstimate.costNanoUSD = 6
        }
        memory.interrupt()
        #expect(memory.numbers.pointee.costNanoUSD == 5)
        #expect(memory.numbers.pointee.usage.input == 5)
        slot.close(sampleOutcome())
    }

    @Test("A request whose attempts had all ended is charged with what they used, not with the estimate")
    func betweenAttempts() throws {
        let temporary = TemporaryDirectory()
        let journal = try temporary.data().smallJournal()
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 0)))
        try begin(slot, sampleAttempt(at: midnight))
        slot.closeAttempt(AttemptOutcome(outcome: .unreachable, status: 0, duration: 1))
        let memory = journal.memory(of: 0)
        memory.interrupt()
        #expect(memory.numbers.pointee.costNanoUSD == 0)
        #expect(!memory.numbers.pointee.estimated)
        #expect(memory.attempt(0).pointee.outcome == Outcome.unreachable.rawValue)
        slot.close(sampleOutcome())
    }

    @Test("A request that was never sent costs nothing")
    func unsent() throws {
        let temporary = TemporaryDirectory()
        let journal = try temporary.data().smallJournal()
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 0)))
        slot.revise(UsageEstimate(usage: UsageCounts(input: 7), costNanoUSD: 7))
        let memory = journal.memory(of: 0)
        memory.interrupt()
        #expect(memory.numbers.pointee.costNanoUSD == 0 && memory.numbers.pointee.usage == UsageCounts())
        #expect(!memory.numbers.pointee.estimated && !memory.numbers.pointee.unpriced)
        slot.close(sampleOutcome())
    }

    @Test("A journal cut or filled with noise brings no crash", arguments: [0, 1, 8192, 8193, 16_384, 24_000])
    func corrupt(length: Int) throws {
        let temporary = TemporaryDirectory()
        let left = try killed(temporary, closed: 3, open: 0)
        #expect(truncate(left.journalPath(loop: 0), off_t(length)) == 0)
        let rows = max(0, length / SlotLayout.slotSize - 1)
        let result = try JournalRecovery.run(in: left, into: try left.openDatabase())
        #expect(result == JournalRecovery.Result(finished: rows, interrupted: 0))
    }

    @Test("A journal of another layout is refused and kept")
    func foreign() throws {
        let temporary = TemporaryDirectory()
        let left = try killed(temporary, closed: 1, open: 0)
        let path = left.journalPath(loop: 0)
        let file = open(path, O_WRONLY)
        #expect(pwrite(file, [UInt8(99)], 1, 8) == 1)
        close(file)
        #expect(throws: LedgerError.journalUnreadable(path: path)) { _ = try Ledger(left) }
        #expect(access(path, F_OK) == 0)
    }

    @Test("A report brings the rows in if no gateway runs, and leaves them to one that does")
    func unattended() async throws {
        let temporary = TemporaryDirectory()
        let left = try killed(temporary, closed: 2, open: 1)
        #expect(try Ledger.recoverIfUnattended(left) == 3)
        #expect(try Ledger.recoverIfUnattended(left) == 0)
        let ledger = try Ledger(left)
        #expect(try Ledger.recoverIfUnattended(left) == nil)
        try await ledger.writer.close()
    }

    @Test("Ids made after a restart under a clock that went back are new ones")
    func idsAfterClockStep() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let first = try Ledger(directory)
        var ids = first.makeIDSource(loop: 0)
        let newest = ids.next(now: midnight)
        serve(first.journals[0], id: newest)
        try await first.writer.close()
        let second = try Ledger(directory)
        var later = second.makeIDSource(loop: 0)
        #expect(later.next(now: midnight - day) > newest)
        try await second.writer.close()
    }
}

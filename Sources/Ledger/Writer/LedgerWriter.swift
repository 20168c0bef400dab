import Glibc
import Synchronization
import Transport

/// The one that writes the database while the gateway runs, on a thread of its own.
///
/// It takes finished rows out of the journals of all loops every 20 ms, up to 1,000 in a transaction, and gives the
/// slots back. If the database refuses (a full disk), the rows stay where they are, in memory that a kill does not
/// harm, and are tried again with growing pauses; the journals fill, and new requests are refused rather than
/// served unaccounted. Audit lines, accounts and alerts go into the database in the same turns, after the rows.
package actor LedgerWriter {
    private static let pause: Int64 = 20
    private static let longestBackOff: Int64 = 5000
    /// Turns without a row until the writer sleeps and wants to be woken.
    private static let turnsToSleep = 5

    private struct Claim {
        let journal: Int
        let slot: UInt32
    }

    /// What the writer had done at the end of its last turn, for threads that must not wait for it.
    package nonisolated let published = Mutex(LedgerStatistics())
    private let thread: WriterThread
    private let journals: [Journal]
    private let inbox: WriterInbox
    private let onFault: @Sendable (LedgerFault) -> Void
    private let onAuditLoss: @Sendable (Int) -> Void
    private let onRowLoss: @Sendable (_ table: String, Int) -> Void

    private var store: WriterStore?
    /// Rows taken out of the rings whose transaction is not committed yet.
    private var claims: [Claim] = []
    private var firstJournal = 0
    private var quietTurns = 0
    private var retryAt: Int64 = 0
    private var backOff: Int64 = 0
    private var counts = LedgerStatistics()
    /// Dropped audit lines that were told of.
    private var toldLoss = 0
    /// The same of rows.
    private var toldRows: [WriterInbox.Table: Int] = [:]

    package nonisolated let unownedExecutor: UnownedSerialExecutor

    init(
        store: consuming sending WriterStore, journals: [Journal], inbox: WriterInbox, thread: WriterThread,
        onFault: @escaping @Sendable (LedgerFault) -> Void, onAuditLoss: @escaping @Sendable (Int) -> Void,
        onRowLoss: @escaping @Sendable (_ table: String, Int) -> Void
    ) {
        self.store = consume store
        self.journals = journals
        self.inbox = inbox
        self.thread = thread
        self.onFault = onFault
        self.onAuditLoss = onAuditLoss
        self.onRowLoss = onRowLoss
        unownedExecutor = thread.asUnownedSerialExecutor()
        claims.reserveCapacity(RowWriter.groupSize)
    }

    deinit { thread.end() }

    /// Hands lines to the audit, from any thread, without waiting. They are written in the order of the calls, within
    /// moments; while the database refuses up to 100,000 of them wait, and the rest is dropped and counted.
    package nonisolated func audit(_ entries: [AuditEntry]) {
        if !entries.isEmpty { inbox.add(entries) }
    }

    /// Hands over the state of accounts, from any thread, without waiting. Only the latest state of each is written.
    package nonisolated func save(accounts: [BudgetAccountRow]) {
        if !accounts.isEmpty { inbox.add(accounts) }
    }

    /// Hands over alerts that were given, from any thread, without waiting. One that is known already stays as it is.
    package nonisolated func save(alerts: [BudgetAlertRow]) {
        if !alerts.isEmpty { inbox.add(alerts) }
    }

    /// Adds to what is known of developers' work, from any thread, without waiting.
    package nonisolated func add(activity: [ActivityRow]) {
        if !activity.isEmpty { inbox.add(activity) }
    }

    /// Hands over breaks of caches, from any thread, without waiting. Of one request the first counts.
    package nonisolated func save(breaks: [CacheBreakRow]) {
        if !breaks.isEmpty { inbox.add(breaks) }
    }

    /// Hands over calls of tools, from any thread, without waiting. One that is known already is brought up to date.
    package nonisolated func save(tools: [ToolRow]) {
        if !tools.isEmpty { inbox.add(tools) }
    }

    /// Writes every row that was closed, and all that was handed over, before the call.
    ///
    /// Throws what the database answers if it refuses; everything is kept then.
    package func flush() throws(LedgerError) {
        // A journal that is drained is deleted: what is in it must not go where nobody looks.
        try store?.place.check()
        while try writeGroup() == RowWriter.groupSize {}
        while try writeNotes() {}
    }

    /// Writes what is closed, and gives the database and the directory back: the end of the ledger, to be awaited
    /// after the loops have drained. Journals open no more rows. Rows still open, or refused by the database (which
    /// is thrown), stay in their journals and are found by the next start; audit lines that it refused are lost with the
    /// process. Closing twice is harmless.
    package func close() throws(LedgerError) {
        guard store != nil else { return }
        defer { store = nil }
        for journal in journals { journal.stop() }
        inbox.close()
        tellLoss()
        try flush()
        for journal in journals { journal.deleteIfDrained() }
        try store?.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Keeps what the next start begins budgets and limits with.
    package func keep(_ openings: KeptOpenings) throws(LedgerError) {
        guard let database = store?.database else { return }
        try openings.write(into: database)
    }

    /// The id after the last one in the database, once everything is written that was closed.
    package func end() throws(LedgerError) -> RequestID {
        try flush()
        guard let database = store?.database else { return RequestID(rawValue: 0) }
        return RequestID(rawValue: try database.integer("SELECT ifnull(max(id), -1) FROM requests") + 1)
    }

    /// Looks for changed keys now and not at the next turn; `onKeyChange` has been called when this returns. For a key that nobody
    /// knows yet: it may have been issued a moment ago.
    package func lookForKeys() {
        do throws(LedgerError) {
            try store?.watch.pollNow()
        } catch {
            fault(error, now: monotonicMilliseconds())
        }
    }

    /// What the writer has done so far.
    package func statistics() -> LedgerStatistics {
        var counts = counts
        counts.waiting = claims.count + journals.reduce(0) { $0 + $1.closed.count }
        (counts.auditWaiting, counts.auditDropped) = inbox.audit
        return counts
    }

    /// Runs statements on the writer's connection.
    func execute(_ sql: String) throws(LedgerError) {
        try store?.database.execute(sql)
    }

    /// One round of the thread: keys and raises, rows, notes, and how to wait for the next.
    func turn() -> WriterWait {
        guard store != nil else { return .ended }
        defer {
            let counts = statistics()
            published.withLock { $0 = counts }
        }
        tellLoss()
        let now = monotonicMilliseconds()
        do throws(LedgerError) {
            try store?.watch.poll(now: now)
        } catch {
            fault(error, now: now)
        }
        if now < retryAt {
            store?.notes.collect()
            return .pause(min(retryAt - now, StoreWatch.interval))
        }
        do throws(LedgerError) {
            try store?.place.check()
            let written = try writeGroup()
            let noted = try writeNotes()
            backOff = 0
            quietTurns = written == 0 && !noted ? min(quietTurns + 1, Self.turnsToSleep) : 0
            if written == RowWriter.groupSize || store?.notes.hasMore == true { return .again }
        } catch {
            fault(error, now: now)
        }
        return quietTurns < Self.turnsToSleep ? .pause(Self.pause) : .sleep(StoreWatch.interval)
    }

    private func fault(_ error: LedgerError, now: Int64) {
        counts.faults += 1
        backOff = min(max(100, backOff * 2), Self.longestBackOff)
        retryAt = now + backOff
        onFault(
            LedgerFault(
                error: error, waitingRows: statistics().waiting, droppedAudit: inbox.audit.dropped,
                retryInMilliseconds: backOff))
    }

    private func tellLoss() {
        let dropped = inbox.audit.dropped
        if dropped > toldLoss { onAuditLoss(dropped - toldLoss) }
        toldLoss = dropped
        for table in WriterInbox.Table.allCases {
            let dropped = inbox.dropped(from: table), told = toldRows.updateValue(dropped, forKey: table) ?? 0
            if dropped > told { onRowLoss(table.name, dropped - told) }
        }
    }

    private func writeNotes() throws(LedgerError) -> Bool {
        guard let noted = try store?.notes.write() else { return false }
        counts.auditLines = store?.notes.auditWritten ?? counts.auditLines
        return noted
    }

    /// Writes up to a group of rows. After a failure the same rows come first.
    private func writeGroup() throws(LedgerError) -> Int {
        guard store != nil else { return 0 }
        claim()
        guard !claims.isEmpty else { return 0 }
        let slots = claims.map { journals[$0.journal].memory(of: $0.slot) }
        guard let inserted = try store?.rows.write(slots) else { return 0 }
        for claim in claims { journals[claim.journal].giveBack(claim.slot) }
        let count = claims.count
        claims.removeAll(keepingCapacity: true)
        counts.rows += inserted
        counts.transactions += 1
        return count
    }

    /// Fills the group from the rings, a different journal first each time, so that none is starved.
    private func claim() {
        firstJournal = journals.isEmpty ? 0 : (firstJournal + 1) % journals.count
        for offset in journals.indices {
            let index = (firstJournal + offset) % journals.count
            while claims.count < RowWriter.groupSize, let slot = journals[index].closed.pop() {
                claims.append(Claim(journal: index, slot: slot))
            }
        }
    }
}

/// What the writer's thread owns: gone with the last of it are the connection and the lock.
struct WriterStore: ~Copyable {
    let database: Database
    let place: DatabasePlace
    var rows: RowWriter
    var notes: NoteWriter
    var watch: StoreWatch
    let lock: DirectoryLock
}

/// What the writer has done since the start.
package struct LedgerStatistics: Sendable, Equatable {
    /// Requests written.
    package var rows = 0
    /// Transactions committed.
    package var transactions = 0
    /// Times the database refused.
    package var faults = 0
    /// Rows closed and not yet written.
    package var waiting = 0
    /// Audit lines written, handed over and not yet written, and dropped because too many waited.
    package var auditLines = 0
    package var auditWaiting = 0
    package var auditDropped = 0
}

/// The database refused; no row is lost, and it is tried again.
package struct LedgerFault: Sendable {
    package let error: LedgerError
    /// Rows that wait for the database.
    package let waitingRows: Int
    /// Audit lines dropped since the start, because too many waited.
    package let droppedAudit: Int
    /// When it is tried again.
    package let retryInMilliseconds: Int64
}

/// Milliseconds of a clock that only goes forward.
func monotonicMilliseconds() -> Int64 { monotonicNanoseconds() / 1_000_000 }

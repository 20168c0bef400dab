import Transport

/// The ledger of a running gateway: opened before the first request, closed after the last.
package final class Ledger: Sendable {
    /// How the ledger is opened.
    package struct Options: Sendable {
        /// Event loops, 1...64; each gets a journal.
        package var loops = 1
        /// The most requests per loop that are in flight or wait for the database; a power of two. One takes 8 KiB.
        package var slotsPerLoop = 16_384
        /// Slots per loop that have room on the disk from the start.
        package var initialSlots = 2048
        /// The most audit lines that wait for the database.
        package var auditCapacity = 100_000
        /// Called by `init` before each step of what may take minutes, and nothing can be served before: the first start after an upgrade.
        package var onUpgrade: @Sendable (LedgerUpgrade) -> Void = { _ in }
        /// Called on the ledger's thread with all keys, whenever another process has changed one.
        package var onKeyChange: @Sendable ([KeyRecord]) -> Void = { _ in }
        /// Called on the ledger's thread with all raises that were not revoked, whenever another process has changed one.
        package var onRaiseChange: @Sendable ([BudgetRaise]) -> Void = { _ in }
        /// Called on the ledger's thread with the audit's lines about changes to keys and raises, which other processes make; each
        /// once, oldest first, but those from before the start.
        package var onAudit: @Sendable ([AuditEntry]) -> Void = { _ in }
        /// Called on the ledger's thread each time the database refuses.
        package var onFault: @Sendable (LedgerFault) -> Void = { _ in }
        /// Called on the ledger's thread with the number of audit lines that were dropped since the last call, because too many waited.
        package var onAuditLoss: @Sendable (Int) -> Void = { _ in }
        /// The same for rows of the tables `tool_calls` and `cache_breaks`.
        package var onRowLoss: @Sendable (_ table: String, Int) -> Void = { _, _ in }

        package init() {}

        /// Those of them that are written at the start: 64 loops shall not wait for a gigabyte.
        var writtenSlots: Int { min(initialSlots, max(Self.fewestWritten, Self.writtenOfAll / max(1, loops))) }
        private static let fewestWritten = 256, writtenOfAll = 4_096
    }

    /// The journals, by loop.
    package let journals: [Journal]
    package let writer: LedgerWriter
    package let standings: StandingReader
    /// The issued keys as they were at the start; later states come through `onKeyChange`.
    package let initialKeys: [KeyRecord]
    /// The raises that were not revoked, oldest first, ended ones among them; later states come through `onRaiseChange`.
    package let initialRaises: [BudgetRaise]
    /// The highest order number in the ledger, of an admission, a settlement or an audit line. Those of a new process must be
    /// higher, or a replay could not tell which of two came first.
    package let newestOrder: Int64
    /// Rows that the process before had finished, and that died with it, brought in by this start.
    package let recovered: (finished: Int, interrupted: Int)
    /// The database was there, and empty: no keys, nothing spent.
    package let wasEmptied: Bool
    private let newestID: RequestID
    /// The id after those in the database at the start: all requests of this process have it, or higher ones.
    package var firstID: RequestID { RequestID(rawValue: newestID.rawValue + 1) }

    /// Takes the data directory, recovers what a killed process left, and starts the writer's thread.
    ///
    /// Blocks: for the caller to do before the loops run.
    package init(_ directory: DataDirectory, _ options: Options = Options()) throws(LedgerError) {
        let lock = try directory.lock()
        wasEmptied = directory.hasEmptyDatabase
        let database = try directory.openDatabase(isOwner: true, onUpgrade: options.onUpgrade)
        let recovery = try JournalRecovery.run(in: directory, into: database)
        recovered = (recovery.finished, recovery.interrupted)
        newestID = RequestID(rawValue: try database.integer("SELECT max(id) FROM requests"))
        newestOrder = try OrderMark.read(in: database)
        try BudgetTables.prune(in: database, now: wallClockNanoseconds())
        let versions = try StoreWatch.Versions(in: database)
        initialKeys = try KeyTable.all(in: database)
        initialRaises = try RaiseTable.standing(in: database)

        let wake = WriterWake()
        var journals: [Journal] = []
        for loop in 0..<options.loops {
            journals.append(
                try Journal(
                    path: directory.journalPath(loop: loop), capacity: options.slotsPerLoop,
                    initial: options.initialSlots, written: options.writtenSlots, wake: wake))
        }
        self.journals = journals
        let inbox = WriterInbox(capacity: options.auditCapacity, wake: wake)
        let thread = WriterThread(wake: wake) { [journals] in
            inbox.isFilled || journals.contains { $0.closed.count > 0 }
        }
        let listeners = StoreWatch.Listeners(
            keys: options.onKeyChange, raises: options.onRaiseChange, audit: options.onAudit)
        let store = WriterStore(
            database: database, place: try DatabasePlace(path: directory.databasePath),
            rows: try RowWriter(database), notes: try NoteWriter(database, inbox: inbox),
            watch: try StoreWatch(database, seen: versions, listeners), lock: lock)
        let writer = LedgerWriter(
            store: store, journals: journals, inbox: inbox, thread: thread, onFault: options.onFault,
            onAuditLoss: options.onAuditLoss, onRowLoss: options.onRowLoss)
        self.writer = writer
        SharedTurns.shareWrites()
        standings = try StandingReader(directory)
        try thread.start { writer.assumeIsolated { $0.turn() } }
    }

    /// The ids of a loop's requests; one per loop, kept by it.
    package func makeIDSource(loop: Int) -> RequestIDSource {
        RequestIDSource(loop: loop, after: newestID)
    }

    /// Writes what is closed, and gives everything back: see `LedgerWriter.close`.
    package func close() async throws(LedgerError) {
        await standings.close()
        try await writer.close()
    }

    /// Brings in what a killed gateway left, if none runs now: for commands that read the ledger.
    ///
    /// - Returns: rows brought in; `nil` if a gateway runs, which writes its rows itself.
    package static func recoverIfUnattended(_ directory: DataDirectory) throws(LedgerError) -> Int? {
        guard !(try directory.leftoverJournals()).isEmpty else { return 0 }
        let lock: DirectoryLock
        do throws(LedgerError) {
            lock = try directory.lock(patience: 0)
        } catch .directoryInUse {
            return nil
        }
        let result = try JournalRecovery.run(in: directory, into: try directory.openDatabase(isOwner: true))
        lock.release()
        return result.finished + result.interrupted
    }
}

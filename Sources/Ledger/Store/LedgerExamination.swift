import CSQLite
import Glibc
import Transport
import Wire

/// The ledger as someone sees it who only looks: nothing is created, migrated or recovered. For a process that does not itself
/// keep the ledger open.
package struct LedgerExamination: Sendable {
    /// The process that holds the data directory; nil: nobody does.
    package private(set) var owner: Owner?
    /// What is in the database; nil: nothing was ever written.
    package private(set) var database: Store?
    /// The database is a file without a byte in it.
    package private(set) var isEmptied = false
    package private(set) var journals: [JournalState] = []

    package enum Owner: Sendable, Equatable {
        case process(Int32)
        case unknown
    }

    package struct Store: Sendable {
        /// Bytes of the database and its log.
        package let bytes: Int64
        package let version: Int
        /// What this build would bring it to.
        package let newestVersion: Int
        /// What SQLite's quick check found; empty: nothing.
        package let faults: [String]
        /// The check came to its end within the time allowed.
        package let isWhole: Bool
        /// The moment under which reports have the newest request, Unix nanoseconds: its id's, which never goes back.
        package let newestRequest: Int64?
        /// `nil`: the database is damaged, or there are none yet that this build reads.
        package let rollups: RollupExamination?
    }

    package struct JournalState: Sendable, Equatable {
        package let path: String
        /// Requests under way, or interrupted when nobody holds the directory.
        package var open = 0
        /// Finished rows that are not in the database yet.
        package var finished = 0
        /// When the first of the finished ones ended, Unix nanoseconds.
        package var earliestEnd: Int64?
        /// Of all of them the earliest that a request began at, Unix nanoseconds.
        package var earliest: Int64?
        /// Of another version's layout.
        package var isUnreadable = false
    }

    /// Looks at an existing directory. `patience`: nanoseconds that the check of the database may take. Throws what makes the
    /// database unusable.
    package init(path: String, patience: Int64) throws(LedgerError) {
        let directory = DataDirectory(existing: path)
        owner = try directory.currentOwner()
        isEmptied = directory.hasEmptyDatabase
        for path in try directory.leftoverJournals() { journals.append(try Self.state(ofJournal: path)) }
        if let opened = try directory.openDatabaseReadOnly(ofAnyVersion: true) {
            database = try Self.examine(opened, until: monotonicNanoseconds() &+ patience)
        }
    }

    /// The earliest that a request began at whose row is not in the database, Unix nanoseconds.
    package static func earliestUnwritten(in directory: DataDirectory) throws(LedgerError) -> Int64? {
        var earliest: Int64?
        for path in try directory.leftoverJournals() {
            guard let moment = try state(ofJournal: path).earliest else { continue }
            earliest = min(earliest ?? .max, moment)
        }
        return earliest
    }

    /// Rows that a running gateway should have written long ago, and cannot.
    package struct Backlog: Sendable, Equatable {
        package let rows: Int
        /// Nanoseconds since the first of them ended.
        package let age: Int64

        /// What a row may take on its way, a busy machine and a lock that is waited for included.
        private static let patience: Int64 = 10_000_000_000

        /// Nil: none has waited for that long. `now`: Unix nanoseconds.
        package init?(_ journals: [JournalState], at now: Int64) {
            guard let end = journals.compactMap(\.earliestEnd).min(), now - end > Self.patience else { return nil }
            rows = journals.reduce(0) { $0 + $1.finished }
            age = now - end
        }

        /// The same, of a directory that a gateway holds.
        package init?(in directory: DataDirectory, at now: Int64) throws(LedgerError) {
            var journals: [JournalState] = []
            for path in try directory.leftoverJournals() {
                journals.append(try LedgerExamination.state(ofJournal: path))
            }
            self.init(journals, at: now)
        }
    }

    private static func state(ofJournal path: String) throws(LedgerError) -> JournalState {
        var state = JournalState(path: path)
        do throws(LedgerError) {
            guard let file = try JournalFile.openLeftover(path: path) else { return state }
            defer { file.close() }
            for index in 0..<file.capacity {
                let slot = file.slot(index), life = slot.state
                guard life == SlotState.open || life == SlotState.closed else { continue }
                let began = slot.numbers.pointee.startedAt
                state.earliest = min(state.earliest ?? .max, began)
                guard life == SlotState.closed else {
                    state.open += 1
                    continue
                }
                state.finished += 1
                state.earliestEnd = min(
                    state.earliestEnd ?? .max, began.addingSaturated(max(0, slot.numbers.pointee.duration)))
            }
        } catch .journalUnreadable {
            state.isUnreadable = true
        } catch .file(_, _, ENOENT) {
            // The gateway drained it meanwhile.
        }
        return state
    }

    /// Nanoseconds that comparing rows with roll-ups may take.
    private static let rollupPatience: Int64 = 5_000_000_000

    private static func examine(_ database: Database, until deadline: Int64) throws(LedgerError) -> Store {
        let newest = try database.prepare("SELECT max(id) FROM requests")
        let newestRequest =
            try newest.step()
            ? newest.optionalInteger(0).map { RequestID(rawValue: $0).unixMilliseconds * 1_000_000 } : nil
        let (faults, isWhole) = try quickCheck(database, until: deadline)
        let version = try Schema.version(of: database), newestVersion = Schema.migrations.count
        var rollups: RollupExamination?
        if faults.isEmpty, version == newestVersion, try !RollupRebuild.isStale(database) {
            rollups = try RollupExamination(database, until: monotonicNanoseconds() &+ rollupPatience)
        }
        return Store(
            bytes: size(database.path) + size(database.path + "-wal"), version: version, newestVersion: newestVersion,
            faults: faults, isWhole: isWhole, newestRequest: newestRequest, rollups: rollups)
    }

    private static func quickCheck(
        _ database: Database, until deadline: Int64
    ) throws(LedgerError) -> (faults: [String], isWhole: Bool) {
        var deadline = deadline
        var faults: [String] = []
        var failure: LedgerError?
        withUnsafeMutablePointer(to: &deadline) { deadline in
            sqlite3_progress_handler(
                database.handle, 10_000,
                { context in
                    guard let end = context?.assumingMemoryBound(to: Int64.self).pointee else { return 0 }
                    return monotonicNanoseconds() > end ? 1 : 0
                }, deadline)
            do throws(LedgerError) {
                let check = try database.prepare("PRAGMA quick_check(5)")
                while try check.step() { faults.append(check.text(0)) }
            } catch {
                failure = error
            }
            sqlite3_progress_handler(database.handle, 0, nil, nil)
        }
        if case .database(SQLITE_INTERRUPT, _)? = failure { return (faults.filter { $0 != "ok" }, false) }
        if let failure { throw failure }
        return (faults.filter { $0 != "ok" }, true)
    }

    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}

extension DataDirectory {
    /// One that is there.
    fileprivate init(existing path: String) { self.path = path }

    /// Who holds the lock; nothing is created and nobody is kept from taking it for more than an instant.
    fileprivate func currentOwner() throws(LedgerError) -> LedgerExamination.Owner? {
        let descriptor = open(path + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .file(operation: "open", path: path + "/lock", code: errno)
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &text, text.count, 0)
        return Int32(String(decoding: text.prefix(max(0, count)), as: UTF8.self)).map { .process($0) } ?? .unknown
    }
}

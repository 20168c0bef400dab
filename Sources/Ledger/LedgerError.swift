/// Why the ledger could not do what it was asked. Everything that callers tell apart is a case of its own.
package enum LedgerError: Error, Sendable, Equatable {
    /// A file or directory operation failed: what was tried, on which path, and the `errno`.
    case file(operation: String, path: String, code: Int32)
    /// A directory without a ledger, where one is to be read.
    case noLedger(directory: String)
    /// Another process holds the data directory. `owner` is its process id, when it left one.
    case directoryInUse(path: String, owner: Int32?)
    /// SQLite refused: its extended result code and its own words.
    case database(code: Int32, message: String)
    /// At its path is not the file that is open.
    case databaseMoved(path: String)
    /// The database was written by a newer Tollgate: found and newest known schema version.
    case schemaTooNew(found: Int, known: Int)
    /// It was written by an older one, and nothing has brought it up to date yet.
    case schemaTooOld(found: Int, known: Int)
    /// The same, and another process is at work on it: `owner` is its process id, when it left one.
    case schemaInUse(found: Int, known: Int, owner: Int32?)
    /// A migration emptied the roll-ups, and they are not all made anew yet.
    case rollupsStale
    /// A journal file has another layout than this build's; the build that wrote it must drain it first.
    case journalUnreadable(path: String)
    /// No issued key has this id or prefix, or more than one has.
    case noSuchKey(String)
    /// The key can no longer be changed in the way asked for, with the reason in words.
    case keyUnchangeable(id: String, reason: String)
    /// No budget was raised under this number.
    case noSuchRaise(Int64)
    /// The raise does not make sense, with the reason in words.
    case raiseRefused(reason: String)
    /// The report's arguments do not make sense, with the reason in words.
    case invalidQuery(String)
    /// Rows that the question is about were taken out; from that day on they are there.
    case rowsPruned(since: String)
    /// Another process changes rows of the past.
    case historyLocked
    /// A sum left the range of 64 bits.
    case overflow
}

extension LedgerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let operation, let path, let code):
            "cannot \(operation) \(path): \(systemMessage(code))"
        case .noLedger(let path):
            "there is no ledger in \(path): no gateway has run with this `data` yet, or it is another folder"
        case .directoryInUse(let path, let owner?):
            "the data directory \(path) is in use by process \(owner); stop it, or name another `data` directory"
        case .directoryInUse(let path, nil):
            "the data directory \(path) is in use by another process; stop it, or name another `data` directory"
        // SQLITE_CANTOPEN
        case .database(let code, let message) where code & 0xFF == 14:
            "the ledger database: \(message) (SQLite code \(code)): who reads it must be able to write in its folder; copy it to one"
        // SQLITE_BUSY
        case .database(let code, let message) where code & 0xFF == 5:
            "the ledger database: \(message) (SQLite code \(code)): another process holds it for more than five seconds; try again, or end "
                + "that one (`fuser ledger.sqlite3`)"
        case .database(let code, let message):
            "the ledger database: \(message) (SQLite code \(code))"
        case .databaseMoved(let path):
            "\(path) is not the file any more that this process writes: it, or its folder, was moved, deleted or replaced, or something is "
                + "mounted over it. Put it back; or else stop the gateway, move ledger.sqlite3-wal and ledger.sqlite3-shm away where they are "
                + "of the file before, and start it again"
        case .schemaTooNew(let found, let known):
            "the ledger database has schema version \(found), this Tollgate knows up to \(known); use a newer one"
        case .schemaTooOld(let found, let known):
            "the ledger database has schema version \(found), this Tollgate reads \(known): start this version's gateway once, which brings "
                + "it up to date, or ask with the version that runs on it"
        case .schemaInUse(let found, let known, let owner):
            "the ledger database has schema version \(found), this Tollgate writes \(known), and "
                + (owner.map { "process \($0)" } ?? "another process")
                + " works on it: if that is a gateway, start it anew with this version first, or use the version that runs"
        case .rollupsStale:
            "the sums by day and month are being made anew after an upgrade: wait until that is over, or run `tollgate report rebuild` if "
                + "it was cut short"
        case .journalUnreadable(let path):
            "\(path) is not a journal of this version; start the version that wrote it once, so that it drains it"
        case .noSuchKey(let text):
            "no single issued key matches `\(text)`; `tollgate keys list` shows them"
        case .keyUnchangeable(let id, let reason):
            "key \(id) cannot be changed: \(reason)"
        case .noSuchRaise(let id):
            "there is no raise \(id); `tollgate budgets` shows them"
        case .raiseRefused(let reason):
            "the budget cannot be raised: \(reason)"
        case .invalidQuery(let reason):
            reason
        case .rowsPruned(let day):
            "this is told from the rows of requests, and `tollgate report prune` took out those before \(day): choose --since \(day) or "
                + "later; of whole days before it (--since with a date, not with how long ago) there are sums by \(ReportColumn.rollupNames)"
        case .historyLocked:
            "another `report recompute` or `report prune` runs; wait until it is over"
        case .overflow:
            "a sum is larger than 64 bits hold"
        }
    }
}

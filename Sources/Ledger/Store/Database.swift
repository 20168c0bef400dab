import CSQLite

/// One connection to the ledger's database. Belongs to one thread at a time: SQLite's own locking is off.
final class Database {
    enum Access { case readWrite, readOnly }

    let handle: OpaquePointer
    let path: String

    /// Opens the file, creating it when writing is meant.
    ///
    /// Readers and the writer go on beside each other (write-ahead log); two writers wait for one another, up to
    /// five seconds. `synchronous=NORMAL` costs no disk flush per transaction: a transaction survives the death of
    /// the process at once, that of the machine after the next checkpoint.
    init(path: String, access: Access) throws(LedgerError) {
        Self.prepareLibrary()
        let mode = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "cannot open \(path)"
            sqlite3_close_v2(handle)
            throw .database(code: code, message: "\(message): \(path)")
        }
        self.handle = handle
        self.path = path
        sqlite3_busy_timeout(handle, 5000)
        if access == .readWrite {
            try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON")
        }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Before SQLite is used for the first time: it counts no memory, for which it would take a lock twice for every value it copies.
    static func prepareLibrary() { _ = isPrepared }

    private static let isPrepared = tollgate_sqlite_without_statistics() == SQLITE_OK

    /// Runs statements that return nothing.
    func execute(_ sql: String) throws(LedgerError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    func prepare(_ sql: String) throws(LedgerError) -> Statement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        return Statement(statement, of: self)
    }

    /// The first column of the first row as an integer; 0 if there is none.
    func integer(_ sql: String) throws(LedgerError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Runs `body` in one transaction that takes the write lock at once, and undoes it if it throws.
    func transaction<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(LedgerError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Undoes the transaction after a failure, which is the error that counts; some of them (a full disk) have
    /// undone it already.
    func rollBack() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Rows changed by the last statement.
    var changes: Int32 { sqlite3_changes(handle) }

    func failure(_ code: Int32) -> LedgerError {
        .database(code: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}

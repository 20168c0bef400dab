import Glibc

extension DataDirectory {
    /// Opens the database for writing, creates it if there is none, and brings its schema up to date; not while a journal of
    /// another layout lies beside it, whose writer could then no longer open the database to drain it.
    func openDatabase() throws(LedgerError) -> Database {
        // SQLite gives its other files the mode of the first one, which it would create readable for all.
        let descriptor = open(databasePath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "open", path: databasePath, code: errno) }
        close(descriptor)
        let database = try Database(path: databasePath, access: .readWrite)
        if try !Schema.isCurrent(database) {
            for path in try leftoverJournals() { try JournalFile.openLeftover(path: path)?.close() }
            try Schema.migrate(database)
        }
        return database
    }

    /// Opens the database for reading; `nil` if nothing was ever written.
    func openDatabaseReadOnly() throws(LedgerError) -> Database? {
        guard access(databasePath, F_OK) == 0 else { return nil }
        let database = try Database(path: databasePath, access: .readOnly)
        return try Schema.version(of: database) == 0 ? nil : database
    }
}

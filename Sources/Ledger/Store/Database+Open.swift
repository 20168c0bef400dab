import Glibc

extension DataDirectory {
    /// Opens the database for writing, creates it if there is none, and brings its schema up to date; not while a journal of
    /// another layout lies beside it, whose writer could then no longer open the database to drain it.
    ///
    /// Roll-ups that a migration emptied are made anew here: that reads every row.
    ///
    /// - Parameters:
    ///   - isOwner: the caller holds the directory's lock. Others do not migrate under a gateway that runs: it is of the version before, and
    ///     writes as that one did; `schemaInUse`.
    ///   - withStaleRollups: the caller does that itself, or does without.
    func openDatabase(
        isOwner: Bool = false, withStaleRollups: Bool = false, onUpgrade: (LedgerUpgrade) -> Void = { _ in }
    ) throws(LedgerError) -> Database {
        // SQLite gives its other files the mode of the first one, which it would create readable for all. A file that is there
        // must not be opened here: closing it would take away the locks of every connection of this process (POSIX), and another
        // process would take itself for the last reader and delete the log under the writer.
        let descriptor = open(databasePath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST {
            throw .file(operation: "open", path: databasePath, code: errno)
        }
        let database = try Database(path: databasePath, access: .readWrite)
        if try !Schema.isCurrent(database) {
            for path in try leftoverJournals() { try JournalFile.openLeftover(path: path)?.close() }
            let found = try Schema.version(of: database)
            if found > 0 { onUpgrade(.schema(from: found, to: Schema.migrations.count)) }
            try migrate(database, isOwner: isOwner)
        }
        if !withStaleRollups, try RollupRebuild.isStale(database) {
            _ = try RollupRebuild.run(database, isResumed: true) { onUpgrade(.sums(day: $0, of: $1)) }
        }
        return database
    }

    private func migrate(_ database: Database, isOwner: Bool) throws(LedgerError) {
        let found = try Schema.version(of: database)
        // Nobody can be used to what is not there yet.
        guard !isOwner, found > 0 else { return try Schema.migrate(database) }
        let lock: DirectoryLock
        do throws(LedgerError) {
            lock = try self.lock()
        } catch .directoryInUse(_, let owner) {
            // Whoever has it may have been at the same.
            if try Schema.isCurrent(database) { return }
            throw .schemaInUse(found: found, known: Schema.migrations.count, owner: owner)
        }
        try Schema.migrate(database)
        lock.release()
    }

    /// Opens the database for reading; `nil` if nothing was ever written. Throws `schemaTooOld` if what is asked of it may not be in it yet:
    /// who only reads does not migrate, as an older gateway may run on it, or come back.
    ///
    /// - Parameter withStaleRollups: for who reads rows alone; for others `rollupsStale` is thrown while the roll-ups are not whole.
    func openDatabaseReadOnly(ofAnyVersion: Bool = false, withStaleRollups: Bool = false) throws(LedgerError)
        -> Database?
    {
        guard access(databasePath, F_OK) == 0 else { return nil }
        let database = try Database(path: databasePath, access: .readOnly)
        let version = try Schema.version(of: database)
        guard version > 0 else { return nil }
        guard ofAnyVersion || version == Schema.migrations.count else {
            throw .schemaTooOld(found: version, known: Schema.migrations.count)
        }
        if !ofAnyVersion, !withStaleRollups, try RollupRebuild.isStale(database) { throw .rollupsStale }
        return database
    }

    /// The same, in one reading transaction that lasts as long as the connection: what is written meanwhile is in none of the answers.
    func openDatabaseSnapshot(withStaleRollups: Bool = false) throws(LedgerError) -> Database? {
        let database = try openDatabaseReadOnly(withStaleRollups: withStaleRollups)
        try database?.execute("BEGIN")
        return database
    }
}

/// Sees changes that other processes make to the keys and to the raises of budgets, and passes all of them on, with the audit's
/// lines about them.
///
/// SQLite's `data_version` tells for microseconds whether anybody else wrote; only then are the versions of keys and
/// raises read, and only what has risen is read itself.
struct StoreWatch {
    /// Milliseconds from one look to the next.
    static let interval: Int64 = 200

    /// Who hears of changes, on the thread that looks.
    struct Listeners {
        var keys: @Sendable ([KeyRecord]) -> Void = { _ in }
        var raises: @Sendable ([BudgetRaise]) -> Void = { _ in }
        /// Lines of the audit, each once, oldest first.
        var audit: @Sendable ([AuditEntry]) -> Void = { _ in }
    }

    /// The versions of what a reader has already.
    struct Versions: Equatable {
        var keys: Int64
        var raises: Int64
        /// The newest line of the audit.
        var audit: Int64

        init(in database: Database) throws(LedgerError) {
            keys = try KeyTable.version(in: database)
            raises = try RaiseTable.version(in: database)
            audit = try AuditTable.newest(in: database)
        }
    }

    private let database: Database
    private let dataVersion: Statement
    private let listeners: Listeners
    private var seenData: Int64 = -1
    private var seen: Versions
    private var nextLook: Int64 = 0

    /// - Parameter seen: the versions of what the listeners have already.
    init(_ database: Database, seen: Versions, _ listeners: Listeners) throws(LedgerError) {
        self.database = database
        self.listeners = listeners
        dataVersion = try database.prepare("PRAGMA data_version")
        self.seen = seen
    }

    /// - Parameter now: milliseconds of a monotonic clock.
    mutating func poll(now: Int64) throws(LedgerError) {
        guard now >= nextLook else { return }
        nextLook = now + Self.interval
        try pollNow()
    }

    mutating func pollNow() throws(LedgerError) {
        let data = try dataVersion.step() ? dataVersion.integer(0) : 0
        dataVersion.reset()
        guard data != seenData else { return }
        // The versions first: a change between the two reads is then seen once more, not missed.
        let versions = try Versions(in: database)
        if versions.keys != seen.keys {
            listeners.keys(try KeyTable.all(in: database))
            seen.keys = versions.keys
        }
        if versions.raises != seen.raises {
            listeners.raises(try RaiseTable.standing(in: database))
            seen.raises = versions.raises
        }
        if versions.audit != seen.audit {
            let lines = try AuditTable.changes(after: seen.audit, through: versions.audit, in: database)
            if !lines.isEmpty { listeners.audit(lines) }
            seen.audit = versions.audit
        }
        seenData = data
    }
}

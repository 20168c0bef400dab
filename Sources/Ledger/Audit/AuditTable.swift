/// The `audit` table, which only grows.
struct AuditTable {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare(
            "INSERT INTO audit (at, actor, action, subject, details) VALUES (?, ?, ?, ?, ?)")
    }

    func insert(_ entry: AuditEntry) throws(LedgerError) {
        statement.bind(1, entry.at)
        statement.bind(2, entry.actor)
        statement.bind(3, entry.action)
        statement.bind(4, entry.subject)
        statement.bind(5, entry.details)
        try statement.run()
    }
}

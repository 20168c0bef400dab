/// The `audit` table, which only grows.
struct AuditTable {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare(
            "INSERT INTO audit (at, actor, action, subject, details, place) VALUES (?, ?, ?, ?, ?, ?)")
    }

    func insert(_ entry: AuditEntry) throws(LedgerError) {
        statement.bind(1, entry.at)
        statement.bind(2, entry.actor)
        statement.bind(3, entry.action)
        statement.bind(4, entry.subject)
        statement.bind(5, entry.details)
        if entry.order == 0 { statement.bindNull(6) } else { statement.bind(6, entry.order) }
        try statement.run()
    }
}

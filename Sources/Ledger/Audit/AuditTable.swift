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

extension AuditTable {
    /// The number of the newest line; 0 if there is none. Numbers rise, and a line is there when a higher one is.
    static func newest(in database: Database) throws(LedgerError) -> Int64 {
        try database.integer("SELECT ifnull(max(id), 0) FROM audit")
    }

    /// The lines behind `first` up to `last` that tell of changes by commands, oldest first. A gateway writes none of these itself.
    static func changes(
        after first: Int64, through last: Int64, in database: Database
    ) throws(LedgerError) -> [AuditEntry] {
        // By the index on actions: in between there may be millions of refusals.
        let statement = try database.prepare(
            """
            SELECT at, actor, action, subject, details FROM audit
            WHERE action IN ('issue', 'rotate', 'expire', 'revoke', 'raise', 'revoke_raise',
                'recompute', 'recompute_end', 'prune', 'prune_end')
                AND +id > ?1 AND +id <= ?2 ORDER BY id
            """)
        statement.bind(1, first)
        statement.bind(2, last)
        var entries: [AuditEntry] = []
        while try statement.step() {
            entries.append(
                AuditEntry(
                    at: statement.integer(0), actor: statement.text(1), action: statement.text(2),
                    subject: statement.text(3), details: statement.text(4)))
        }
        return entries
    }
}

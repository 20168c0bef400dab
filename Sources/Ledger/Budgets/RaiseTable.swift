/// The `budget_raises` table, row by row.
enum RaiseTable {
    private static let columns = "id, rule, scope, amount, from_at, until_at, actor, reason, revoked_at"

    /// All raises, oldest first.
    static func all(in database: Database) throws(LedgerError) -> [BudgetRaise] {
        try read(try database.prepare("SELECT \(columns) FROM budget_raises ORDER BY id"))
    }

    /// Those that were not revoked, oldest first.
    static func standing(in database: Database) throws(LedgerError) -> [BudgetRaise] {
        try read(try database.prepare("SELECT \(columns) FROM budget_raises WHERE revoked_at IS NULL ORDER BY id"))
    }

    static func find(_ id: Int64, in database: Database) throws(LedgerError) -> BudgetRaise? {
        let statement = try database.prepare("SELECT \(columns) FROM budget_raises WHERE id = ?1")
        statement.bind(1, id)
        return try read(statement).first
    }

    private static func read(_ statement: Statement) throws(LedgerError) -> [BudgetRaise] {
        var raises: [BudgetRaise] = []
        while try statement.step() {
            raises.append(
                BudgetRaise(
                    id: statement.integer(0), rule: statement.text(1), scope: statement.text(2),
                    amount: statement.integer(3), from: statement.integer(4), until: statement.integer(5),
                    actor: statement.text(6), reason: statement.text(7), revokedAt: statement.optionalInteger(8)))
        }
        return raises
    }

    /// - Parameter raise: its id is not looked at.
    /// - Returns: the id it got.
    static func insert(_ raise: BudgetRaise, into database: Database) throws(LedgerError) -> Int64 {
        let statement = try database.prepare(
            "INSERT INTO budget_raises (rule, scope, amount, from_at, until_at, actor, reason) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id")
        statement.bind(1, raise.rule)
        statement.bind(2, raise.scope)
        statement.bind(3, raise.amount)
        statement.bind(4, raise.from)
        statement.bind(5, raise.until)
        statement.bind(6, raise.actor)
        statement.bind(7, raise.reason)
        let id = try statement.step() ? statement.integer(0) : 0
        try statement.run()
        return id
    }

    static func setRevoked(_ id: Int64, at time: Int64, in database: Database) throws(LedgerError) {
        let statement = try database.prepare("UPDATE budget_raises SET revoked_at = ?2 WHERE id = ?1")
        statement.bind(1, id)
        statement.bind(2, time)
        try statement.run()
    }

    /// The number that rises with every change of a raise.
    static func version(in database: Database) throws(LedgerError) -> Int64 {
        try database.integer("SELECT value FROM meta WHERE name = 'raises_version'")
    }

    static func raiseVersion(in database: Database) throws(LedgerError) {
        try database.execute("UPDATE meta SET value = value + 1 WHERE name = 'raises_version'")
    }
}

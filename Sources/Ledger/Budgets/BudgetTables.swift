/// The tables `budget_accounts` and `budget_alerts`, as the writer keeps them.
struct BudgetTables {
    private let account: Statement
    private let alert: Statement

    init(_ database: Database) throws(LedgerError) {
        account = try database.prepare(
            """
            INSERT INTO budget_accounts (\(Self.accountColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (rule, scope, window_start) DO UPDATE SET window_end = excluded.window_end,
                unit = excluded.unit, limit_to = excluded.limit_to, settled = excluded.settled,
                reserved = excluded.reserved, exposure = excluded.exposure, updated_at = excluded.updated_at
            """)
        alert = try database.prepare(
            """
            INSERT INTO budget_alerts (rule, scope, window_start, threshold, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (rule, scope, window_start, threshold) DO NOTHING
            """)
    }

    private static let accountColumns =
        "rule, scope, window_start, window_end, unit, limit_to, settled, reserved, exposure, updated_at"

    func upsert(_ row: BudgetAccountRow) throws(LedgerError) {
        account.bind(1, row.key.rule)
        account.bind(2, row.key.scope)
        account.bind(3, row.key.windowStart)
        if let end = row.windowEnd { account.bind(4, end) } else { account.bindNull(4) }
        account.bind(5, row.unit)
        account.bind(6, row.limit)
        account.bind(7, row.settled)
        account.bind(8, row.reserved)
        account.bind(9, row.exposure)
        account.bind(10, row.updatedAt)
        try account.run()
    }

    func insert(_ row: BudgetAlertRow) throws(LedgerError) {
        alert.bind(1, row.account.rule)
        alert.bind(2, row.account.scope)
        alert.bind(3, row.account.windowStart)
        alert.bind(4, Int64(row.threshold))
        alert.bind(5, row.at)
        try alert.run()
    }

    /// The accounts whose windows have not ended, by rule and scope.
    static func accounts(in database: Database, now: Int64) throws(LedgerError) -> [BudgetAccountRow] {
        let statement = try database.prepare(
            "SELECT \(accountColumns) FROM budget_accounts WHERE window_end IS NULL OR window_end > ?1 "
                + "ORDER BY rule, scope, window_start")
        statement.bind(1, now)
        var rows: [BudgetAccountRow] = []
        while try statement.step() {
            let key = BudgetAccountRow.Key(
                rule: statement.text(0), scope: statement.text(1), windowStart: statement.integer(2))
            var row = BudgetAccountRow(
                key: key, windowEnd: statement.optionalInteger(3), unit: statement.text(4),
                limit: statement.integer(5), updatedAt: statement.integer(9))
            row.settled = statement.integer(6)
            row.reserved = statement.integer(7)
            row.exposure = statement.integer(8)
            rows.append(row)
        }
        return rows
    }

    /// The alerts of windows that began at a moment or later.
    static func alerts(in database: Database, since: Int64) throws(LedgerError) -> [BudgetAlertRow] {
        let statement = try database.prepare(
            "SELECT rule, scope, window_start, threshold, at FROM budget_alerts WHERE window_start >= ?1 "
                + "ORDER BY at, rule, scope, window_start, threshold")
        statement.bind(1, since)
        var rows: [BudgetAlertRow] = []
        while try statement.step() {
            let key = BudgetAccountRow.Key(
                rule: statement.text(0), scope: statement.text(1), windowStart: statement.integer(2))
            rows.append(
                BudgetAlertRow(account: key, threshold: Int(statement.integer(3)), at: statement.integer(4)))
        }
        return rows
    }

    /// How long accounts and alerts are kept when their windows are over, nanoseconds: 90 days.
    static let retention: Int64 = 90 * 86_400_000_000_000
    /// Longer than any window that ends.
    private static let longestWindow: Int64 = 32 * 86_400_000_000_000

    /// Takes out accounts and alerts whose windows were over long ago, and those of sessions without a window that nobody has used as
    /// long. Nothing that decides: accounts are rebuilt from `attempts`.
    ///
    /// - Parameter now: Unix nanoseconds.
    static func prune(in database: Database, now: Int64) throws(LedgerError) {
        let before = now - retention
        let ofSession = "(scope LIKE 'session=%' OR scope LIKE '%,session=%')"
        let accounts = try database.prepare(
            "DELETE FROM budget_accounts WHERE window_end < ?1 "
                + "OR (window_end IS NULL AND updated_at < ?1 AND \(ofSession))")
        accounts.bind(1, before)
        // An alert does not say when its window ended; one without a window goes with its account.
        let alerts = try database.prepare(
            """
            DELETE FROM budget_alerts WHERE at < ?1 AND ((window_start > 0 AND window_start < ?2)
                OR (window_start <= 0 AND \(ofSession) AND NOT EXISTS (SELECT 1 FROM budget_accounts a
                    WHERE a.rule = budget_alerts.rule AND a.scope = budget_alerts.scope
                        AND a.window_start = budget_alerts.window_start)))
            """)
        alerts.bind(1, before)
        alerts.bind(2, before - longestWindow)
        try database.transaction { () throws(LedgerError) in
            try accounts.run()
            try alerts.run()
        }
    }
}

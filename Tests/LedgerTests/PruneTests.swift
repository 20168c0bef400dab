import Testing

@testable import Ledger

@Suite("What budgets leave behind")
struct PruneTests {
    private static let now = midnight + 400 * day
    private static let old = now - 91 * day
    private static let young = now - 89 * day

    /// An account, and an alert of it.
    private static func add(
        _ rule: String, _ scope: String, _ window: Range<Int64>?, updated: Int64, to database: Database
    ) throws {
        let tables = try BudgetTables(database)
        let key = BudgetAccountRow.Key(rule: rule, scope: scope, windowStart: window?.lowerBound ?? 0)
        try tables.upsert(
            BudgetAccountRow(
                key: key, windowEnd: window?.upperBound, unit: "cost_per_day", limit: 1, updatedAt: updated))
        try tables.insert(BudgetAlertRow(account: key, threshold: 75, at: updated))
    }

    private static func left(_ directory: DataDirectory) throws -> [String] {
        let database = try directory.openDatabase()
        return try ["budget_accounts", "budget_alerts"].map { table in
            let rows = try database.prepare("SELECT rule FROM \(table) ORDER BY rule")
            var rules: [String] = []
            while try rows.step() { rules.append(rows.text(0)) }
            return rules.joined(separator: " ")
        }
    }

    @Test("Accounts and alerts of windows that ended more than 90 days ago are taken out, and no others")
    func windows() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data(), database = try directory.openDatabase()
        try Self.add("ended", "user=eve", Self.old - 33 * day..<Self.old, updated: Self.old, to: database)
        try Self.add("late", "user=eve", Self.young - day..<Self.young, updated: Self.young, to: database)
        // Its window ended in time, though it began long before.
        try Self.add("month", "", Self.young - 30 * day..<Self.young, updated: Self.old, to: database)
        try Self.add("open", "user=eve", Self.now - day..<Self.now + day, updated: Self.now, to: database)
        try BudgetTables.prune(in: database, now: Self.now)
        #expect(try Self.left(directory) == ["late month open", "late month open"])
    }

    @Test("Of accounts without a window only those of sessions go, when nobody has used them for 90 days")
    func sessions() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data(), database = try directory.openDatabase()
        try Self.add("all", "", nil, updated: Self.old, to: database)
        try Self.add("tag", "metadata.session=s", nil, updated: Self.old, to: database)
        try Self.add("user", "user=eve", nil, updated: Self.old, to: database)
        try Self.add("s-old", "session=s1", nil, updated: Self.old, to: database)
        try Self.add("s-user", "user=eve,session=s1", nil, updated: Self.old, to: database)
        try Self.add("s-young", "session=s2", nil, updated: Self.young, to: database)
        // Told of long ago, and used since.
        let key = BudgetAccountRow.Key(rule: "s-young", scope: "session=s2", windowStart: 0)
        try BudgetTables(database).insert(BudgetAlertRow(account: key, threshold: 50, at: Self.old))
        try BudgetTables.prune(in: database, now: Self.now)
        #expect(try Self.left(directory) == ["all s-young tag user", "all s-young s-young tag user"])
    }
}

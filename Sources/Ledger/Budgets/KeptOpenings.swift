/// What budgets and limits began with at some moment, kept so that the next start need not go through all rows again: only
/// those that came afterwards.
package struct KeptOpenings: Sendable, Equatable {
    package enum Kind: String, Sendable { case budget, rate }

    package struct Sum: Sendable, Equatable {
        package let kind: Kind
        package let rule: String
        package let scope: String
        /// The first moment of the window, or of the slice of a limit's window; Unix nanoseconds.
        package let start: Int64
        package let amount: Int64

        package init(kind: Kind, rule: String, scope: String, start: Int64, amount: Int64) {
            self.kind = kind
            self.rule = rule
            self.scope = scope
            self.start = start
            self.amount = amount
        }
    }

    /// What the rules said that the sums were made for: other rules need others.
    package let rules: String
    /// Requests with lower ids are in the sums.
    package let before: RequestID
    /// When they were made, Unix nanoseconds.
    package let at: Int64
    /// How often attempts had been changed before the sums were made: `changes(in:)`.
    package let changes: Int64
    package let sums: [Sum]

    package init(rules: String, before: RequestID, at: Int64, changes: Int64, sums: [Sum]) {
        self.rules = rules
        self.before = before
        self.at = at
        self.changes = changes
        self.sums = sums
    }

    /// How often attempts were changed; to be asked before they are read.
    package static func changes(in directory: DataDirectory) throws(LedgerError) -> Int64 {
        try directory.openDatabaseReadOnly(withStaleRollups: true).map(count) ?? 0
    }

    private static func count(_ database: Database) throws(LedgerError) -> Int64 {
        try database.integer("SELECT value FROM meta WHERE name = 'attempt_changes'")
    }

    /// Those in the directory's database; `nil`: there are none, or they no longer hold.
    package static func read(_ directory: DataDirectory) throws(LedgerError) -> KeptOpenings? {
        guard let database = try directory.openDatabaseSnapshot(withStaleRollups: true) else { return nil }
        let kept = try database.prepare("SELECT rules, before_id, at, changes FROM openings_kept")
        guard try kept.step(), try kept.integer(3) == count(database) else { return nil }
        let rows = try database.prepare("SELECT kind, rule, scope, start, amount FROM openings")
        var sums: [Sum] = []
        while try rows.step() {
            guard let kind = Kind(rawValue: rows.text(0)) else { return nil }
            sums.append(
                Sum(
                    kind: kind, rule: rows.text(1), scope: rows.text(2), start: rows.integer(3),
                    amount: rows.integer(4)))
        }
        return KeptOpenings(
            rules: kept.text(0), before: RequestID(rawValue: kept.integer(1)), at: kept.integer(2),
            changes: kept.integer(3), sums: sums)
    }

    /// Replaces those that are there.
    func write(into database: Database) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            try database.execute("DELETE FROM openings; DELETE FROM openings_kept")
            let row = try database.prepare(
                "INSERT INTO openings (kind, rule, scope, start, amount) VALUES (?, ?, ?, ?, ?)")
            for sum in sums {
                row.bind(1, sum.kind.rawValue)
                row.bind(2, sum.rule)
                row.bind(3, sum.scope)
                row.bind(4, sum.start)
                row.bind(5, sum.amount)
                try row.run()
            }
            let kept = try database.prepare(
                "INSERT INTO openings_kept (rules, before_id, at, changes) VALUES (?, ?, ?, ?)")
            kept.bind(1, rules)
            kept.bind(2, before.rawValue)
            kept.bind(3, at)
            kept.bind(4, changes)
            try kept.run()
        }
    }

    /// Rows came late: those that count them out are forgotten.
    static func forget(ifBehind id: Int64, in database: Database) throws(LedgerError) {
        let forget = try database.prepare("DELETE FROM openings_kept WHERE before_id > ?1")
        forget.bind(1, id)
        try forget.run()
    }
}

import Wire

/// Budgets as the command line and an administrator see and raise them.
///
/// Has a connection of its own and may work beside a running gateway, whose `StoreWatch` sees each change within a
/// quarter of a second. Every change is one transaction with its line in `audit`. Belongs to one thread.
package final class BudgetStore {
    private let database: Database
    private let actor: String
    private let now: () -> Int64

    /// - Parameters:
    ///   - actor: who makes the changes, for the audit.
    ///   - now: the wall clock, Unix nanoseconds.
    package init(directory: DataDirectory, actor: String, now: @escaping () -> Int64) throws(LedgerError) {
        database = try directory.openDatabase(withStaleRollups: true)
        // Unlike a request's row, a raise that was taken back must not come back with a power failure.
        try database.execute("PRAGMA synchronous=FULL")
        self.actor = actor
        self.now = now
    }

    /// Adds to a limit, from now on and for a time. Throws `raiseRefused`, in words.
    ///
    /// - Parameters:
    ///   - rule: the rule's id; whether there is one is for the caller to know.
    ///   - scope: the account; empty: all of the rule.
    ///   - amount: in the rule's unit (nano-dollars or tokens), more than 0.
    ///   - until: the first moment without it, Unix nanoseconds.
    package func raise(rule: String, scope: String, amount: Int64, until: Int64, reason: String)
        throws(LedgerError) -> BudgetRaise
    {
        let from = now()
        guard amount > 0 else { throw .raiseRefused(reason: "it must add something") }
        guard until > from else { throw .raiseRefused(reason: "it would have ended before it began") }
        return try database.transaction { () throws(LedgerError) in
            func row(_ id: Int64) -> BudgetRaise {
                BudgetRaise(
                    id: id, rule: rule, scope: scope, amount: amount, from: from, until: until, actor: actor,
                    reason: reason, revokedAt: nil)
            }
            let raise = row(try RaiseTable.insert(row(0), into: database))
            try record("raise", raise, at: from)
            return raise
        }
    }

    /// Takes a raise back, at once. One that was revoked already, or has ended, stays as it is. Throws `noSuchRaise`.
    package func revoke(_ id: Int64) throws(LedgerError) -> BudgetRaise {
        let time = now()
        return try database.transaction { () throws(LedgerError) in
            guard let raise = try RaiseTable.find(id, in: database) else { throw .noSuchRaise(id) }
            guard raise.revokedAt == nil, time < raise.until else { return raise }
            try RaiseTable.setRevoked(id, at: time, in: database)
            try record("revoke_raise", raise, at: time)
            guard let revoked = try RaiseTable.find(id, in: database) else { throw .noSuchRaise(id) }
            return revoked
        }
    }

    /// The raises, oldest first.
    ///
    /// - Parameters:
    ///   - now: those in force at this moment, Unix nanoseconds.
    ///   - includingEnded: also those that are not.
    package func list(now: Int64, includingEnded: Bool = false) throws(LedgerError) -> [BudgetRaise] {
        try RaiseTable.all(in: database).filter { includingEnded || $0.isInForce(now: now) }
    }

    /// The accounts whose windows have not ended, as they stood when the gateway last saved them.
    package func accounts() throws(LedgerError) -> [BudgetAccountRow] {
        try BudgetTables.accounts(in: database, now: now())
    }

    /// When the gateway that runs began, or the last one, Unix nanoseconds; `nil`: none has. What was saved of accounts before is
    /// another process'.
    package func lastStart() throws(LedgerError) -> Int64? {
        let start = try database.prepare("SELECT at FROM audit WHERE action = 'start' ORDER BY id DESC LIMIT 1")
        return try start.step() ? start.optionalInteger(0) : nil
    }

    /// The alerts given for windows that began at `since` (Unix nanoseconds) or later, oldest first.
    package func alerts(since: Int64) throws(LedgerError) -> [BudgetAlertRow] {
        try BudgetTables.alerts(in: database, since: since)
    }

    /// Writes the audit line and tells the gateway, within the caller's transaction.
    private func record(_ action: String, _ raise: BudgetRaise, at time: Int64) throws(LedgerError) {
        var details = JSONWriter()
        details.beginObject()
        details.member("raise", raise.id)
        details.member("scope", raise.scope)
        details.member("amount", raise.amount)
        details.member("until", raise.until)
        details.member("reason", raise.reason)
        details.endObject()
        try AuditTable(database).insert(
            AuditEntry(
                at: time, actor: actor, action: action, subject: raise.rule,
                details: String(decoding: details.bytes, as: UTF8.self)))
        try RaiseTable.raiseVersion(in: database)
    }
}

import Configuration
import Governance
import Ledger

/// The budget accounts of the present windows, for people: what the gateway that runs saved within the last second of those that it has
/// used, and of all others what the ledger says was spent; the limits are those of the configuration, with the raises in force.
package struct BudgetOverview {
    /// By rule and scope.
    package let accounts: [BudgetAccountRow]
    package let raises: [BudgetRaise]
    /// A gateway runs on the data directory.
    package let isRunning: Bool

    package init(_ snapshot: Snapshot, in directory: DataDirectory, store: BudgetStore, at now: Int64) throws {
        isRunning = try Ledger.recoverIfUnattended(directory) == nil
        raises = try store.list(now: now)
        let book = RuleBook(snapshot.rules), saved = try isRunning ? Self.ofThisRun(store) : []
        let openings = try Openings(book, directory, at: now).budgets
        accounts = book.accounts(openings, saved: saved, raises.map(LimitRaise.init), at: now)
    }

    /// What a former process saved is not how its accounts stand: it may have died with requests in flight.
    private static func ofThisRun(_ store: BudgetStore) throws -> [BudgetAccountRow] {
        guard let start = try store.lastStart() else { return [] }
        return try store.accounts().filter { $0.updatedAt >= start }
    }
}

import Configuration
import Governance
import Ledger

/// The budget accounts of the present windows, for people: of a running gateway as it saved them within the last second, otherwise as
/// the ledger has them.
package struct BudgetOverview {
    package let accounts: [BudgetAccountRow]
    package let raises: [BudgetRaise]
    /// A gateway runs on the data directory.
    package let isRunning: Bool

    package init(_ snapshot: Snapshot, in directory: DataDirectory, store: BudgetStore, at now: Int64) throws {
        isRunning = try Ledger.recoverIfUnattended(directory) == nil
        raises = try store.list(now: now)
        accounts = try isRunning ? store.accounts() : Self.accounts(snapshot, directory, raises, at: now)
    }

    private static func accounts(
        _ snapshot: Snapshot, _ directory: DataDirectory, _ raises: [BudgetRaise], at now: Int64
    ) throws -> [BudgetAccountRow] {
        let book = RuleBook(snapshot.rules), raises = raises.map(LimitRaise.init)
        let openings = try Openings(book, directory, at: now).budgets
        return openings.sorted { ($0.key.rule, $0.key.scope) < ($1.key.rule, $1.key.scope) }.compactMap { id, settled in
            guard let rule = snapshot.rules.budgets.first(where: { $0.id == id.rule }) else { return nil }
            let limit = raises.of(rule: id.rule, scope: id.scope).raising(rule.limit, at: now)
            let status = BudgetStatus(id: id, limit: limit, settled: settled, reserved: 0, exposure: 0)
            return BudgetAccountRow(status, at: now)
        }
    }
}

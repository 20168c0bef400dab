import Configuration
import Governance
import Ledger

extension BudgetOverview {
    /// The accounts, and those that a running gateway has not opened yet as it would open them, from the ledger.
    package func completed(_ snapshot: Snapshot, in directory: DataDirectory, at now: Int64) throws
        -> [BudgetAccountRow]
    {
        guard isRunning else { return accounts }
        let known = Set(accounts.map(\.key))
        let openings = try Openings(RuleBook(snapshot.rules), directory, at: now).budgets
        return accounts
            + openings.compactMap { id, settled in
                guard !known.contains(id.row) else { return nil }
                let status = BudgetStatus(id: id, limit: 0, settled: settled, reserved: 0, exposure: 0)
                return BudgetAccountRow(status, at: now)
            }
    }
}

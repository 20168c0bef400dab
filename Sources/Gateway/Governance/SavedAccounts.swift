import Configuration
import Governance
import Ledger

// Accounts as the ledger has saved them, beside what its rows come to.

extension RuleBook {
    /// The accounts of its rules that were used in their present windows, by rule and scope.
    ///
    /// - Parameters:
    ///   - openings: what was spent, by account.
    ///   - saved: rows that say more than that, as the gateway that runs keeps them.
    func accounts(
        _ openings: [BudgetAccountID: Int64], saved: [BudgetAccountRow], _ raises: [LimitRaise], at now: Int64
    ) -> [BudgetAccountRow] {
        var rows: [BudgetAccountID: BudgetAccountRow] = [:]
        for (id, settled) in openings {
            let limit = limit(of: id, raises, at: now)
            let status = BudgetStatus(id: id, limit: limit, settled: settled, reserved: 0, exposure: 0)
            rows[id] = BudgetAccountRow(status, at: now)
        }
        for var row in saved {
            guard let id = account(of: row, at: now) else { continue }
            row.limit = limit(of: id, raises, at: now)
            rows[id] = row
        }
        return rows.values.sorted { ($0.key.rule, $0.key.scope) < ($1.key.rule, $1.key.scope) }
    }

    /// Rows of a process that is gone, as far as they are no longer true: nothing is in flight, and what is settled is what accounts
    /// begin with.
    func corrections(
        of saved: [BudgetAccountRow], _ openings: [BudgetAccountID: Int64], _ raises: [LimitRaise], at now: Int64
    ) -> [BudgetAccountRow] {
        saved.compactMap { old in
            var row = old
            (row.reserved, row.exposure) = (0, 0)
            if let id = account(of: old, at: now) {
                row.settled = openings[id] ?? 0
                row.limit = limit(of: id, raises, at: now)
            }
            return row == old ? nil : row
        }
    }

    /// Which account a row is of; `nil`: its rule is gone, or counts in another unit or window now.
    private func account(of row: BudgetAccountRow, at now: Int64) -> BudgetAccountID? {
        guard let rule = rules.budgets.first(where: { $0.id == row.key.rule }), rule.unit == row.unit else {
            return nil
        }
        let id = BudgetAccountID(
            rule: rule.id, unit: rule.unit, scope: row.key.scope,
            window: rules.zone.window(rule.window, containing: now))
        return id.row == row.key ? id : nil
    }

    private func limit(of id: BudgetAccountID, _ raises: [LimitRaise], at now: Int64) -> Int64 {
        let limit = rules.budgets.first { $0.id == id.rule }?.limit ?? 0
        return raises.of(rule: id.rule, scope: id.scope).raising(limit, at: now)
    }
}

import Configuration
import Transport

/// What tells the figures of one account from those of others; its windows follow each other in the same series.
package struct BudgetSeries: Sendable, Hashable {
    package let rule: String
    package let unit: String
    package let scope: String

    package init(_ id: BudgetAccountID) { (rule, unit, scope) = (id.rule, id.unit, id.scope) }
}

/// Figures of accounts, which speak of the present window: also after a restart, and no longer once the window is over.
extension Governor {
    /// Nanoseconds: for so long figures may speak of a window that is over.
    private static let renewalInterval: Int64 = 5_000_000_000

    /// Tells how those accounts stand that something was spent at before, and that nobody has asked for yet.
    package func tellOpenings() {
        let now = clock()
        let known = openings.compactMap { id, settled -> BudgetStatus? in
            guard let terms = book.budgets.first(where: { $0.rule.id == id.rule && $0.unit == id.unit }) else {
                return nil
            }
            let limit = raises.of(rule: id.rule, scope: id.scope).raising(terms.rule.limit, at: now)
            return BudgetStatus(id: id, limit: limit, settled: settled, reserved: 0, exposure: 0)
        }
        tellStanding(known, at: now)
    }

    /// A request that began in the window before ends at that window's account, of which figures speak no more.
    func tellStanding(_ statuses: [BudgetStatus], at now: Int64) {
        let open = statuses.filter { $0.id.window.contains(now) }
        guard !open.isEmpty else { return }
        for status in open { standing[BudgetSeries(status.id)] = status.id.window }
        events.accountsStand(open)
        guard !renewal.isArmed else { return }
        renewedAt = now
        renewal.whenFired = { [weak self] in self?.assumeIsolated { $0.renew() } }
        renewal.schedule(after: Self.renewalInterval)
    }

    /// Ends what is over, and follows raises that began or ended.
    func renew() {
        let now = clock(), before = renewedAt
        renewedAt = now
        let rules = Set(book.budgets.map(\.rule.id))
        let over = standing.filter { !$1.contains(now) || !rules.contains($0.rule) }.map(\.key)
        for series in over { standing[series] = nil }
        if !over.isEmpty { events.accountsOver(over) }
        if raises.contains(where: { $0.isInForce(at: before) != $0.isInForce(at: now) }) { refreshLimits() }
        if !standing.isEmpty { renewal.schedule(after: Self.renewalInterval) }
    }
}

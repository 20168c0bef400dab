import Configuration
import Wire

/// What was spent or used before, of attempts that no rule can tell apart; a row of the ledger's history.
package struct SpentBefore: Sendable {
    package let subject: RuleSubject
    /// The earliest that these attempts started, Unix nanoseconds: one of the bounds asked for.
    package let since: Int64
    /// Nano-dollars.
    package let cost: Int64
    package let tokens: Int64
    package let attempts: Int64
    /// The attempts have no price.
    package let isUnpriced: Bool
    /// What an attempt without a price reserved, by account: that is its charge.
    package let held: [BudgetAccountID: Int64]

    /// - Parameter holds: of attempts without a price, lines of `HoldRecord`, or nothing where they are not known; `nil` for others.
    package init(
        subject: RuleSubject, since: Int64, cost: Int64, tokens: Int64, attempts: Int64, holds: String? = nil
    ) {
        self.subject = subject
        self.since = since
        self.cost = cost
        self.tokens = tokens
        self.attempts = attempts
        isUnpriced = holds != nil
        let records = holds.flatMap { $0.isEmpty ? nil : HoldRecord.parse($0) } ?? []
        held = Dictionary(records.map { ($0.id, $0.claim.amount) }, uniquingKeysWith: { first, _ in first })
    }
}

extension RuleBook {
    /// Where the windows begin and end that its budgets count in at a moment, ascending and without doubles; empty without budgets. What
    /// began behind the end of a window, by a clock that was ahead, is not spent in it.
    package func windowBounds(at now: Int64) -> [Int64] {
        let windows = rules.budgets.map { rules.zone.window($0.window, containing: now) }
        return Set(windows.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
    }

    /// Its budgets whose accounts do not know what was spent where `old` was in force: those that are new, or count something else.
    package func rules(changedSince old: RuleBook) -> RuleSet {
        var changed = RuleSet()
        changed.zone = rules.zone
        let known = rules.zone == old.rules.zone ? Set(old.rules.budgets.map(\.sumsSummary)) : []
        changed.budgets = rules.budgets.filter { !known.contains($0.sumsSummary) }
        return changed
    }

    /// What the accounts of the windows at a moment begin with.
    package func openings(of spent: [SpentBefore], at now: Int64) -> [BudgetAccountID: Int64] {
        var openings: [BudgetAccountID: Int64] = [:]
        for row in spent {
            for place in places(of: row.subject).budgets {
                let rule = rules.budgets[place.rule]
                let window = rules.zone.window(rule.window, containing: now)
                guard window.contains(row.since) else { continue }
                let id = BudgetAccountID(rule: rule.id, unit: rule.unit, scope: place.scope, window: window)
                openings[id] = (openings[id] ?? 0).addingSaturated(rule.charge(of: row, in: id))
            }
        }
        return openings
    }

    /// A rule looks at tags of requests, or keeps accounts for their values.
    package var needsMetadata: Bool {
        func names(_ when: RuleMatch) -> Bool { !when.metadata.isEmpty || when.not.contains(where: names) }
        func keeps(_ dimension: ScopeDimension) -> Bool { if case .metadata = dimension { true } else { false } }
        return rules.budgets.contains { names($0.when) || $0.appliesPer.contains(where: keeps) }
            || rules.rates.contains { names($0.when) || $0.appliesPer.contains(where: keeps) }
    }

    package var needsSession: Bool {
        rules.budgets.contains { $0.appliesPer.contains(.session) }
            || rules.rates.contains { $0.appliesPer.contains(.session) }
    }
}

extension BudgetRule {
    fileprivate func charge(of row: SpentBefore, in account: BudgetAccountID) -> Int64 {
        guard measure == .cost else { return row.tokens }
        if let held = row.held[account] { return held }
        guard row.isUnpriced, let unpricedReserve else { return row.cost }
        let (charge, overflow) = unpricedReserve.multipliedReportingOverflow(by: row.attempts)
        return overflow ? .max : charge
    }
}

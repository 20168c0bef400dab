extension RuleReader {
    /// `policy`: which tags only a credential can set.
    func checkBudgets(_ budgets: [Placed<BudgetRule>], _ policy: MetadataPolicy) {
        for (index, later) in budgets.enumerated() {
            if let earlier = budgets[..<index].first(where: { $0.rule.isPointless(beside: later.rule) }) {
                notePointless(later, earlier, later.rule.limit, earlier.rule.limit, later.rule.id, earlier.rule.id)
            }
            checkPrices(later)
            guard later.rule.onExceed == .block else { continue }
            warnOfTags(later, later.rule.appliesPer, "spends from another account", policy)
        }
    }

    private func warnOfTags<Rule>(
        _ placed: Placed<Rule>, _ appliesPer: [ScopeDimension], _ effect: String, _ policy: MetadataPolicy
    ) {
        for case .metadata(let name) in appliesPer where !policy.isLocked(name) {
            reader.warn(
                placed.mark, placed.path,
                "each request names its \(name) itself, and with another one \(effect); "
                    + "if only credentials may, add it to `metadata: {from_credential: …}`")
        }
    }

    func checkRates(_ rates: [Placed<RateRule>], _ policy: MetadataPolicy) {
        for (index, later) in rates.enumerated() {
            let same = budgetsLike(later.rule)
            if let earlier = rates[..<index].first(where: { same($0.rule) }) {
                notePointless(later, earlier, later.rule.limit, earlier.rule.limit, later.rule.id, earlier.rule.id)
            }
            warnOfTags(later, later.rule.appliesPer, "has another limit", policy)
        }
    }

    /// The first rule that matches counts.
    func checkContents(_ contents: [Placed<ContentRule>]) {
        for (index, later) in contents.enumerated() {
            guard
                let earlier = contents[..<index].first(where: {
                    $0.rule.when.key == RuleMatch().key || $0.rule.when.key == later.rule.when.key
                })
            else { continue }
            reader.note(
                later.mark, later.path,
                "`\(later.rule.id)` never decides: `\(earlier.rule.id)` stands before it and is about all of its requests; "
                    + "put it first, or leave one of the two out")
        }
    }

    private func budgetsLike(_ rule: RateRule) -> (RateRule) -> Bool {
        let key = rule.when.key
        return { $0.when.key == key && $0.unit == rule.unit && Set($0.appliesPer) == Set(rule.appliesPer) }
    }

    private func notePointless<Rule>(
        _ later: Placed<Rule>, _ earlier: Placed<Rule>, _ limit: Int64, _ other: Int64, _ id: String, _ otherID: String
    ) {
        let isLaterPointless = limit >= other
        let (pointless, kept) = isLaterPointless ? (id, otherID) : (otherID, id)
        let place = isLaterPointless ? later : earlier
        reader.note(
            place.mark, place.path,
            "`\(pointless)` never decides: `\(kept)` counts the same and is reached before it; leave one of the two out"
        )
    }

    private func checkPrices(_ budget: Placed<BudgetRule>) {
        let rule = budget.rule
        guard rule.measure == .cost, rule.unpricedReserve == nil else { return }
        if !rule.when.models.isEmpty, rule.when.models.allSatisfy({ names.isUnpriced($0) == true }) {
            reader.note(
                budget.mark, budget.path,
                "there is no price for any of its models to count with; set `unpriced_reserve`, or prices, or count tokens"
            )
            return
        }
        let unpriced = names.unpriced(matching: rule.when)
        guard rule.onExceed == .block, !unpriced.isEmpty else { return }
        let shown = unpriced.prefix(3).joined(separator: ", ") + (unpriced.count > 3 ? ", …" : "")
        reader.warn(
            budget.mark, budget.path,
            "requests to \(shown) will be refused: there is no price to count with; set `unpriced_reserve`, or prices")
    }
}

extension BudgetRule {
    /// Of the two one can never decide anything. A warning below a stop is fine.
    fileprivate func isPointless(beside other: BudgetRule) -> Bool {
        guard when.key == other.when.key, unit == other.unit, Set(appliesPer) == Set(other.appliesPer) else {
            return false
        }
        let (lower, higher) = limit < other.limit ? (self, other) : (other, self)
        return lower.onExceed == higher.onExceed || lower.onExceed == .block || lower.limit == higher.limit
    }
}

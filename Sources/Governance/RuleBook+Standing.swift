import Configuration

extension RuleBook {
    /// The accounts of a caller in money that begin anew some day, whatever is asked for: of rules that speak of who asks only, and that
    /// keep accounts for nothing else.
    package func standingPlaces(of principal: Principal, _ metadata: Metadata) -> [Place] {
        let nobody = RuleSubject(
            principal: principal, metadata: metadata, target: TargetNames(requested: "", provider: "", model: ""),
            session: "")
        return rules.budgets.enumerated().compactMap { index, rule in
            guard rule.measure == .cost, rule.window != .total, !rule.when.namesTarget,
                rule.appliesPer.allSatisfy(\.isOfCaller), rule.when.concerns(principal, metadata)
            else { return nil }
            return Place(rule: index, scope: rule.appliesPer.scope(of: nobody))
        }
    }

    package func budget(at place: Place) -> BudgetRule { rules.budgets[place.rule] }
}

extension ScopeDimension {
    /// It is known before anything is asked for.
    fileprivate var isOfCaller: Bool {
        switch self {
        case .user, .team, .key, .virtualAccount, .metadata: true
        case .model, .provider, .session: false
        }
    }
}

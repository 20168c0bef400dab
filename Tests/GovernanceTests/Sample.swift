import Configuration

@testable import Governance

/// Rules and callers for tests. Money is in nano-dollars, as small numbers.
enum Sample {
    static func principal(
        user: String = "alice", team: String = "platform", groups: [String] = ["staff", "senior"],
        virtualAccount: String = ""
    ) -> Principal {
        Principal(user: user, team: team, keyID: "k1", metadata: [:], groups: groups, virtualAccount: virtualAccount)
    }

    static func subject(
        user: String = "alice", team: String = "platform", groups: [String] = ["staff", "senior"],
        virtualAccount: String = "", model: String = "claude-opus-4-7", session: String = "s1"
    ) -> RuleSubject {
        RuleSubject(
            principal: principal(user: user, team: team, groups: groups, virtualAccount: virtualAccount),
            metadata: Metadata(["project": "atlas", "environment": "ci"]),
            target: TargetNames(requested: "fast", provider: "anthropic-main", model: model), session: session)
    }

    static func budget(
        _ id: String, _ limit: Int64, per: [ScopeDimension] = [], _ change: (inout BudgetRule) -> Void = { _ in }
    ) -> BudgetRule {
        var rule = BudgetRule(id: id, limit: limit)
        rule.appliesPer = per
        change(&rule)
        return rule
    }

    static func rate(
        _ id: String, _ limit: Int64, _ measure: RateMeasure, per: [ScopeDimension] = [],
        _ change: (inout RateRule) -> Void = { _ in }
    ) -> RateRule {
        let unit =
            switch measure {
            case .requests: "requests_per_minute"
            case .tokens: "tokens_per_minute"
            case .concurrent: "concurrent_requests"
            }
        var rule = RateRule(id: id, limit: limit, measure: measure, unit: unit)
        rule.appliesPer = per
        change(&rule)
        return rule
    }

    static func book(budgets: [BudgetRule] = [], rates: [RateRule] = []) -> RuleBook {
        var rules = RuleSet()
        rules.budgets = budgets
        rules.rates = rates
        return RuleBook(rules)
    }
}

import Configuration
import Governance
import Providers
import Wire

extension Refusal {
    /// What the client is told of a refusal of the governor's.
    init(_ refusal: AdmissionRefusal, model: String) {
        switch refusal.reason {
        case .unpriced(let rule): self = .unpricedModel(model, rule: rule.id)
        case .budget(let met, let rule): self = .budgetSpent(met, rule, at: refusal.at)
        case .rate(let met, let rule, let waited): self = .overLimit(met, rule, waited: waited)
        }
    }

    private static func budgetSpent(_ met: BudgetExamination, _ rule: BudgetRule, at now: Int64) -> Refusal {
        let amount = { (value: Int64) in rule.measure == .cost ? NanoUSD(value).readable : "\(value) tokens" }
        let notice = LimitNotice(
            rule: rule.id, scope: met.id.scope, period: rule.window.period, used: amount(met.balance.settled),
            held: amount(met.balance.reserved), limit: amount(met.limit))
        let ends = rule.window != .total
        var needed = amount(met.claim.amount)
        // What is expected would fit; what is possible would not.
        if let beyond = met.maximumOvershoot, met.balance.fits(met.claim, limit: met.limit, maximumOvershoot: nil) {
            needed +=
                " and at most \(amount(met.claim.worst)), of which with all that is in flight no more than \(amount(beyond)) may pass the limit (max_overshoot)"
        }
        return .budgetSpent(
            notice, needed: needed,
            resetsAt: ends ? RFC3339.text(met.id.windowEnd, fraction: .none) : nil,
            seconds: ends ? Self.seconds(met.id.windowEnd - now) : nil,
            unixSeconds: ends ? met.id.windowEnd / 1_000_000_000 : 0, periodName: rule.window.adjective)
    }

    private static func overLimit(_ met: RateExamination, _ rule: RateRule, waited: Int64) -> Refusal {
        let isConcurrency = rule.measure == .concurrent
        let notice = LimitNotice(
            rule: rule.id, scope: met.id.scope, period: "", used: isConcurrency ? "0" : "\(met.counted)",
            held: isConcurrency ? "\(met.counted)" : "0", limit: "\(met.limit)")
        return .overLimit(
            notice, unit: rule.unit, seconds: met.wait.map(Self.seconds), waited: Int(waited / 1_000_000_000))
    }

    /// Rounded up; at least one.
    private static func seconds(_ nanoseconds: Int64) -> Int {
        max(1, Int((nanoseconds + 999_999_999) / 1_000_000_000))
    }
}

extension BudgetWindow {
    /// Behind an amount: `$10.00 a day`.
    var period: String {
        switch self {
        case .day: "a day"
        case .week: "a week"
        case .month: "a month"
        case .total: "in all"
        }
    }

    /// As Claude Code knows it.
    var adjective: StaticString? {
        switch self {
        case .day: "daily"
        case .week: "weekly"
        case .month: "monthly"
        case .total: nil
        }
    }
}

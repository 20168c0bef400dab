/// What a budget counts.
package enum SpendMeasure: String, Sendable, CaseIterable {
    /// Nano-dollars.
    case cost
    /// Tokens of all classes together.
    case tokens
}

/// The calendar window of a budget, in the configuration's time zone.
package enum BudgetWindow: String, Sendable, CaseIterable {
    case day
    /// From Monday.
    case week
    case month
    /// It never begins anew.
    case total
}

/// What happens to a request that does not fit.
package enum OnExceed: String, Sendable, CaseIterable {
    case block
    /// It goes on; it is counted, logged and traced.
    case warn
}

/// Where alerts go.
package struct AlertSetting: Sendable {
    /// Percent of the limit, ascending.
    package var thresholds = [75, 95]
    /// A POST with JSON goes there; `nil`: nowhere but log and metric.
    package var webhook: BaseURL?
    /// The path of `webhook` with its query.
    package var path = "/"
    /// Sent with it; values may be secrets.
    package var headers: [(name: String, value: Secret)] = []

    package init() {}
}

/// A webhook's path may be a secret.
extension AlertSetting: CustomStringConvertible, CustomReflectable {
    package var description: String {
        let percent = thresholds.map { "\($0)%" }.joined(separator: " ")
        return webhook.map { "\(percent) to \($0.authority)" } ?? percent
    }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// A cap on what is spent in a window.
package struct BudgetRule: Sendable {
    package let id: String
    package var when = RuleMatch()
    /// Nano-dollars or tokens, by `measure`; more than 0.
    package var limit: Int64
    package var measure = SpendMeasure.cost
    package var window = BudgetWindow.day
    /// Empty: one account for all that the rule is about.
    package var appliesPer: [ScopeDimension] = []
    package var onExceed = OnExceed.block
    package var alerts = AlertSetting()
    /// Reserved for a request of a model without a price, nano-dollars; `nil`: such a request is refused.
    package var unpricedReserve: Int64?
    /// The most that requests in flight may together exceed the limit by if each of them uses all it may; `nil`: reservations are
    /// estimates, and the exposure is reported, not bounded.
    package var maximumOvershoot: Int64?

    package init(id: String, limit: Int64) {
        self.id = id
        self.limit = limit
    }

    /// `cost_per_day`, `tokens_total`.
    package var unit: String {
        window == .total ? "\(measure.rawValue)_total" : "\(measure.rawValue)_per_\(window.rawValue)"
    }

    /// Whether amounts of a rule with this `unit` are nano-dollars, not tokens.
    package static func isMoney(unit: String) -> Bool { unit.hasPrefix(SpendMeasure.cost.rawValue) }
}

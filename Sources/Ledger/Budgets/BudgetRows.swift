/// A budget account as it stood when it was saved: for people and dashboards. The truth is in `attempts`, from which
/// accounts are rebuilt.
///
/// Sums are in the account's unit: nano-dollars, or tokens.
package struct BudgetAccountRow: Sendable, Equatable {
    /// What tells accounts apart.
    package struct Key: Sendable, Hashable {
        package let rule: String
        /// The value that the account is for, such as a user; empty if the rule has one account for all.
        package let scope: String
        /// The first moment of the window, Unix nanoseconds; 0 for one without a beginning.
        package let windowStart: Int64

        package init(rule: String, scope: String, windowStart: Int64) {
            self.rule = rule
            self.scope = scope
            self.windowStart = windowStart
        }
    }

    package var key: Key
    /// The first moment after the window, Unix nanoseconds; `nil`: it does not end.
    package var windowEnd: Int64?
    /// As it stands in the configuration: `cost_per_day`.
    package var unit: String
    /// With the raises in force.
    package var limit: Int64
    package var settled: Int64 = 0
    package var reserved: Int64 = 0
    /// The most by which the requests in flight can go beyond what they reserved.
    package var exposure: Int64 = 0
    /// Unix nanoseconds.
    package var updatedAt: Int64

    package init(key: Key, windowEnd: Int64?, unit: String, limit: Int64, updatedAt: Int64) {
        self.key = key
        self.windowEnd = windowEnd
        self.unit = unit
        self.limit = limit
        self.updatedAt = updatedAt
    }
}

/// An alert that was given, so that it is given once.
package struct BudgetAlertRow: Sendable, Equatable {
    package let account: BudgetAccountRow.Key
    /// Percent of the limit.
    package let threshold: Int
    /// Unix nanoseconds.
    package let at: Int64

    package init(account: BudgetAccountRow.Key, threshold: Int, at: Int64) {
        self.account = account
        self.threshold = threshold
        self.at = at
    }
}

/// More room in a budget for a while, given by a person.
package struct BudgetRaise: Sendable, Equatable {
    package let id: Int64
    package let rule: String
    /// The account it is for; empty: all of the rule.
    package let scope: String
    /// What is added to the limit, in the rule's unit.
    package let amount: Int64
    /// In force from the first moment to before the second, Unix nanoseconds.
    package let from: Int64
    package let until: Int64
    package let actor: String
    package let reason: String
    /// When it was taken back, Unix nanoseconds.
    package let revokedAt: Int64?

    /// - Parameter now: Unix nanoseconds.
    package func isInForce(now: Int64) -> Bool {
        from <= now && now < until && (revokedAt.map { now < $0 } ?? true)
    }
}

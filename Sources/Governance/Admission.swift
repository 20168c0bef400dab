import Configuration

/// What a request asks the governor for, before it is sent to one target.
package struct Demand: Sendable {
    /// The rules that the request began with.
    package let book: RuleBook
    package let places: RuleBook.Places
    /// Whose turn it is when requests wait.
    package let owner: String
    /// Nano-dollars; `nil`: the target has no price.
    package let cost: BudgetBalance.Claim?
    package let tokens: BudgetBalance.Claim
    /// Limits that an earlier attempt of the request has taken its place at.
    package let held: [RuleBook.Place]

    package init(
        book: RuleBook, places: RuleBook.Places, owner: String, cost: BudgetBalance.Claim?,
        tokens: BudgetBalance.Claim, held: [RuleBook.Place] = []
    ) {
        self.book = book
        self.places = places
        self.owner = owner
        self.cost = cost
        self.tokens = tokens
        self.held = held
    }

    /// One of the limits lets requests wait their turn.
    package var mayWait: Bool { places.rates.contains { book.rules.rates[$0.rule].onLimit == .queue } }
}

/// What the governor says to it.
package enum AdmissionVerdict: Sendable {
    case admitted(Admission)
    case refused(AdmissionRefusal)
    /// It stands in the queue of a rule; the verdict follows.
    case waiting(ticket: UInt64, rule: String)
}

/// Why a request is not admitted.
package struct AdmissionRefusal: Sendable {
    package enum Reason: Sendable {
        case budget(BudgetExamination, rule: BudgetRule)
        /// A budget counts dollars, and the model has no price.
        case unpriced(rule: BudgetRule)
        /// `waited`: nanoseconds in the queue.
        case rate(RateExamination, rule: RateRule, waited: Int64)
    }
    package let reason: Reason
    /// Its place in the order of admissions, refusals and settlements.
    package let sequence: Int64
    /// Unix nanoseconds.
    package let at: Int64

    package var ruleID: String {
        switch reason {
        case .budget(_, let rule), .unpriced(let rule): rule.id
        case .rate(_, let rule, _): rule.id
        }
    }
}

/// What an admitted request holds until it is settled. HOT: it goes through many hands, as one reference.
package final class Admission: Sendable {
    struct BudgetItem: Sendable {
        let account: BudgetAccount
        let claim: BudgetBalance.Claim
        let terms: BudgetTerms
    }
    struct RateItem: Sendable {
        let limiter: RateLimiter
        let amount: Int64
        let place: RuleBook.Place
        /// It counts a request once, however many attempts it takes; tokens count for each.
        let isOfRequest: Bool
    }
    package let sequence: Int64
    /// When it was admitted, Unix nanoseconds: decides the window.
    package let at: Int64
    /// What each account looked like, for the ledger: see `HoldRecord`.
    package let record: [UInt8]
    /// The budget that is nearest to its limit, once a threshold is passed.
    package let notice: BudgetNotice?
    /// Rules with `on_exceed: warn` that would have refused it.
    package let warnings: [String]
    let budgets: [BudgetItem]
    let rates: [RateItem]

    init(
        sequence: Int64, at moment: Int64, record: [UInt8], notice: BudgetNotice?, warnings: [String],
        budgets: [BudgetItem], rates: [RateItem]
    ) {
        self.sequence = sequence
        at = moment
        self.record = record
        self.notice = notice
        self.warnings = warnings
        self.budgets = budgets
        self.rates = rates
    }

    package var accountCount: Int { budgets.count }
    /// Nano-dollars that were reserved; `nil`: no budget counts money.
    package var reservedCost: Int64? { budgets.first { $0.terms.rule.measure == .cost }?.claim.amount }
}

/// How far a budget is spent, for the client.
package struct BudgetNotice: Sendable, Equatable {
    package let rule: String
    package let window: BudgetWindow
    /// Percent of the limit.
    package let percent: Int
    /// The highest threshold that was passed, percent.
    package let threshold: Int
    /// Unix nanoseconds.
    package let resetsAt: Int64
    package let isShared: Bool
}

/// A threshold that a budget has passed.
package struct ThresholdCrossing: Sendable {
    package let status: BudgetStatus
    package let threshold: Int
    package let rule: BudgetRule
    /// Unix nanoseconds.
    package let at: Int64
}

/// What was spent when a hold ends.
package struct Spending: Sendable, Equatable {
    /// Nano-dollars.
    package var cost: Int64 = 0
    package var tokens: Int64 = 0
    /// Tokens were used, and what they cost is not known.
    package var isUnpriced = false
    /// Nanoseconds.
    package var duration: Int64 = 0

    package init() {}
}

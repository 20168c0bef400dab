import Configuration

/// The rules of one configuration, ready to be asked. Immutable.
package final class RuleBook: Sendable {
    package let rules: RuleSet

    /// The budgets and limits of `rules`, in their order.
    let budgets: [BudgetTerms]
    /// The first of each name.
    let budgetsByID: [String: BudgetRule]
    let rates: [RateTerms]
    private let access: [AccessTerms]

    package init(_ rules: RuleSet) {
        self.rules = rules
        budgets = rules.budgets.map { BudgetTerms($0) }
        budgetsByID = Dictionary(rules.budgets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        rates = rules.rates.map { RateTerms($0) }
        access = rules.access.map { AccessTerms($0) }
    }

    package static let empty = RuleBook(RuleSet())

    /// A rule of the book, by its place, and which of its accounts or limiters.
    package struct Place: Sendable, Equatable {
        package let rule: Int
        package let scope: String
    }

    /// What a request to a target is held against.
    package struct Places: Sendable, Equatable {
        package var budgets: [Place] = []
        package var rates: [Place] = []
        package var isEmpty: Bool { budgets.isEmpty && rates.isEmpty }

        package init() {}
    }

    /// All budgets and limits that are about it: every one of them must admit it.
    package func places(of subject: RuleSubject) -> Places {
        var places = Places()
        for (index, rule) in rules.budgets.enumerated() where rule.when.matches(subject) {
            places.budgets.append(Place(rule: index, scope: rule.appliesPer.scope(of: subject)))
        }
        for (index, rule) in rules.rates.enumerated() where rule.when.matches(subject) {
            places.rates.append(Place(rule: index, scope: rule.appliesPer.scope(of: subject)))
        }
        return places
    }

    package func runaways(about subject: RuleSubject) -> [RunawayRule] {
        rules.runaways.filter { $0.when.matches(subject) }
    }

    // MARK: Access

    package func access(of principal: Principal, _ metadata: Metadata) -> AccessGrant {
        var allowed: [(rule: String, set: ModelSet)] = [], denied: [(rule: String, set: ModelSet)] = []
        for terms in access where terms.rule.when.concerns(principal, metadata) {
            if let set = terms.rule.allow { allowed.append((terms.rule.id, set)) }
            if let set = terms.rule.deny { denied.append((terms.rule.id, set)) }
        }
        return AccessGrant(allowed: allowed, denied: denied)
    }
}

/// What one caller may use.
package struct AccessGrant: Sendable {
    private let allowed: [(rule: String, set: ModelSet)]
    private let denied: [(rule: String, set: ModelSet)]

    fileprivate init(allowed: [(rule: String, set: ModelSet)], denied: [(rule: String, set: ModelSet)]) {
        self.allowed = allowed
        self.denied = denied
    }

    package static let everything = AccessGrant(allowed: [], denied: [])

    /// Nothing is kept from this caller.
    package var isEverything: Bool { allowed.isEmpty && denied.isEmpty }

    /// The rule that keeps a target from this caller, or `nil`: it may be used. What any rule denies is denied; whom some rules allow
    /// something may use nothing else.
    package func obstacle(_ target: TargetNames) -> String? {
        func names(_ set: ModelSet) -> Bool {
            (set.models.isEmpty || set.models.name(target))
                && (set.providers.isEmpty || set.providers.match(target.provider))
        }
        if let rule = denied.first(where: { names($0.set) }) { return rule.rule }
        guard let first = allowed.first else { return nil }
        return allowed.contains { names($0.set) } ? nil : first.rule
    }
}

/// A budget rule to refer to: a copy of the rule itself counts a reference for each of its lists.
final class BudgetTerms: Sendable {
    let rule: BudgetRule
    let unit: String

    init(_ rule: BudgetRule) {
        self.rule = rule
        unit = rule.unit
    }
}

/// A rate rule to refer to.
final class RateTerms: Sendable {
    let rule: RateRule

    init(_ rule: RateRule) { self.rule = rule }
}

/// An access rule to refer to.
final class AccessTerms: Sendable {
    let rule: AccessRule

    init(_ rule: AccessRule) { self.rule = rule }
}

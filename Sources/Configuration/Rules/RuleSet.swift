/// Everything in the configuration that says what may be done and how much of it.
package struct RuleSet: Sendable {
    package var access: [AccessRule] = []
    package var budgets: [BudgetRule] = []
    package var rates: [RateRule] = []
    package var runaways: [RunawayRule] = []
    /// Whose prompts and answers are recorded.
    package var contents: [ContentRule] = []
    package var metadata = MetadataPolicy()
    /// Of budget windows.
    package var zone = TimeZone.utc

    package init() {}

    /// There is anything that a request could be held against.
    package var isEmpty: Bool { access.isEmpty && budgets.isEmpty && rates.isEmpty && runaways.isEmpty }
}

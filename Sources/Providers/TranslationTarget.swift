import Configuration

/// Where a translated request goes: what a translator has to know of the account and the model.
package struct TranslationTarget: Sendable {
    package let dialect: Dialect
    package let kind: ProviderKind
    /// The account's name: reasoning state belongs to account and model.
    package let account: String
    /// As the provider calls it.
    package let model: String
    /// The model behind it, where `model` is the name of a deployment.
    package let baseModel: String
    /// The most tokens the model writes, where that is configured.
    package let maximumOutput: Int64?
    /// A part that would be changed or lost is refused.
    package let rejectsLosses: Bool
    package let reasoningState: ReasoningState

    package init(
        dialect: Dialect, kind: ProviderKind, account: String, model: String, baseModel: String? = nil,
        maximumOutput: Int64? = nil, rejectsLosses: Bool = false
    ) {
        self.dialect = dialect
        self.kind = kind
        self.account = account
        self.model = model
        self.baseModel = baseModel ?? model
        self.maximumOutput = maximumOutput
        self.rejectsLosses = rejectsLosses
        reasoningState = ReasoningState(account: account, model: model)
    }
}

/// Who sells a model: the same name can cost differently elsewhere.
package enum PricePlatform: String, Sendable, CaseIterable {
    /// Anthropic itself, also where it is reached through AWS or Google Cloud with first-party model names.
    case anthropic
    case openai
    /// Azure OpenAI and Microsoft Foundry.
    case azure
    case gemini
    case vertex
    /// The runtime of Amazon Bedrock: InvokeModel and Converse.
    case bedrock
    /// The regional door of Amazon Bedrock, where a name without prefix is a regional one.
    case mantle
    case xai
    /// Servers of one's own and all others: only what the configuration names has a price.
    case other
}

/// Where a request is processed, as far as that changes its price. What is processed anywhere has none.
package enum PriceRegion: String, Sendable {
    case regional = "region"
    case eu
    /// AWS GovCloud.
    case gov
}

extension ProviderSetting {
    /// Whose prices its models have.
    package var pricePlatform: PricePlatform {
        switch kind {
        case .anthropic, .mock: .anthropic
        case .openAI: .openai
        case .azure: .azure
        case .gemini: .gemini
        case .vertex: .vertex
        case .bedrock: .bedrock
        case .xAI: .xai
        case .openAICompatible: .other
        }
    }
}

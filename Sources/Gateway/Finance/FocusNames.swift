import Configuration
import Ledger

/// Who sells, who makes, and what it is called, as an invoice would say it.
struct FocusNames {
    /// The kind of account; `unknown` for one that the configuration has no more.
    let kind: String
    let provider: String
    let service: String
    let publisher: String

    init(_ setting: ProviderSetting?, account: String, model: String) {
        kind = setting?.kind.rawValue ?? "unknown"
        let name = account.isEmpty ? "unknown" : CSVText.text(account)
        switch setting?.kind {
        case .anthropic: (provider, service) = ("Anthropic", "Claude API")
        case .openAI: (provider, service) = ("OpenAI", "OpenAI API")
        case .azure: (provider, service) = ("Microsoft", "Azure AI Foundry")
        case .gemini: (provider, service) = ("Google", "Gemini API")
        case .vertex: (provider, service) = ("Google Cloud", "Vertex AI")
        case .bedrock: (provider, service) = ("AWS", "Amazon Bedrock")
        case .xAI: (provider, service) = ("xAI", "xAI API")
        case .openAICompatible, .mock, nil: (provider, service) = (name, name)
        }
        let makers = [
            ("claude", "Anthropic"), ("gpt", "OpenAI"), ("gemini", "Google"), ("grok", "xAI"), ("llama", "Meta"),
            ("nova", "Amazon"), ("mistral", "Mistral AI"), ("deepseek", "DeepSeek"), ("qwen", "Alibaba Cloud"),
        ]
        publisher = makers.first { model.contains($0.0) }?.1 ?? provider
    }
}

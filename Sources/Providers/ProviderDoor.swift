import Configuration
import Wire

/// How a model of an account is reached: what is spoken there, on which path, and how its answers come.
package struct ProviderDoor: Sendable, Equatable {
    package let dialect: Dialect
    /// Who runs Claude there; of other dialects it says nothing.
    package let platform: ClaudePlatform
    package let pricing: PricePlatform

    package init(_ setting: ProviderSetting, model: String) {
        var dialect = Dialect.messages, platform = ClaudePlatform.anthropic
        switch setting.kind {
        case .anthropic, .mock: break
        case .openAI, .xAI: dialect = Self.chosen(setting.dialect ?? .responses)
        case .openAICompatible: dialect = Self.chosen(setting.dialect ?? .chatCompletions)
        case .azure:
            // Claude on Foundry has an address of its own.
            let isFoundry = setting.baseURL.prefix.hasSuffix("/anthropic")
            dialect = Self.chosen(setting.dialect ?? (isFoundry ? .messages : .responses))
            platform = .foundry
        case .gemini: dialect = .generateContent
        case .vertex:
            dialect = model.hasPrefix("claude") ? .messages : .generateContent
            platform = .vertex
        case .bedrock:
            dialect = Self.isClaude(bedrock: setting.model(model)?.baseModel ?? model) ? .messages : .converse
            platform = .bedrock
        }
        self.dialect = dialect
        self.platform = platform
        pricing = setting.pricePlatform
    }

    private static func chosen(_ setting: DialectSetting) -> Dialect {
        switch setting {
        case .messages: .messages
        case .responses: .responses
        case .chatCompletions: .chatCompletions
        }
    }

    private static func isClaude(bedrock model: String) -> Bool {
        model.contains("anthropic.") || model.hasPrefix("claude")
    }

    /// What answers are asked for in.
    package var accept: StaticString {
        dialect == .converse ? "application/vnd.amazon.eventstream" : "text/event-stream"
    }

    package var isTranslated: Bool { dialect != .messages }

    /// The path of a request, behind the base URL's own; `nil`: the client's.
    package func path(
        _ setting: ProviderSetting, model: String, isStreamed: Bool, counts: Bool
    ) -> String? {
        switch dialect {
        case .messages: messagesPath(setting, model, isStreamed: isStreamed, counts: counts)
        case .responses: openAI(setting, model, counts ? "/responses/input_tokens" : "/responses", inDeployment: false)
        case .chatCompletions: openAI(setting, model, "/chat/completions", inDeployment: true)
        case .generateContent:
            google(setting) + Self.google(model)
                + (counts ? ":countTokens" : ":streamGenerateContent?alt=sse")
        case .converse: "/model/\(PercentEncoding.encode(model))/\(counts ? "count-tokens" : "converse-stream")"
        }
    }

    private func messagesPath(_ setting: ProviderSetting, _ model: String, isStreamed: Bool, counts: Bool) -> String? {
        switch platform {
        case .anthropic, .foundry, .mantle:
            // Other servers have `/v1` in their base URL, as their clients want it.
            guard setting.kind == .openAICompatible, setting.baseURL.prefix.hasSuffix("/v1") else { return nil }
            return counts ? "/messages/count_tokens" : "/messages"
        case .vertex:
            let models =
                "/v1/projects/\(setting.project ?? "")/locations/\(setting.region ?? "")/publishers/anthropic/models/"
            if counts { return models + "count-tokens:rawPredict" }
            return models + Self.google(model) + (isStreamed ? ":streamRawPredict" : ":rawPredict")
        case .bedrock:
            let operation = counts ? "count-tokens" : isStreamed ? "invoke-with-response-stream" : "invoke"
            return "/model/\(PercentEncoding.encode(model))/\(operation)"
        }
    }

    private func openAI(_ setting: ProviderSetting, _ model: String, _ path: String, inDeployment: Bool) -> String {
        guard let version = setting.apiVersion else { return path }
        let deployment = inDeployment ? "/deployments/\(PercentEncoding.encode(model))" : ""
        return "/openai\(deployment)\(path)?api-version=\(version)"
    }

    /// Releases stand behind an `@`, which may stand in a path as it is.
    private static func google(_ model: String) -> String {
        model.split(separator: "@", omittingEmptySubsequences: false).map { PercentEncoding.encode($0) }
            .joined(separator: "@")
    }

    private func google(_ setting: ProviderSetting) -> String {
        setting.kind == .vertex
            ? "/v1/projects/\(setting.project ?? "")/locations/\(setting.region ?? "")/publishers/google/models/"
            : "/v1beta/models/"
    }
}

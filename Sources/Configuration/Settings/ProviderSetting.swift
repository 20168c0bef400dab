package enum ProviderKind: String, Sendable, CaseIterable {
    /// The Anthropic Messages API.
    case anthropic
    case openAI = "openai"
    /// Azure OpenAI, and Claude on Microsoft Foundry.
    case azure
    /// The Gemini API of Google AI Studio.
    case gemini
    /// Gemini and Claude on Google Cloud.
    case vertex
    /// Amazon Bedrock.
    case bedrock
    case xAI = "xai"
    /// Any server with Chat Completions (vLLM, Ollama, llama.cpp, …), or with the Messages API.
    case openAICompatible = "openai-compatible"
    /// Answers made up in this process, for trying out and for tests.
    case mock
}

/// The dialect that is spoken with an account, where its kind leaves a choice.
package enum DialectSetting: String, Sendable, CaseIterable {
    case messages, responses
    case chatCompletions = "chat-completions"
}

/// The header that carries `api_key`.
package enum KeyField: String, Sendable, CaseIterable {
    case xAPIKey = "x-api-key"
    case bearer
    case apiKey = "api-key"
    case googleAPIKey = "x-goog-api-key"

    /// Name and what stands before the key.
    package var header: (name: StaticString, prefix: StaticString) {
        switch self {
        case .xAPIKey: ("x-api-key", "")
        case .bearer: ("authorization", "Bearer ")
        case .apiKey: ("api-key", "")
        case .googleAPIKey: ("x-goog-api-key", "")
        }
    }
}

/// What happens when a part of a request cannot be said in the provider's dialect.
package enum FidelityPolicy: String, Sendable, CaseIterable {
    /// It is told in the receipt.
    case warn
    /// The request is refused.
    case reject
}

/// How `count_tokens` is answered for a provider that has no counter.
package enum TokenCounting: String, Sendable, CaseIterable {
    /// By the provider or not at all.
    case provider
    /// By an estimate, once it was calibrated by what the provider billed.
    case estimate
}

/// What differs of a model from what is known by its name.
package struct ProviderModelSetting: Sendable, Equatable {
    /// The provider's name; may end in `*`.
    package let name: String
    /// The model behind a deployment's name, for prices and capabilities.
    package let baseModel: String?
    /// The most tokens it writes.
    package let maximumOutput: Int64?
}

/// Beta features and the body fields that belong to them, beside the built-in table: names, or beginnings with `*`.
package struct BetaSetting: Sendable, Equatable {
    package var keep: [String] = []
    package var drop: [String] = []

    package init(keep: [String] = [], drop: [String] = []) {
        self.keep = keep
        self.drop = drop
    }
}

/// A provider account.
package struct ProviderSetting: Sendable {
    package let name: String
    package let kind: ProviderKind
    package let baseURL: BaseURL
    /// `none` at Anthropic: only clients with a login of their own are served (subscription pass-through).
    package var credential = CredentialSetting.none
    /// Where an `apiKey` goes.
    package var keyField = KeyField.xAPIKey
    /// The forward proxy on the way there; `nil`: none.
    package var proxy: ProxySetting?
    /// `nil`: the kind's own.
    package var dialect: DialectSetting?
    /// `api-version` of Azure's dated API; `nil`: the undated one.
    package var apiVersion: String?
    /// AWS region, or Google Cloud location.
    package var region: String?
    /// Google Cloud project.
    package var project: String?
    /// Sent with every request; values may be secrets.
    package var headers: [(name: String, value: Secret)] = []
    package var models: [ProviderModelSetting] = []
    package var betas = BetaSetting()
    package var fidelity = FidelityPolicy.warn
    package var counting = TokenCounting.provider
    /// Whether it gets the context of our trace (`traceparent`).
    package var getsTraceContext = true
    /// CA file (PEM) that the server's certificate must chain to; absent: the system's store.
    package var authorityFile: String?
    package var timeouts = UpstreamTimeouts()
    /// Idle connections kept open, per loop.
    package var maximumIdleConnections = 256
    /// Requests at the same time, over all loops; `nil`: no limit.
    package var maximumConcurrentRequests: Int?
    /// Requests that wait for their turn when `maximumConcurrentRequests` are under way; 0: none waits.
    package var maximumQueuedRequests = 0
    /// For so long one waits at most, nanoseconds.
    package var queueTimeout: Int64 = 10_000_000_000

    package init(name: String, kind: ProviderKind, baseURL: BaseURL) {
        self.name = name
        self.kind = kind
        self.baseURL = baseURL
    }

    /// What is known of a model by configuration.
    package func model(_ name: String) -> ProviderModelSetting? {
        models.first { setting in
            setting.name.hasSuffix("*") ? name.hasPrefix(setting.name.dropLast()) : setting.name == name
        }
    }

    /// Whether both lead to the same connections, credentials and requests.
    package func isSame(as other: ProviderSetting) -> Bool {
        switch (proxy, other.proxy) {
        case (nil, nil): break
        case (let mine?, let others?) where mine.isSame(as: others): break
        default: return false
        }
        guard name == other.name, kind == other.kind, baseURL == other.baseURL, keyField == other.keyField,
            credential.isSame(as: other.credential), dialect == other.dialect, apiVersion == other.apiVersion,
            region == other.region, project == other.project, models == other.models, betas == other.betas,
            fidelity == other.fidelity, counting == other.counting, getsTraceContext == other.getsTraceContext
        else { return false }
        return authorityFile == other.authorityFile && timeouts == other.timeouts
            && maximumIdleConnections == other.maximumIdleConnections
            && maximumConcurrentRequests == other.maximumConcurrentRequests
            && maximumQueuedRequests == other.maximumQueuedRequests && queueTimeout == other.queueTimeout
            && headers.count == other.headers.count
            && zip(headers, other.headers).allSatisfy { $0.name == $1.name && $0.value.isSame(as: $1.value) }
    }
}

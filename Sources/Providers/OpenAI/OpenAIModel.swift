import Configuration

/// What of OpenAI's and xAI's interfaces a model takes. A table and not a guess by the name's beginning alone: a model that is not
/// in it is taken for a reasoning model of the usual kind, as new ones are.
/// https://platform.openai.com/docs/models, https://docs.x.ai/docs/models
struct OpenAIModel {
    enum ToolsInChat {
        case any
        /// Only with `reasoning_effort: none`.
        case withoutReasoning
        case none
    }
    /// From the least to the most; empty: the field is refused.
    let efforts: [StaticString]
    let maximumOutput: Int64?
    let toolsInChat: ToolsInChat

    var reasons: Bool { !efforts.isEmpty }

    /// The value for a request, in an API that knows `max` or does not.
    func effort(_ reasoning: MessagesRequest.Reasoning, knowsMax: Bool) -> StaticString? {
        guard let least = efforts.first else { return nil }
        switch reasoning {
        case .off: return has("none") ? "none" : least
        case .effort(let effort):
            let order: [StaticString] =
                switch effort {
                case .low: ["low"]
                case .medium: ["medium"]
                case .high: ["high"]
                case .xhigh: ["xhigh", "high"]
                case .max: knowsMax ? ["max", "xhigh", "high"] : ["xhigh", "high"]
                }
            return order.first(where: has) ?? efforts.last
        }
    }

    func has(_ effort: StaticString) -> Bool { efforts.contains { "\($0)" == "\(effort)" } }

    private static let threeLevels: [StaticString] = ["low", "medium", "high"]
    private static let fourLevels: [StaticString] = ["low", "medium", "high", "xhigh"]

    static func of(_ name: String, _ kind: ProviderKind) -> OpenAIModel {
        switch kind {
        case .openAICompatible: OpenAIModel(efforts: [], maximumOutput: nil, toolsInChat: .any)
        case .xAI: grok(name)
        default: gpt(name)
        }
    }

    private static func grok(_ name: String) -> OpenAIModel {
        let efforts: [StaticString] =
            if name.contains("non-reasoning") || name.contains("code") || name.contains("build") {
                []
            } else if name.hasPrefix("grok-4.7") {
                fourLevels
            } else {
                threeLevels
            }
        return OpenAIModel(efforts: efforts, maximumOutput: nil, toolsInChat: .any)
    }

    private static func gpt(_ name: String) -> OpenAIModel {
        // The longest beginning that fits stands first.
        let found = table.first { name.hasPrefix($0.0) }
        if name.contains("chat-latest") { return OpenAIModel(efforts: [], maximumOutput: 16_384, toolsInChat: .any) }
        return found?.1 ?? OpenAIModel(efforts: threeLevels, maximumOutput: 128_000, toolsInChat: .withoutReasoning)
    }

    private static let table: [(String, OpenAIModel)] = [
        ("gpt-4o", .init(efforts: [], maximumOutput: 16_384, toolsInChat: .any)),
        ("gpt-4.1", .init(efforts: [], maximumOutput: 32_768, toolsInChat: .any)),
        ("gpt-4", .init(efforts: [], maximumOutput: 8_192, toolsInChat: .any)),
        ("gpt-oss", .init(efforts: threeLevels, maximumOutput: nil, toolsInChat: .any)),
        ("o", .init(efforts: threeLevels, maximumOutput: 100_000, toolsInChat: .any)),
        ("gpt-5.1", .init(efforts: ["none"] + threeLevels, maximumOutput: 128_000, toolsInChat: .any)),
        ("gpt-5.2", .init(efforts: ["none"] + fourLevels, maximumOutput: 128_000, toolsInChat: .any)),
        ("gpt-5.3", .init(efforts: fourLevels, maximumOutput: 128_000, toolsInChat: .any)),
        ("gpt-5.4", .init(efforts: ["none"] + fourLevels, maximumOutput: 128_000, toolsInChat: .withoutReasoning)),
        ("gpt-5.5", .init(efforts: ["none"] + fourLevels, maximumOutput: 128_000, toolsInChat: .withoutReasoning)),
        (
            "gpt-5.6",
            .init(efforts: ["none"] + fourLevels + ["max"], maximumOutput: 128_000, toolsInChat: .withoutReasoning)
        ),
        ("gpt-5", .init(efforts: ["minimal"] + threeLevels, maximumOutput: 128_000, toolsInChat: .any)),
        ("gpt-6-astra", .init(efforts: fourLevels + ["max"], maximumOutput: 128_000, toolsInChat: .none)),
        (
            "gpt-6-",
            .init(efforts: ["none"] + fourLevels + ["max"], maximumOutput: 128_000, toolsInChat: .withoutReasoning)
        ),
        ("gpt-6.", .init(efforts: fourLevels + ["max"], maximumOutput: 128_000, toolsInChat: .none)),
    ]
}

/// What of Google's interface a model takes. A model that is not in the table is taken for a new one.
/// https://ai.google.dev/gemini-api/docs/thinking, https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking
struct GeminiModel {
    enum Thinking {
        case none
        /// `thinkingBudget`: what it may be, and what comes nearest to none.
        case budget(ClosedRange<Int64>, off: Int64)
        /// `thinkingLevel`: the values that the model knows, from the least to the most.
        case levels([StaticString])
    }

    let thinking: Thinking
    /// Whether it thinks when nobody asks for it. One that does not refuses to be asked for its thoughts alone.
    var thinksUnasked = true
    /// Newer models take no `temperature`, `topP` and `topK` any more: ignored, or refused.
    var takesSampling = true
    /// Gemini 3 and later: media in function responses, signatures checked, search and formats beside functions.
    var isThird = true
    /// Of one request. Gemini 4 goes on beyond it in further requests, which nobody sends here.
    /// https://ai.google.dev/gemini-api/docs/generate-content/long-decode
    var maximumOutput: Int64 = 65_536

    static func of(_ name: String) -> GeminiModel {
        // `models/gemini-3.8-flash`, `publishers/google/models/gemini-3.8-flash`
        let name = name.split(separator: "/").last.map(String.init) ?? name
        return table.first { name.hasPrefix($0.0) }?.1 ?? GeminiModel(thinking: .levels(three), takesSampling: false)
    }

    private static let three: [StaticString] = ["LOW", "MEDIUM", "HIGH"]
    private static let four: [StaticString] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"]

    /// The longest beginning that fits stands first.
    private static let table: [(String, GeminiModel)] = [
        ("gemini-1", .init(thinking: .none, isThird: false, maximumOutput: 8_192)),
        ("gemini-2.0", .init(thinking: .none, isThird: false, maximumOutput: 8_192)),
        (
            "gemini-2.5-flash-lite",
            .init(thinking: .budget(512...24_576, off: 0), thinksUnasked: false, isThird: false)
        ),
        ("gemini-2.5-flash", .init(thinking: .budget(1...24_576, off: 0), isThird: false)),
        ("gemini-2", .init(thinking: .budget(128...32_768, off: 128), isThird: false)),
        ("gemini-3-pro", .init(thinking: .levels(["LOW", "HIGH"]))),
        ("gemini-3-flash", .init(thinking: .levels(four))),
        ("gemini-3.1-flash-lite", .init(thinking: .levels(four))),
        ("gemini-3.1-pro", .init(thinking: .levels(three))),
        ("gemini-3.5-flash-lite", .init(thinking: .levels(four), takesSampling: false)),
        ("gemini-3.5-flash", .init(thinking: .levels(four))),
        ("gemini-3.6-flash", .init(thinking: .levels(four), takesSampling: false)),
    ]
}

extension GeminiModel {
    /// The level for a request; `nil`: the model has none.
    func level(_ reasoning: MessagesRequest.Reasoning) -> StaticString? {
        guard case .levels(let levels) = thinking else { return nil }
        let order: [StaticString] =
            switch reasoning {
            case .off: ["MINIMAL", "LOW"]
            case .effort(.low): ["LOW"]
            case .effort(.medium): ["MEDIUM"]
            case .effort(.high): ["HIGH"]
            case .effort(.xhigh), .effort(.max): ["XHIGH", "HIGH"]
            }
        return order.first { level in levels.contains { "\($0)" == "\(level)" } } ?? levels.last
    }

    /// The budget for a request: what the client names itself, else what its effort stands for. `nil`: the model has none, or
    /// nothing was asked for.
    func budget(_ request: MessagesRequest) -> Int64? {
        guard case .budget(let range, let off) = thinking else { return nil }
        func within(_ tokens: Int64) -> Int64 { min(max(tokens, range.lowerBound), range.upperBound) }
        switch (request.thinking, request.effort) {
        case (.disabled?, _): return off
        case (_, .low?): return within(2_048)
        case (_, .medium?): return within(8_192)
        case (_, .high?): return within(24_576)
        case (_, .xhigh?), (_, .max?): return range.upperBound
        case (.enabled(let tokens)?, nil): return within(tokens)
        // As much as the model finds right.
        case (.adaptive?, nil): return -1
        case (nil, nil): return nil
        }
    }
}

/// Why a message ended, in Anthropic's words.
package enum StopReason: Sendable, Equatable {
    case endTurn, maxTokens, toolUse, refusal
    case stopSequence
    case contextWindowExceeded

    /// The answer was not the model's to end: what it was writing is not whole.
    var cutsShort: Bool { self == .maxTokens || self == .refusal || self == .contextWindowExceeded }

    package var name: StaticString {
        switch self {
        case .endTurn: "end_turn"
        case .maxTokens: "max_tokens"
        case .toolUse: "tool_use"
        case .refusal: "refusal"
        case .stopSequence: "stop_sequence"
        case .contextWindowExceeded: "model_context_window_exceeded"
        }
    }
}

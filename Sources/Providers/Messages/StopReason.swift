/// Why a message ended, in Anthropic's words.
package enum StopReason: Sendable, Equatable {
    case endTurn, maxTokens, toolUse, refusal
    case stopSequence
    case contextWindowExceeded

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

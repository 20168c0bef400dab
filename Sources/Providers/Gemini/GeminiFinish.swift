/// Why a candidate ended. https://ai.google.dev/api/generate-content#FinishReason
enum GeminiFinish {
    case stop(StopReason)
    /// The answer is of no use; it must not look like an end (T-12).
    case failure
    case unspecified

    static func of(_ reason: String) -> GeminiFinish {
        switch reason {
        case "STOP": .stop(.endTurn)
        // `CONTINUATION`: there is more, and nobody asks for it.
        case "MAX_TOKENS", "CONTINUATION": .stop(.maxTokens)
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION",
            "PUP_LIMITED_DISABLED":
            .stop(.refusal)
        case "", "FINISH_REASON_UNSPECIFIED": .unspecified
        default: reason.hasPrefix("IMAGE_") ? .stop(.refusal) : .failure
        }
    }
}

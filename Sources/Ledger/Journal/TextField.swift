/// The texts of a request's row, by their place in the slot.
enum TextField: Int, CaseIterable {
    case user, team, keyID, sessionID, agentID, parentAgentID, agentType, requestClass, promptID, toolDurations
    case project, metadata, modelRequested, clientVersion, entrypoint
    case modelServed, provider, providerKind, priceVersion
    case stopReason, errorType, upstreamRequestID, rawUsage

    /// The most UTF-8 bytes kept; a longer text is cut at a character and the row marked `truncated`.
    ///
    /// The limits of the fields known at the start leave half a kilobyte of the slot to those known later.
    var limit: Int {
        switch self {
        case .metadata, .rawUsage: 1024
        case .toolDurations: 256
        case .user, .project, .modelRequested, .modelServed: 128
        case .requestClass, .clientVersion, .entrypoint, .stopReason, .providerKind, .priceVersion: 48
        case .team, .keyID, .sessionID, .agentID, .parentAgentID, .agentType, .promptID, .provider, .errorType,
            .upstreamRequestID:
            64
        }
    }

    /// Whether a cut value would be worthless (JSON), so that it is left out instead.
    var isAllOrNothing: Bool { self == .metadata || self == .rawUsage }
}

/// The texts of an attempt's row, by their place in the attempt's part of the slot.
enum AttemptTextField: Int, CaseIterable {
    case provider, model, errorType, upstreamRequestID

    /// The most UTF-8 bytes kept.
    var limit: Int { self == .model ? 128 : 64 }
}

/// Bounds that callers keep to, so that nothing is cut.
package enum JournalLimits {
    /// The most bytes of a metadata object that the ledger keeps; larger ones are left out of the row.
    package static let metadataBytes = TextField.metadata.limit
    /// The most attempts of one request.
    package static let attempts = SlotLayout.attemptCapacity
}

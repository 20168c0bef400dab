/// The texts of a request's row, by their place in the slot.
enum TextField: Int, CaseIterable {
    case user, team, groups, virtualAccount, keyID, sessionID, agentID, parentAgentID, agentType, requestClass,
        promptID, toolDurations
    case project, metadata, modelRequested, clientVersion, entrypoint
    case modelServed, provider, providerKind, priceVersion
    case stopReason, errorType, upstreamRequestID, rawUsage

    /// The most UTF-8 bytes kept; a longer text is cut at a character and the row marked `truncated`.
    ///
    /// The limits of the fields known at the start leave three and a half kilobytes of the slot to those known later.
    var limit: Int {
        switch self {
        case .metadata, .rawUsage: 1024
        case .groups: 512
        case .toolDurations: 256
        // Whom budgets are kept for: as long as a token may say it. Cut, it would be somebody else after a restart.
        case .user, .team, .virtualAccount: 128
        case .project, .modelRequested, .modelServed: 128
        case .requestClass, .clientVersion, .entrypoint, .stopReason, .providerKind, .priceVersion: 48
        case .keyID, .sessionID, .agentID, .parentAgentID, .agentType, .promptID, .provider, .errorType,
            .upstreamRequestID:
            64
        }
    }

    /// What becomes of a text that is too long.
    var excess: TextExcess {
        switch self {
        case .metadata, .rawUsage: .leftOut
        case .groups: .cutAtComma
        default: .cut
        }
    }
}

/// What becomes of a text that does not fit.
enum TextExcess {
    /// It is cut at a character.
    case cut
    /// A list is cut between two of its members: a piece of a name could be another name.
    case cutAtComma
    /// Cut it would be worthless (JSON): it is left out.
    case leftOut
}

/// The texts of an attempt's row, by their place in the attempt's part of the slot.
enum AttemptTextField: Int, CaseIterable {
    case provider, providerKind, model, priceVersion, holds, errorType, upstreamRequestID

    /// The most UTF-8 bytes kept.
    var limit: Int {
        switch self {
        case .holds: 1600
        case .model: 128
        case .providerKind, .priceVersion: 48
        case .provider, .errorType, .upstreamRequestID: 64
        }
    }
}

/// Bounds that callers keep to, so that nothing is cut.
package enum JournalLimits {
    /// The most bytes of a metadata object that the ledger keeps; larger ones are left out of the row.
    package static let metadataBytes = TextField.metadata.limit
    /// The most bytes of a list of groups that the ledger keeps; the rest of a longer one is cut off.
    package static let groupsBytes = TextField.groups.limit
    /// The most bytes of a session's id that the ledger keeps.
    package static let sessionBytes = TextField.sessionID.limit
    /// The most bytes of an attempt's holds.
    package static let holdsBytes = AttemptTextField.holds.limit
    /// The most attempts of one request.
    package static let attempts = SlotLayout.attemptCapacity
}

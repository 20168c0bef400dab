/// Everything about an attempt that a rule can look at.
package struct SpendDimensions: Sendable, Hashable {
    package var user = ""
    package var team = ""
    /// With commas between.
    package var groups = ""
    package var keyID = ""
    package var virtualAccount = ""
    /// The name of the provider's account, and its name of the model.
    package var provider = ""
    package var model = ""
    /// The model as the client named it.
    package var modelRequested = ""
    /// A JSON object of strings; empty if there was none, or it was not asked for.
    package var metadata = ""
    /// Empty if there was none, or it was not asked for.
    package var sessionID = ""

    package init() {}
}

/// Dimensions that are dear to group by, because nearly every request has its own: asked for only where a rule needs them.
package struct HistoryDetail: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let metadata = HistoryDetail(rawValue: 1)
    package static let session = HistoryDetail(rawValue: 2)
}

/// The columns that dimensions are read from.
enum DimensionColumns {
    static let request = ["user", "team", "groups", "key_id", "virtual_account", "model_requested"]
    static let attempt = ["provider", "model"]

    /// The request's columns, in the order in which `SpendDimensions` reads them.
    static func request(_ detail: HistoryDetail) -> [String] {
        request + [
            detail.contains(.metadata) ? "ifnull(metadata, '')" : "''",
            detail.contains(.session) ? "session_id" : "''",
        ]
    }

    /// All token classes of an attempt.
    static let tokens =
        "input_tokens + output_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens"
}

extension SpendDimensions {
    /// Sets what `DimensionColumns.request` names, a text at a time.
    mutating func readRequest(_ next: () -> String) {
        user = next()
        team = next()
        groups = next()
        keyID = next()
        virtualAccount = next()
        modelRequested = next()
        metadata = next()
        sessionID = next()
    }

    /// Sets what `DimensionColumns.attempt` names, a text at a time.
    mutating func readAttempt(_ next: () -> String) {
        provider = next()
        model = next()
    }
}

/// How fast, and by that how dear, a request was served.
package enum ServiceTier: String, Sendable, CaseIterable {
    case standard
    case flex
    case batch
    case priority
    case ultrafast

    /// As answers name it. OpenAI has called its priority tier `fast` since 2026-07-30; what was paid for beforehand (`scale`,
    /// `reserved`) counts as standard. `nil`: unknown.
    package init?(named name: String) {
        switch name {
        case "default", "auto", "on_demand", "scale", "reserved": self = .standard
        case "fast": self = .priority
        default: self.init(rawValue: name)
        }
    }
}

/// What a tier does to the prices of its row.
package enum TierPrice: Sendable, Equatable {
    /// Thousandths by which it multiplies.
    case permille(Int64)
    /// Prices of its own.
    case tokens(TokenPrices)
}

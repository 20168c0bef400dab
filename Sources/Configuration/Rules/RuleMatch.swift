/// Whom and what a rule is about: `when`. What is not named does not matter; everything named must hold; of the values of one name
/// one is enough.
package struct RuleMatch: Sendable, Equatable {
    package var users: [Glob] = []
    package var teams: [Glob] = []
    package var groups: [Glob] = []
    /// Ids of keys.
    package var keys: [Glob] = []
    package var virtualAccounts: [Glob] = []
    /// As the client asked for them, as the provider calls them, or as `PROVIDER/MODEL`.
    package var models: [Glob] = []
    /// Names of provider accounts.
    package var providers: [Glob] = []
    /// Tags of the request, each with the values that do.
    package var metadata: [String: [Glob]] = [:]
    /// None of these may hold: at most one element, as a value cannot hold one of its own kind.
    package var not: [RuleMatch] = []

    package init() {}

    /// It speaks of who asks only, not of what for.
    package var namesTarget: Bool {
        !models.isEmpty || !providers.isEmpty || not.contains { $0.namesTarget }
    }
}

/// What a budget or a limit is kept apart for: each value has an account of its own.
package enum ScopeDimension: Sendable, Hashable {
    case user, team, key, virtualAccount
    /// As the provider calls it.
    case model
    /// The provider account.
    case provider
    /// Claude Code's session.
    case session
    /// A tag of the request.
    case metadata(String)

    /// As it stands in the configuration.
    package var text: String {
        switch self {
        case .user: "user"
        case .team: "team"
        case .key: "key"
        case .virtualAccount: "virtualaccount"
        case .model: "model"
        case .provider: "provider"
        case .session: "session"
        case .metadata(let name): "metadata.\(name)"
        }
    }
}

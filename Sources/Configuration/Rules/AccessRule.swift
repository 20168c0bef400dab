/// Models and providers that a rule speaks of; an empty list means all of them.
package struct ModelSet: Sendable, Equatable {
    package var models: [Glob] = []
    package var providers: [Glob] = []

    package init() {}
}

/// Who may use what. Whom no rule with `allow` is about may use everything that is not denied; whom some are about, what one of
/// them allows. What any rule denies is denied.
package struct AccessRule: Sendable, Equatable {
    package let id: String
    /// Of `when` only what says who asks.
    package var when = RuleMatch()
    package var allow: ModelSet?
    package var deny: ModelSet?

    package init(id: String) { self.id = id }
}

/// The brake for a session that runs in circles.
package struct RunawayRule: Sendable, Equatable {
    package let id: String
    package var when = RuleMatch()
    /// So many calls of the same tool with the same input, one after the other.
    package var sameToolCalls: Int?
    /// So many calls of tools since the last that changed a file, while the request has grown larger than `contextTokens`.
    package var callsWithoutEdit: Int?
    package var contextTokens: Int64 = 100_000
    package var onExceed = OnExceed.block

    package init(id: String) { self.id = id }
}

/// Which tags of a request come from whom.
package struct MetadataPolicy: Sendable, Equatable {
    /// Tags that only a credential can set; a request that says something else is refused.
    package var fromCredential: [Glob] = [Glob("team"), Glob("user"), Glob("groups")]

    package init() {}

    package func isLocked(_ name: String) -> Bool { fromCredential.match(name) }
}

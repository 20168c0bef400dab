/// How one of several targets is chosen.
package enum RoutingStrategy: String, Sendable, CaseIterable {
    /// Shares of the sessions.
    case weight = "weight-based-routing"
    /// The first that is well.
    case priority = "priority-based-routing"
    /// The one that is fastest at present.
    case latency = "latency-based-routing"
}

/// What keeps a conversation at its target.
package enum StickyKey: String, Sendable, CaseIterable {
    /// Claude Code's session.
    case session
    case user
    case key
    case none
}

/// Attempts at the same target.
package struct RetrySetting: Sendable, Equatable {
    /// In all, the first included.
    package var attempts = 1
    /// Before the second attempt, nanoseconds; doubled before each further one.
    package var delay: Int64 = 100_000_000
    package var statusCodes: [Int] = []

    package init() {}
}

/// When a target is left alone for a while.
package struct BreakerSetting: Sendable, Equatable {
    /// So many failures one after the other open it.
    package var failures = 5
    /// Nanoseconds until it is tried with one request; doubled while that fails, up to eight times.
    package var openFor: Int64 = 30_000_000_000

    package init() {}
}

/// One of the models that a virtual model may lead to.
package struct TargetSetting: Sendable {
    /// The provider account's name, and the model there.
    package let account: String
    package let upstream: String
    /// The account's place in `Snapshot.providers`.
    package var provider = 0
    /// For these callers only; of it only what says who asks.
    package var when = RuleMatch()
    package var weight = 1
    /// The lowest number first.
    package var priority = 0
    /// Statuses of the upstream upon which the next target is tried; those that say that another would do better.
    package var fallbackStatusCodes = [401, 403, 404, 408, 429, 500, 502, 503, 504, 529]
    /// It may be chosen after another has failed.
    package var isFallbackCandidate = true
    package var retry = RetrySetting()
    /// Members of the body that are set, each with its JSON.
    package var overrideParameters: [(name: String, json: [UInt8])] = []
    /// Members of the body that are taken out.
    package var stripParameters: [String] = []
    package var setHeaders: [(name: String, value: Secret)] = []
    package var removeHeaders: [String] = []
    /// From the request's end to the first byte of the answer's body, nanoseconds; `nil`: the provider's own.
    package var firstByteTimeout: Int64?
    /// Slower than this per output token, nanoseconds, and it comes after the others.
    package var slowTokenTime: Int64?

    package init(account: String, upstream: String) {
        self.account = account
        self.upstream = upstream
    }
}

/// `routing_config` of a model.
package struct RoutingSetting: Sendable {
    package var strategy = RoutingStrategy.priority
    package var sticky = StickyKey.session
    /// How long a session stays where a fallback or a measurement has brought it after its last request, nanoseconds.
    package var stickyTime: Int64 = 3_600_000_000_000
    /// In the order of the file; at least one.
    package var targets: [TargetSetting] = []
    package var breaker = BreakerSetting()

    package init() {}
}

/// A name of its own behind which other models stand. It has no `*`.
package struct VirtualModelSetting: Sendable {
    package let name: String
    package let displayName: String?
    package let routing: RoutingSetting

    package init(name: String, displayName: String?, routing: RoutingSetting) {
        self.name = name
        self.displayName = displayName
        self.routing = routing
    }
}

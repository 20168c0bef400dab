import Configuration
import Glibc

/// In which order the targets of a virtual model are tried for one request, and why. Pure: a value made of the setting, what is
/// known of the targets, and whose request it is; `tollgate explain` shows the same that a request would get.
package struct RoutePlan: Sendable {
    /// Why the first candidate is the first.
    package enum Reason: Sendable, Equatable {
        /// Its share of the sessions.
        case weight
        case priority
        case latency
        /// Its speed is not known yet.
        case unmeasured
        /// So that speeds measured long ago are measured again.
        case explored
        /// The session is there already.
        case sticky
        /// The better ones are open.
        case breaker
        /// It was open, and this request finds out whether it is well.
        case probe

        package var text: StaticString {
            switch self {
            case .weight: "first choice by weight"
            case .priority: "first choice by priority"
            case .latency: "fastest at present"
            case .unmeasured: "not measured yet"
            case .explored: "measured again"
            case .sticky: "sticky"
            case .breaker: "the better ones are open"
            case .probe: "probe"
            }
        }
    }

    package struct Candidate: Sendable, Equatable {
        /// Its place among the model's targets.
        package let target: Int
        /// By weight: the higher, the sooner. By priority: the number. By latency: nanoseconds per output token, else to the
        /// first byte, else 0.
        package let score: Double
        package let state: TargetState
    }

    /// What is known of a target.
    package struct Health: Sendable {
        package var state = TargetState.closed
        package var latency = LatencyAverage()

        package init() {}
    }

    /// Whose request it is.
    package struct Caller: Sendable {
        package let key: RouteKey
        /// The key will come again: a session, a user, or a key.
        package let isSticky: Bool
        /// Where the session was served lately: the target's place.
        package let standing: Int?
        /// Targets that are for others; not all of them.
        package let excluded: Set<Int>

        package init(_ key: RouteKey, isSticky: Bool, standing: Int? = nil, excluded: Set<Int> = []) {
            self.key = key
            self.isSticky = isSticky
            self.standing = standing.flatMap { excluded.contains($0) ? nil : $0 }
            self.excluded = excluded
        }
    }

    /// At least one.
    package let candidates: [Candidate]
    package let reason: Reason
    /// What would be chosen for a new session if all targets were well.
    package let ownChoice: Int

    /// - Parameters:
    ///   - targets: of `routing`, at least one.
    ///   - health: of each target.
    ///   - now: monotonic nanoseconds.
    package init(
        _ routing: RoutingSetting, _ targets: [RouteTarget], health: [Health], for caller: Caller, at now: Int64
    ) {
        precondition(!targets.isEmpty && health.count == targets.count, "a plan needs targets, and the health of each")
        var order = Order(routing, targets, health, caller, now)
        ownChoice = order.places[0]
        var reason = order.reason
        if let standing = caller.standing, health[standing].state != .open {
            if standing != ownChoice || routing.strategy == .latency { reason = .sticky }
            order.moveToFront(standing)
        }
        let first = order.places[0]
        // Of those that may not follow another only the first choice is left.
        var places = order.places.filter { $0 == first || targets[$0].setting.isFallbackCandidate }
        let open = places.filter { health[$0].state == .open }
        if !open.isEmpty, open.count < places.count {
            places = places.filter { health[$0].state != .open } + open
        }
        if places[0] != first { reason = .breaker }
        if health[places[0]].state == .probeDue { reason = .probe }
        self.reason = reason
        candidates = places.map { Candidate(target: $0, score: order.scores[$0], state: health[$0].state) }
    }
}

/// The targets by strategy alone.
private struct Order {
    /// Best first.
    private(set) var places: [Int]
    let scores: [Double]
    private(set) var reason: RoutePlan.Reason

    /// Of requests that belong to no session, one in so many measures a target that is not the fastest.
    private static let explorationShare: UInt64 = 20

    init(
        _ routing: RoutingSetting, _ targets: [RouteTarget], _ health: [RoutePlan.Health], _ caller: RoutePlan.Caller,
        _ now: Int64
    ) {
        places = targets.indices.filter { !caller.excluded.contains($0) }
        precondition(!places.isEmpty, "a plan needs a target that is for its caller")
        switch routing.strategy {
        case .weight:
            let scores = targets.map { Order.share(of: $0, for: caller.key) }
            self.scores = scores
            reason = .weight
            places.sort { (-scores[$0], $0) < (-scores[$1], $1) }
        case .priority:
            scores = targets.map { Double($0.setting.priority) }
            reason = .priority
            places.sort { (targets[$0].setting.priority, $0) < (targets[$1].setting.priority, $1) }
        case .latency:
            let speeds = targets.indices.map { Speed(targets[$0].setting, health[$0].latency, now) }
            scores = speeds.map(\.score)
            // Stable: of two alike the first in the file.
            places.sort { speeds[$0].key == speeds[$1].key ? $0 < $1 : speeds[$0].key < speeds[$1].key }
            reason = speeds[places[0]].wantsTrial ? .unmeasured : .latency
            explore(caller)
        }
    }

    /// Weighted rendezvous hashing: the highest score wins, which is each target's share of all keys exactly; and when a weight
    /// changes, only sessions that gain or lose by it move.
    private static func share(of target: RouteTarget, for key: RouteKey) -> Double {
        guard target.setting.weight > 0 else { return 0 }
        return Double(target.setting.weight) / -log(RouteHash.fraction(key.high, target.hash))
    }

    private mutating func explore(_ caller: RoutePlan.Caller) {
        guard !caller.isSticky, places.count > 1, reason == .latency else { return }
        guard caller.key.high % Self.explorationShare == 0 else { return }
        let other = 1 + Int(caller.key.low % UInt64(places.count - 1))
        moveToFront(places[other])
        reason = .explored
    }

    mutating func moveToFront(_ target: Int) {
        guard let index = places.firstIndex(of: target) else { return }
        places.remove(at: index)
        places.insert(target, at: 0)
    }
}

/// How fast a target is, to compare it with others.
private struct Speed {
    let wantsTrial: Bool
    let score: Double
    /// The lowest first. Times per token that hardly differ are the same; then the time to the first byte decides.
    let key: (rank: Int, step: Double, first: Double)
    private static let alike = 1.1

    init(_ setting: TargetSetting, _ latency: LatencyAverage, _ now: Int64) {
        wantsTrial = latency.wantsTrial(at: now)
        score = latency.tokenTime ?? latency.firstByteTime ?? 0
        let first = latency.firstByteTime ?? .infinity
        if let limit = setting.slowTokenTime, let time = latency.tokenTime, time > Double(limit), !wantsTrial {
            key = (4, time, first)
        } else if wantsTrial {
            key = (0, 0, 0)
        } else if let time = latency.tokenTime {
            key = (1, (log(max(1, time)) / log(Self.alike)).rounded(.down), first)
        } else if latency.firstByteTime != nil {
            key = (2, 0, first)
        } else {
            key = (3, 0, 0)
        }
    }
}

extension RoutePlan {
    /// The plan of a session that nobody has seen, with all targets well: what `tollgate explain` can say without a running gateway.
    ///
    /// - Parameter name: of what is sticky: the session's id, the user, or the key's id.
    package static func expected(
        _ model: VirtualModelSetting, for name: String, excluded: Set<Int> = []
    ) -> RoutePlan {
        let targets = RouteTarget.all(of: model.routing)
        let key = RouteKey(name, model: RouteHash.of(model.name))
        return RoutePlan(
            model.routing, targets, health: targets.map { _ in Health() },
            for: Caller(key, isSticky: true, excluded: excluded),
            at: 0)
    }

    /// The candidates on one line, the first one first: `main/claude-x 0.83 closed, …`.
    package func text(_ targets: [RouteTarget]) -> String {
        candidates.map { candidate in
            let score = (candidate.score * 1_000).rounded() / 1_000
            return "\(targets[candidate.target].name) \(score) \(candidate.state.name)"
        }.joined(separator: ", ")
    }
}

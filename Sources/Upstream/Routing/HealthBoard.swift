import Configuration

/// What one loop knows of the targets of virtual models. Loop-confined; what changes is told to the other loops' boards by whoever
/// holds them.
package final class HealthBoard {
    /// One target of one virtual model.
    package final class Entry {
        package let id: UInt64
        package let name: String
        package fileprivate(set) var breaker: BreakerStateMachine
        package fileprivate(set) var latency = LatencyAverage()

        fileprivate init(id: UInt64, name: String, _ setting: BreakerSetting) {
            self.id = id
            self.name = name
            breaker = BreakerStateMachine(setting)
        }

        package func health(at now: Int64) -> RoutePlan.Health {
            var health = RoutePlan.Health()
            health.state = breaker.view(at: now)
            health.latency = latency
            return health
        }
    }

    /// How an attempt went, for its target.
    package enum Verdict: Sendable, Equatable {
        /// It is well, whatever it said of the request.
        case well
        /// `retryAfter`: nanoseconds, as the target said.
        case failed(retryAfter: Int64?)
        /// The attempt tells nothing.
        case unknown
    }

    /// For the other loops.
    package enum News: Sendable {
        case breaker(target: UInt64, BreakerStateMachine)
        case measured(target: UInt64, firstByteTime: Int64, writingTime: Int64, tokens: Int64)
        case moved(RouteKey, target: UInt64, time: Int64)
        case returned(RouteKey)
    }

    private var entries: [UInt64: Entry] = [:]
    private var sticky = StickyTable()
    /// Called for what the other boards should know.
    package var tell: (News) -> Void = { _ in }
    /// Called when a breaker changes, by this loop's own doing.
    package var changed: (Entry, BreakerStateMachine.Transition) -> Void = { _, _ in }
    /// Called when a target is left alone from now on, or not any more, as far as this loop knows.
    package var turned: (Entry, _ isOpen: Bool) -> Void = { _, _ in }

    package init() {}

    /// The entry of a target of `model`; it stays over reloads while its breaker's setting does.
    package func entry(_ target: RouteTarget, model: String, _ setting: BreakerSetting) -> Entry {
        let id = RouteHash.of("\(model)\n\(target.name)\n\(setting.failures)\n\(setting.openFor)")
        if let known = entries[id] { return known }
        let entry = Entry(id: id, name: target.name, setting)
        entries[id] = entry
        return entry
    }

    /// Forgets the targets that no model has any more.
    package func keep(_ used: Set<UInt64>) {
        for entry in entries.values where !used.contains(entry.id) {
            if entry.breaker.isOpen { turned(entry, false) }
            entries[entry.id] = nil
        }
    }

    // MARK: Attempts

    /// A request goes there. `measures`: also to find out how fast it is.
    package func attempted(_ entry: Entry, measures: Bool, at now: Int64) {
        if measures { entry.latency.tried() }
        guard let transition = entry.breaker.attempted(at: now) else { return }
        changed(entry, transition)
        tell(.breaker(target: entry.id, entry.breaker))
    }

    package func ended(_ entry: Entry, _ verdict: Verdict, at now: Int64) {
        let transition: BreakerStateMachine.Transition?, wasOpen = entry.breaker.isOpen
        switch verdict {
        case .well: transition = entry.breaker.succeeded()
        case .failed(let retryAfter): transition = entry.breaker.failed(retryAfter: retryAfter, at: now)
        case .unknown:
            let before = entry.breaker
            entry.breaker.abandoned(at: now)
            if before != entry.breaker { tell(.breaker(target: entry.id, entry.breaker)) }
            return
        }
        guard let transition else { return }
        changed(entry, transition)
        if transition != .probed, wasOpen != entry.breaker.isOpen { turned(entry, entry.breaker.isOpen) }
        tell(.breaker(target: entry.id, entry.breaker))
    }

    package func measured(_ entry: Entry, firstByteTime: Int64, writingTime: Int64, tokens: Int64, at now: Int64) {
        entry.latency.measured(firstByteTime: firstByteTime, writingTime: writingTime, tokens: tokens, at: now)
        tell(
            .measured(
                target: entry.id, firstByteTime: firstByteTime, writingTime: writingTime, tokens: tokens))
    }

    // MARK: Sessions

    package func standing(of key: RouteKey, at now: Int64) -> UInt64? { sticky.find(key, at: now) }

    /// A session was served at `target`, or, without one, where its plan sends it.
    package func served(_ key: RouteKey, at target: UInt64?, for time: Int64, at now: Int64) {
        if let target {
            if sticky.served(key, at: target, for: time, at: now) { tell(.moved(key, target: target, time: time)) }
        } else if sticky.remove(key) {
            tell(.returned(key))
        }
    }

    // MARK: Other loops

    /// Another board's news.
    package func hear(_ news: News, at now: Int64) {
        switch news {
        case .breaker(let target, let breaker):
            guard let entry = entries[target] else { return }
            let wasOpen = entry.breaker.isOpen
            entry.breaker = breaker
            if wasOpen != breaker.isOpen { turned(entry, breaker.isOpen) }
        case .measured(let target, let first, let writing, let tokens):
            entries[target]?.latency.measured(
                firstByteTime: first, writingTime: writing, tokens: tokens, at: now)
        case .moved(let key, let target, let time): _ = sticky.served(key, at: target, for: time, at: now)
        case .returned(let key): sticky.remove(key)
        }
    }
}

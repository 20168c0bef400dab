import Configuration

/// Whether a target is used. Pure: moments are monotonic nanoseconds, passed in.
///
/// - closed: it is used. So many failures in a row open it, or one that says for how long it will last.
/// - open: it is used only where nothing else is left. When its time is over, one request may probe it.
/// - probing: one request is there. Its success closes, its failure opens for twice as long, up to eight times.
package struct BreakerStateMachine: Sendable, Equatable {
    private enum State: Equatable, Sendable {
        case closed(failures: Int)
        case open(until: Int64, step: Int64)
        case probing(since: Int64, step: Int64)
    }

    /// What a change of the state was.
    package enum Transition: Sendable, Equatable {
        case opened
        case probed
        case closed

        package var name: StaticString {
            switch self {
            case .opened: "open"
            case .probed: "half-open"
            case .closed: "closed"
            }
        }
    }

    private let setting: BreakerSetting
    private var state = State.closed(failures: 0)
    private static let longestStep: Int64 = 8
    /// A provider's `retry-after` is believed up to here.
    package static let longestRetryAfter: Int64 = 60_000_000_000

    package init(_ setting: BreakerSetting) { self.setting = setting }

    /// How it looks to somebody who wants to send a request now.
    package func view(at now: Int64) -> TargetState {
        switch state {
        case .closed: .closed
        case .open(let until, _): now >= until ? .probeDue : .open
        // Whoever probes and does not come back must not keep it closed off for ever.
        case .probing(let since, let step): now - since >= setting.openFor * step ? .probeDue : .open
        }
    }

    package var isOpen: Bool { if case .closed = state { false } else { true } }

    /// A request goes there.
    package mutating func attempted(at now: Int64) -> Transition? {
        guard view(at: now) == .probeDue else { return nil }
        switch state {
        case .open(_, let step), .probing(_, let step): state = .probing(since: now, step: step)
        case .closed: return nil
        }
        return .probed
    }

    /// It answered as it should, or what it refused was the request's own fault.
    package mutating func succeeded() -> Transition? {
        let wasOpen = isOpen
        state = .closed(failures: 0)
        return wasOpen ? .closed : nil
    }

    /// It failed. `retryAfter`: for how long it says so itself, nanoseconds.
    package mutating func failed(retryAfter: Int64?, at now: Int64) -> Transition? {
        let announced = min(retryAfter ?? 0, Self.longestRetryAfter)
        switch state {
        case .closed(let failures):
            guard failures + 1 >= setting.failures || announced > 0 else {
                state = .closed(failures: failures + 1)
                return nil
            }
            let own = failures + 1 >= setting.failures ? setting.openFor : 0
            state = .open(until: now + max(own, announced), step: 1)
        case .probing(_, let step):
            let next = min(step * 2, Self.longestStep)
            state = .open(until: now + max(setting.openFor * next, announced), step: next)
        case .open(let until, let step):
            // Somebody had no other choice, or had begun before it opened.
            state = .open(until: max(until, now + announced), step: step)
            return nil
        }
        return .opened
    }

    /// The request told nothing: its client went away. Another one may probe.
    package mutating func abandoned(at now: Int64) {
        if case .probing(_, let step) = state { state = .open(until: now, step: step) }
    }
}

/// A target's breaker, as a plan sees it.
package enum TargetState: Sendable, Equatable {
    case closed
    case open
    /// It was open for as long as it should: the next request finds out.
    case probeDue

    package var name: StaticString {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .probeDue: "half-open"
        }
    }
}

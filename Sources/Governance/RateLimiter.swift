import Configuration
import Transport

/// Which limiter: a rule, and whom it is kept for.
package struct RateLimiterID: Sendable, Hashable {
    package let rule: String
    package let unit: String
    package let scope: String

    /// What tells nearly all limiters apart; HOT.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(scope)
        hasher.combine(rule)
    }
}

/// What a claim met at a limiter that had no room.
package struct RateExamination: Sendable, Equatable {
    package let id: RateLimiterID
    package let limit: Int64
    /// What counts at present: requests, tokens, or requests in flight.
    package let counted: Int64
    /// Nanoseconds until the claim could fit; `nil`: it is larger than the limit.
    package let wait: Int64?
}

/// What one limit rule has left for one scope.
package actor RateLimiter: LoopActor {
    nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let id: RateLimiterID
    private var limit: Int64
    private let measure: RateMeasure
    private var window: SlidingWindow?
    private var running: Int64 = 0
    /// How long requests take on average, nanoseconds; for saying when a place may be free.
    private var averageDuration: Int64 = 2_000_000_000

    /// A place can become free at any time: nobody is sent away for longer, and Claude Code gives up at once beyond it. Nanoseconds.
    private static let longestWait: Int64 = 60_000_000_000

    init(_ id: RateLimiterID, rule: RateRule, loop: EventLoop) {
        self.id = id
        self.loop = loop
        limit = rule.limit
        measure = rule.measure
        switch rule.measure {
        case .requests(let length), .tokens(let length): window = SlidingWindow(window: length)
        case .concurrent: window = nil
        }
    }

    func set(limit: Int64) { self.limit = limit }

    /// `nil`: the claim fits.
    func examine(_ amount: Int64, at now: Int64) -> RateExamination? {
        guard window != nil else {
            if running < limit { return nil }
            let wait = min(max(1, averageDuration / max(1, limit)), Self.longestWait)
            return RateExamination(id: id, limit: limit, counted: running, wait: wait)
        }
        // A claim larger than the whole limit goes through when nothing else counts: it could never otherwise.
        let wanted = min(amount, limit)
        let wait = window?.wait(for: wanted, limit: limit, at: now)
        if wait == 0 { return nil }
        return RateExamination(id: id, limit: limit, counted: window?.count(at: now) ?? 0, wait: wait)
    }

    func take(_ amount: Int64, at now: Int64) {
        running += 1
        window?.add(amount, at: now)
    }

    /// Ends what was taken. `used`: what it came to; `nil`: it was not dispatched and does not count.
    func settle(_ amount: Int64, takenAt moment: Int64, used: Int64?, duration: Int64) {
        running -= 1
        if used != nil { averageDuration += (duration - averageDuration) / 8 }
        let difference = (used ?? 0) - amount
        if difference != 0 { window?.adjust(difference, addedAt: moment) }
    }

    /// Nothing of it counts any more.
    func isIdle(at now: Int64) -> Bool { running == 0 && (window?.count(at: now) ?? 0) == 0 }

    /// Puts back what the ledger says happened before this process began.
    func restore(_ amount: Int64, at moment: Int64) { window?.restore(amount, inSliceOf: moment) }
}

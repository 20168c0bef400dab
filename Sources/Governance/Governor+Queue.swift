import Configuration
import Transport

/// A request that waits for a limit.
struct Waiter: Sendable {
    let demand: Demand
    let rule: RateRule
    let limiter: RateLimiterID
    /// Nanoseconds as the governor's `elapsed` counts them.
    let since: Int64
    let deadline: Int64
    let ticket: UInt64
    let whenTurn: @Sendable (AdmissionVerdict) -> Void
}

extension Governor {
    /// `nil`: the queue of this limiter is full, and nobody has many more in it than this caller.
    func enqueue(
        _ demand: Demand, _ rule: RateRule, _ met: RateExamination, at now: Int64,
        _ whenTurn: @escaping @Sendable (AdmissionVerdict) -> Void
    ) -> UInt64? {
        let line = "\(met.id.rule)\t\(met.id.scope)\t\(demand.owner)", moment = elapsed()
        var givenUp: Waiter?
        if queue.count(where: { $0.limiter == met.id }) >= rule.maximumQueue {
            givenUp = queue.giveUpLast(for: line) { $0.limiter == met.id }
            guard givenUp != nil else { return nil }
        }
        lastTicket += 1
        let waiter = Waiter(
            demand: demand, rule: rule, limiter: met.id, since: moment, deadline: moment + rule.queueTimeout,
            ticket: lastTicket, whenTurn: whenTurn)
        // A line of its own for each limiter: who waits for one does not stand in his own way to another.
        queue.append(waiter, owner: line, ticket: lastTicket)
        wake(after: min(met.wait ?? rule.queueTimeout, rule.queueTimeout))
        if let givenUp { turnAway(givenUp, met, at: now, moment) }
        return lastTicket
    }

    /// Its place is another's who has fewer.
    private func turnAway(_ waiter: Waiter, _ met: RateExamination, at now: Int64, _ moment: Int64) {
        let amount = if case .tokens = waiter.rule.measure { waiter.demand.tokens.amount } else { 1 as Int64 }
        let met = limiters[waiter.limiter]?.assumeIsolated { $0.examine(amount, at: now) } ?? met
        let reason = AdmissionRefusal.Reason.rate(met, rule: waiter.rule, waited: moment - waiter.since)
        waiter.whenTurn(.refused(AdmissionRefusal(reason: reason, sequence: nextSequence(), at: now)))
    }

    /// Whoever waits for a limit that has room goes before who has just come.
    func letWaitingFirst(_ demand: Demand, at now: Int64) {
        for place in demand.places.rates {
            let terms = demand.book.rates[place.rule]
            guard terms.rule.onLimit == .queue else { continue }
            let limiter = limiter(terms, place.scope)
            let isAwaited = queue.count { $0.limiter == limiter.id } > 0
            if isAwaited, limiter.assumeIsolated({ $0.examine(1, at: now) }) == nil { return serveQueue() }
        }
    }

    /// The request does not wait any more: its client has left.
    package func leaveQueue(_ ticket: UInt64) { _ = queue.remove(ticket) }

    /// Lets in who fits now, each caller in turn, and turns away who has waited too long.
    func serveQueue() {
        let now = self.now, moment = elapsed()
        var next = Int64.max
        var verdicts: [(waiter: Waiter, verdict: AdmissionVerdict)] = []
        var waiting = queue
        queue = FairQueue()
        waiting.serve { waiter in
            let verdict = examine(waiter.demand, at: now)
            if case .refused(let refusal) = verdict, case .rate(let met, let rule, _) = refusal.reason {
                guard moment >= waiter.deadline || rule.onLimit == .reject else {
                    next = min(next, waiter.deadline - moment, met.wait ?? .max)
                    return false
                }
                let reason = AdmissionRefusal.Reason.rate(met, rule: rule, waited: moment - waiter.since)
                let late = AdmissionRefusal(reason: reason, sequence: refusal.sequence, at: refusal.at)
                verdicts.append((waiter, .refused(late)))
                return true
            }
            verdicts.append((waiter, verdict))
            return true
        }
        queue = waiting
        if next < .max { wake(after: next) }
        // The queue is whole again, whatever who is told does upon it.
        for (waiter, verdict) in verdicts { waiter.whenTurn(verdict) }
    }

    private func wake(after wait: Int64) {
        // Limits are looked at again in time for the next that has to be turned away, and often enough for changes of the clock.
        let moment = loop.now + min(max(wait, Self.shortestTurn), Self.longestTurn)
        // Who comes later does not put off who is due before.
        if turn.isArmed, nextTurn <= moment { return }
        nextTurn = moment
        turn.whenFired = { [weak self] in self?.assumeIsolated { $0.serveQueue() } }
        turn.schedule(at: moment)
    }

    private static var shortestTurn: Int64 { 1_000_000 }
    private static var longestTurn: Int64 { 1_000_000_000 }
}

/// Which alerts wait, which are under way and which are given up; pure. One at a time is under way to each URL.
///
/// Its driver performs the action that each event answers with and comes back with that URL's next event: `send` → `answered`;
/// `pause` → `pauseEnded`; `none`: nothing until another alert for it arrives. Each alert that arrives leaves exactly once: in
/// `takeResults` with what became of it.
struct AlertQueueStateMachine<Alert: Sendable> {
    enum Action {
        case none
        case send(Alert)
        /// Nothing to this URL for so many nanoseconds.
        case pause(Int64)
    }

    enum Reply: Equatable {
        /// `retryAfter`: nanoseconds that the server asks to be left alone, if it does.
        case status(Int, retryAfter: Int64?)
        /// No answer: no connection, cut, timed out.
        case none
    }

    private enum State {
        /// The first was sent; leaves by `answered`.
        case sending
        /// The first waits for its next attempt; leaves by `pauseEnded`.
        case pausing
    }

    private struct Waiting {
        let number: Int
        let alert: Alert
    }

    /// There is one for a URL as long as something is under way to it.
    private struct Lane {
        var state = State.sending
        var current: Alert
        var attempts = 0
        var waiting: [Waiting] = []
    }

    private let maximum: Int
    private var lanes: [String: Lane] = [:]
    private var arrivals = 0
    private var waitingCount = 0
    private var deadline: Int64?
    private var results: [AlertResult: Int] = [:]

    static var maximumAttempts: Int { 10 }
    static var firstPause: Int64 { 1_000_000_000 }
    static var longestPause: Int64 { 60_000_000_000 }
    /// A server that wants to be left alone for longer gets no further attempt.
    static var longestRetryAfter: Int64 { 3_600_000_000_000 }

    /// `maximum`: alerts that may wait, besides those under way.
    init(maximum: Int) { self.maximum = maximum }

    /// Nothing waits and nothing is under way.
    var isIdle: Bool { lanes.isEmpty }

    /// Alerts that arrived and did not leave yet.
    var held: Int { waitingCount + lanes.count }

    /// Whether something is under way to a URL.
    func isBusy(_ url: String) -> Bool { lanes[url] != nil }

    /// What became of how many since the last call.
    mutating func takeResults() -> [AlertResult: Int] {
        defer { results = [:] }
        return results
    }

    /// An alert for a URL; when there is no room, the oldest that waits goes. `now`: monotonic nanoseconds.
    mutating func arrived(_ alert: Alert, for url: String, at now: Int64) -> Action {
        if isOver(now) {
            note(.dropped)
            return .none
        }
        guard lanes[url] != nil else {
            lanes[url] = Lane(current: alert)
            return .send(alert)
        }
        if maximum == 0 {
            note(.dropped)
            return .none
        }
        if waitingCount == maximum { dropOldest() }
        arrivals += 1
        lanes[url]?.waiting.append(Waiting(number: arrivals, alert: alert))
        waitingCount += 1
        return .none
    }

    /// The server at a URL answered what was sent, or did not. `chance`: 0..<1, spreads the pauses of many gateways.
    mutating func answered(_ url: String, _ reply: Reply, at now: Int64, chance: Double) -> Action {
        guard var lane = lanes[url], lane.state == .sending else { preconditionFailure("an answer to nothing") }
        lane.attempts += 1
        lanes[url] = lane
        switch reply {
        case .status(200..<300, _): return end(url, .sent, at: now)
        case .status(let status, let retryAfter):
            guard status == 408 || status == 429 || status >= 500 else { return end(url, .failed, at: now) }
            // Not sooner than without: ten attempts "at once" would be over in a moment.
            return again(url, after: max(retryAfter ?? 0, pause(lane.attempts, chance)), at: now)
        case .none:
            // Once the process ends, a silent server is not waited for.
            if deadline != nil { return dropAll(of: url) }
            return again(url, after: pause(lane.attempts, chance), at: now)
        }
    }

    /// The pause before the next attempt is over, or was cut short because the process ends.
    mutating func pauseEnded(_ url: String, at now: Int64) -> Action {
        guard let lane = lanes[url], lane.state == .pausing else { preconditionFailure("the end of no pause") }
        if isOver(now) { return dropAll(of: url) }
        lanes[url]?.state = .sending
        return .send(lane.current)
    }

    /// The process ends: what is left may be tried until `deadline`.
    mutating func shutdownBegan(until deadline: Int64) { self.deadline = deadline }

    /// The time at the end is over: whatever is left is given up.
    mutating func shutdownEnded() {
        note(.dropped, held)
        lanes = [:]
        waitingCount = 0
    }

    private func isOver(_ now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }

    private mutating func again(_ url: String, after pause: Int64, at now: Int64) -> Action {
        guard let lane = lanes[url] else { return .none }
        if lane.attempts >= Self.maximumAttempts || pause > Self.longestRetryAfter { return end(url, .failed, at: now) }
        if let deadline, now + pause >= deadline { return dropAll(of: url) }
        lanes[url]?.state = .pausing
        return .pause(pause)
    }

    /// Doubled each time, and half to one and a half of that.
    private func pause(_ attempts: Int, _ chance: Double) -> Int64 {
        let doubled = min(Self.longestPause, Self.firstPause << Int64(min(attempts - 1, 10)))
        return Int64(Double(doubled) * (0.5 + chance))
    }

    /// What was under way has left; the next one's turn.
    private mutating func end(_ url: String, _ result: AlertResult, at now: Int64) -> Action {
        note(result)
        guard var lane = lanes[url], !lane.waiting.isEmpty else {
            lanes[url] = nil
            return .none
        }
        lane.current = lane.waiting.removeFirst().alert
        lane.attempts = 0
        lane.state = .sending
        waitingCount -= 1
        lanes[url] = lane
        return isOver(now) ? dropAll(of: url) : .send(lane.current)
    }

    private mutating func dropOldest() {
        let oldest = lanes.min { ($0.value.waiting.first?.number ?? .max) < ($1.value.waiting.first?.number ?? .max) }
        guard let url = oldest?.key else { return }
        lanes[url]?.waiting.removeFirst()
        waitingCount -= 1
        note(.dropped)
    }

    private mutating func dropAll(of url: String) -> Action {
        if let lane = lanes.removeValue(forKey: url) {
            waitingCount -= lane.waiting.count
            note(.dropped, lane.waiting.count + 1)
        }
        return .none
    }

    private mutating func note(_ result: AlertResult, _ count: Int = 1) {
        if count > 0 { results[result, default: 0] += count }
    }
}

/// What became of an alert, as the metric `tollgate.alerts` calls it.
enum AlertResult: String, Sendable {
    /// The server took it.
    case sent
    /// The server refused it, or did not take it in ten attempts.
    case failed
    /// There was no room, or the process ended.
    case dropped
}

extension AlertQueueStateMachine.Action: Equatable where Alert: Equatable {}

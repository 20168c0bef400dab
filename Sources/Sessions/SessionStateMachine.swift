import Wire

/// Follows the loops of agents by the model calls they make, and says what was between them: prompts, subagents, tools.
///
/// Calls may come in any order in which they end, from several loops; a prompt is told when it is over, and nothing of it changes
/// afterwards but what its subagents still do. Time is passed in, by a clock that only goes forward; what calls say of theirs is
/// compared with other calls only. Bounded in sessions, and in all that one session keeps.
package struct SessionStateMachine {
    package struct Limits: Sendable {
        package var sessions = 8_192
        package var prompts = 16
        package var tools = 512
        package var workers = 128
        package var marks = 16
        /// From the model's last word to the end of the prompt, unless something comes. Nanoseconds, as all of these.
        package var quiet: Int64 = 5_000_000_000
        /// The same after an error: the client may try again.
        package var patience: Int64 = 90_000_000_000
        /// For what is told late of a prompt when the next has begun.
        package var grace: Int64 = 2_000_000_000
        /// From the last sign to the end of a prompt that waits for a tool or a person.
        package var idle: Int64 = 3_600_000_000_000
        /// From the last sign to forgetting a session.
        package var memory: Int64 = 12 * 3_600_000_000_000
        /// How long a session without a sign counts as active.
        package var activity: Int64 = 300_000_000_000

        package init() {}
    }

    let limits: Limits
    var sessions: [String: SessionState] = [:]
    /// Those of which something is open.
    private var open: Set<String> = []
    /// How many of a kind there are now.
    private var running: [RunningCall: Int] = [:]

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package var sessionCount: Int { sessions.count }

    /// Sessions that were heard of lately.
    package func activeSessions(at now: Int64) -> Int {
        sessions.values.count { now - $0.lastSeen < limits.activity }
    }

    // MARK: Events

    /// A model call has begun; `ended` will be told of it too.
    package mutating func began(_ call: RunningCall) { running[call, default: 0] += 1 }

    /// A model call has ended.
    package mutating func ended(_ call: ModelCall, at now: Int64, _ tell: (SessionEvent) -> Void) {
        let kind = RunningCall(trace: call.traceID.low, isOfAgent: !call.agentID.isEmpty)
        if let count = running[kind] { running[kind] = count > 1 ? count - 1 : nil }
        guard !call.sessionID.isEmpty else { return }
        if sessions[call.sessionID] == nil { makeRoom(at: now, tell) }
        // Taken out while it changes, so that it is not copied.
        var session = sessions.removeValue(forKey: call.sessionID) ?? SessionState(id: call.sessionID)
        session.lastSeen = max(session.lastSeen, now)
        session.add(call, at: now, limits, tell)
        open.insert(call.sessionID)
        sessions[call.sessionID] = session
    }

    /// Some time has passed: at least every second, where something is open.
    package mutating func timePassed(at now: Int64, _ tell: (SessionEvent) -> Void) {
        for id in open {
            guard var session = sessions.removeValue(forKey: id) else {
                open.remove(id)
                continue
            }
            session.timePassed(at: now, limits, isRunning: { running[$0] != nil }, tell)
            if session.isQuiet { open.remove(id) }
            sessions[id] = session
        }
    }

    /// Forgets what is over, and what was not heard of for very long; now and then.
    package mutating func tidy(at now: Int64, _ tell: (SessionEvent) -> Void) {
        for id in Array(sessions.keys) {
            sessions[id]?.tidy(at: now, limits)
            if let session = sessions[id], now - session.lastSeen >= limits.memory { forget(id, .idle, tell) }
        }
    }

    /// The clock that calls take their times from was set back: what begins now is not older than what was before.
    package mutating func clockWentBack() {
        for id in sessions.keys { sessions[id]?.currentSince = .min }
    }

    /// It ends here: everything that is open is told as it stands.
    package mutating func shutdown(_ tell: (SessionEvent) -> Void) {
        for id in Array(sessions.keys) { forget(id, .shutdown, tell) }
    }

    // MARK: Room

    /// Drops a share of the sessions, those not heard of for longest, when there is no room.
    private mutating func makeRoom(at now: Int64, _ tell: (SessionEvent) -> Void) {
        guard sessions.count >= limits.sessions else { return }
        let oldest = sessions.values.map { ($0.lastSeen, $0.id) }.sorted { $0 < $1 }
        for (_, id) in oldest.prefix(max(1, limits.sessions / 16)) { forget(id, .idle, tell) }
    }

    private mutating func forget(_ id: String, _ reason: PromptEnd, _ tell: (SessionEvent) -> Void) {
        open.remove(id)
        guard var session = sessions.removeValue(forKey: id) else { return }
        session.closeAll(reason, tell)
    }
}

/// A model call that has begun and not ended yet, as far as ends of prompts depend on it.
package struct RunningCall: Hashable, Sendable {
    /// `TraceID.low` of the trace it is in.
    let trace: UInt64
    let isOfAgent: Bool

    package init(trace: UInt64, isOfAgent: Bool) {
        self.trace = trace
        self.isOfAgent = isOfAgent
    }
}

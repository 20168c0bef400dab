/// Which recorded spans or events wait, which are under way and which are given up; pure, one export at a time.
///
/// Its driver performs the action that each event answers with and comes back with the next event:
/// `send` and `resend` → `answered`; `pause` → `pauseEnded`; `none`: nothing until records arrive.
/// Every record that arrives leaves exactly once: delivered, or in `takeDrops` with its reason.
struct BatchStateMachine {
    enum Action: Equatable {
        case none
        /// A new export of these.
        case send([RecordBatch])
        /// The same export once more.
        case resend
        /// Nothing for so many nanoseconds.
        case pause(Int64)
    }

    struct Drop: Equatable {
        let count: Int
        /// The `reason` label of the drop counter.
        let reason: String
    }

    private enum State {
        /// Nothing is under way; leaves by `arrived`.
        case idle
        /// `current` was sent; leaves by `answered`.
        case sending
        /// `current` waits for its next attempt; leaves by `pauseEnded`.
        case pausing
    }

    private let maximumQueue: Int
    private let maximumBatch: Int
    private var state = State.idle
    private var waiting: [RecordBatch] = []
    private var current = 0
    private var retries = ExportStateMachine()
    private var deadline: Int64?
    private var drops: [Drop] = []
    /// Records that arrived and did not leave yet.
    private(set) var held = 0

    /// `maximumQueue`: records that may be held; `maximumBatch`: records of one export, unless a single batch has more.
    init(maximumQueue: Int, maximumBatch: Int) {
        self.maximumQueue = maximumQueue
        self.maximumBatch = maximumBatch
    }

    /// Nothing waits and nothing is under way.
    var isIdle: Bool { held == 0 }

    /// What was given up since the last call.
    mutating func takeDrops() -> [Drop] {
        defer { drops = [] }
        return drops
    }

    /// A loop handed over what it recorded; when there is no room, it is the newcomer that goes. `now`: monotonic nanoseconds.
    mutating func arrived(_ batch: RecordBatch, at now: Int64) -> Action {
        guard batch.count > 0 else { return .none }
        // A batch larger than the bound is taken when it is alone, or it could never be sent.
        guard held == 0 || held + batch.count <= maximumQueue else {
            drops.append(Drop(count: batch.count, reason: "queue_full"))
            return .none
        }
        waiting.append(batch)
        held += batch.count
        if case .idle = state { return next(at: now) }
        return .none
    }

    /// The collector answered the export under way, or did not.
    mutating func answered(_ reply: ExportStateMachine.Reply, at now: Int64, chance: Double) -> Action {
        guard case .sending = state else { preconditionFailure("an answer to nothing") }
        switch retries.answered(reply, at: now, chance: chance) {
        case .delivered: leave(current)
        case .dropped(let reason): drop(current, reason)
        case .again(let pause):
            if let deadline, reply == .none || now + pause >= deadline { return dropAll() }
            state = .pausing
            return .pause(pause)
        }
        current = 0
        return next(at: now)
    }

    /// The pause is over, or was cut short because the process ends.
    mutating func pauseEnded(at now: Int64) -> Action {
        guard case .pausing = state else { preconditionFailure("the end of no pause") }
        if isOver(now) { return dropAll() }
        state = .sending
        return .resend
    }

    /// The process ends: what is left may be tried until `deadline`, and no longer once the collector is silent.
    mutating func shutdownBegan(until deadline: Int64) { self.deadline = deadline }

    private func isOver(_ now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }

    private mutating func next(at now: Int64) -> Action {
        if isOver(now) { return dropAll() }
        var batches: [RecordBatch] = []
        while let batch = waiting.first, batches.isEmpty || current + batch.count <= maximumBatch {
            batches.append(waiting.removeFirst())
            current += batch.count
        }
        guard !batches.isEmpty else {
            state = .idle
            return .none
        }
        retries = ExportStateMachine()
        state = .sending
        return .send(batches)
    }

    private mutating func leave(_ count: Int) { held -= count }

    private mutating func drop(_ count: Int, _ reason: String) {
        drops.append(Drop(count: count, reason: reason))
        leave(count)
    }

    private mutating func dropAll() -> Action {
        if held > 0 { drop(held, "shutdown") }
        waiting = []
        current = 0
        state = .idle
        return .none
    }
}

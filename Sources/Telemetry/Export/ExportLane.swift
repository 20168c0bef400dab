import Glibc

/// What waits of one signal for one collector, which request is under way and which are given up; one at a time. Confined to the
/// exporter's loop; its driver performs the action that each event answers with and comes back with the next event:
/// `send` → `answered`; `pause` → `pauseEnded`; `none`: nothing until something arrives.
///
/// New requests wait in memory. They go to the spool when the collector has failed, when the spool is not empty (the order stays), when
/// there are many, and when they have waited for `Spill.patience`. Everything that arrives leaves exactly once: delivered, or in
/// `takeDrops` with its reason.
final class ExportLane {
    enum Action: Equatable {
        case none
        case send(Payload)
        /// Nothing for so many nanoseconds.
        case pause(Int64)
    }

    private enum State {
        /// Nothing is under way; leaves by `arrived`.
        case idle
        /// `pieces[0]` was sent; leaves by `answered`.
        case sending
        /// It waits for its next attempt; leaves by `pauseEnded`.
        case pausing
    }

    let delivery: Delivery
    let spool: Spool?
    /// Items that may be held in memory.
    private let maximumQueue: Int
    /// Bytes that may be, when there is no spool or it cannot be written.
    private let maximumBytes: Int
    /// Bytes in memory from which on the spool takes over.
    private static let memoryBound = 4 * 1024 * 1024

    private var state = State.idle
    private var memory: [Payload] = []
    /// The request that is under way, and what is left of it to be sent: it may be cut in pieces.
    private var current: Payload?
    private var pieces: [Payload] = []
    private var retries = ExportStateMachine()
    private var deadline: Int64?
    private var hasEnded = false
    private var drops: [Spool.Drop] = []
    /// The last attempt failed, and the next may not.
    private(set) var isFailing = false
    /// Items that were delivered since the last `takeDelivered`.
    private var delivered = 0

    init(_ delivery: Delivery, spool: Spool?, maximumQueue: Int, maximumBytes: Int = 32 * 1024 * 1024) {
        self.delivery = delivery
        self.spool = spool
        self.maximumQueue = maximumQueue
        self.maximumBytes = maximumBytes
    }

    private var isCurrentSpooled: Bool { current != nil && spool?.isFirstUnderWay == true }
    private var memoryItems: Int { memory.reduce(0) { $0 + $1.items } + (isCurrentSpooled ? 0 : current?.items ?? 0) }
    /// Of what waits behind the request under way.
    private var memoryBytes: Int { memory.reduce(0) { $0 + $1.body.count } }
    /// Nothing waits and nothing is under way.
    var isIdle: Bool { current == nil && memory.isEmpty && (spool?.isEmpty ?? true) }
    /// Something is in memory alone.
    var isExposed: Bool { !memory.isEmpty || current != nil && !isCurrentSpooled }
    /// Nothing more is tried; what is left waits for `ended`.
    var isStopped: Bool { deadline == .min }
    /// Items that arrived and did not leave yet.
    var held: Int { memoryItems + (spool?.items ?? 0) }

    /// What was given up since the last call.
    func takeDrops() -> [Spool.Drop] {
        defer { drops = [] }
        return (spool?.takeDrops() ?? []) + drops
    }

    func takeDelivered() -> Int {
        defer { delivered = 0 }
        return delivered
    }

    // MARK: Events; `now`: monotonic, `wall`: Unix nanoseconds

    /// Something new; when there is no room, it is the newcomer that goes.
    func arrived(_ payload: Payload, at now: Int64, wall: Int64) -> Action {
        guard payload.items > 0 else { return .none }
        if hasEnded {
            drop(payload.items, "shutdown")
            return .none
        }
        memory.append(payload)
        let isMuch = memoryBytes > Self.memoryBound || memoryItems > maximumQueue / 2
        if isFailing || isMuch || spool?.isEmpty == false { spill(at: now, wall: wall) }
        // A request larger than the bound is taken when it is alone, or it could never be sent.
        if !memory.isEmpty, memory.count > 1 || current != nil,
            memoryItems > maximumQueue || memoryBytes > maximumBytes
        {
            memory.removeLast()
            drop(payload.items, "queue_full")
        }
        return isResting ? next(at: now) : .none
    }

    private var isResting: Bool {
        if case .idle = state { return true }
        return false
    }

    /// The spool has something from an earlier process.
    func opened(at now: Int64) -> Action { isResting ? next(at: now) : .none }

    /// The collector answered the request under way, or did not; so many of its items were refused.
    func answered(
        _ reply: ExportStateMachine.Reply, rejected: Int = 0, at now: Int64, wall: Int64, chance: Double
    ) -> Action {
        if hasEnded { return .none }
        guard case .sending = state, let piece = pieces.first else { preconditionFailure("an answer to nothing") }
        switch retries.answered(reply, at: now, chance: chance, isPatient: isCurrentSpooled) {
        case .delivered:
            isFailing = false
            delivered += max(0, piece.items - rejected)
            drop(min(piece.items, rejected), "rejected")
        case .dropped(let reason):
            if reason != ExportStateMachine.exhausted { isFailing = false }
            if reply.isTooLarge, let (first, second) = piece.halves() {
                retries = ExportStateMachine()
                pieces.replaceSubrange(0...0, with: [first, second])
                return .send(first)
            }
            drop(piece.items, reason)
        case .again(let pause):
            isFailing = true
            spill(at: now, wall: wall)
            if let deadline, reply == .none || now + pause >= deadline { return end() }
            state = .pausing
            return .pause(pause)
        }
        pieces.removeFirst()
        return next(at: now)
    }

    /// The pause is over, or was cut short because the process ends.
    func pauseEnded(at now: Int64) -> Action {
        if hasEnded { return .none }
        guard case .pausing = state else { preconditionFailure("the end of no pause") }
        return next(at: now)
    }

    /// What is in memory alone goes to the spool, in order, as far as that can be written.
    func spill(at now: Int64, wall: Int64) {
        guard let spool else { return }
        if let current, !isCurrentSpooled, spool.isEmpty {
            // It is the oldest; what was cut off and delivered of it comes once more if the process ends now.
            guard spool.append(spooled(current), at: now, wall: wall) else { return }
            spool.isFirstUnderWay = true
        }
        var kept: [Payload] = [], rest = memory[...]
        while let first = rest.first {
            if !spool.append(spooled(first), at: now, wall: wall) {
                // What never fits keeps nothing else off the disk.
                guard spool.fault == EFBIG else { break }
                kept.append(first)
            }
            rest.removeFirst()
        }
        memory = kept + rest
    }

    /// The process ends: what is left may be tried until `deadline`, and no longer once the collector is silent.
    func shutdownBegan(until deadline: Int64) { self.deadline = deadline }

    /// The process ends now: what is left stays in the spool, or is lost.
    func ended(at now: Int64, wall: Int64) {
        spill(at: now, wall: wall)
        drop(memoryItems, "shutdown")
        memory = []
        if !isCurrentSpooled { (current, pieces) = (nil, []) }
        spool?.closeFiles()
        hasEnded = true
    }

    // MARK: Steps

    private func next(at now: Int64) -> Action {
        if let piece = pieces.first {
            if isOver(now) { return end() }
            state = .sending
            return .send(piece)
        }
        if isCurrentSpooled { spool?.removeFirst() }
        current = nil
        state = .idle
        if isOver(now) { return .none }
        if let oldest = spool?.first() {
            current = oldest
            spool?.isFirstUnderWay = true
        } else if !memory.isEmpty {
            current = memory.removeFirst()
        }
        guard let current else { return .none }
        pieces = [current]
        retries = ExportStateMachine()
        state = .sending
        return .send(current)
    }

    /// As it goes to the spool.
    private func spooled(_ payload: Payload) -> Payload {
        delivery.compression == .spooled ? payload.compressed() : payload
    }

    private func isOver(_ now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }

    /// Nothing more is tried. What is under way waits with the rest for `ended`.
    private func end() -> Action {
        deadline = .min
        state = .idle
        return .none
    }

    private func drop(_ count: Int, _ reason: String) {
        if count > 0 { drops.append(Spool.Drop(count: count, reason: reason)) }
    }
}

import Synchronization
import Transport

/// The places of an account that takes only so many requests at the same time, over all loops, and those who wait for one in
/// their order. Whoever leaves hands the place to the first who waits, so that nobody overtakes.
package final class AccountPlaces: Sendable {
    /// What became of waiting.
    package enum Answer: Sendable, Equatable {
        case entered
        case timedOut
        /// As many wait as may.
        case queueIsFull
        /// One of `abort` came first.
        case cancelled
    }

    private final class Waiter: Sendable {
        let loop: EventLoop
        let wakeup: LoopBound<Wakeup>
        let hasPlace = Atomic<Bool>(false)

        init(_ wakeup: Wakeup, loop: EventLoop) {
            self.loop = loop
            self.wakeup = LoopBound(wakeup, loop: loop)
        }
    }

    private struct State {
        var running = 0
        var waiters: [Waiter] = []
    }

    private let limit: Int
    private let longestQueue: Int
    /// Held for a few instructions, and only for accounts that have a limit.
    private let state = Mutex(State())

    package init(limit: Int, longestQueue: Int) {
        self.limit = limit
        self.longestQueue = longestQueue
    }

    /// Requests may wait here.
    package var hasQueue: Bool { longestQueue > 0 }

    /// For tests and metrics.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Takes a place if one is free.
    package func enter() -> Bool {
        state.withLock { state in
            guard state.running < limit else { return false }
            state.running += 1
            return true
        }
    }

    /// Gives a place back, or to who waits for it.
    package func leave() {
        let next: Waiter? = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.running -= 1
                return nil
            }
            let first = state.waiters.removeFirst()
            first.hasPlace.store(true, ordering: .releasing)
            return first
        }
        guard let next else { return }
        next.loop.post { next.wakeup.value.signal(.notice) }
    }

    /// Waits for a place, at most `timeout` nanoseconds; on the loop of `wakeup`.
    package func wait(
        _ wakeup: Wakeup, loop: EventLoop, timeout: Int64, abort: WakeEvents
    ) async -> Answer {
        wakeup.clear(.notice)
        let waiter = Waiter(wakeup, loop: loop)
        let answer: Answer? = state.withLock { state in
            if state.running < limit {
                state.running += 1
                return .entered
            }
            guard state.waiters.count < longestQueue else { return .queueIsFull }
            state.waiters.append(waiter)
            return nil
        }
        if let answer { return answer }
        wakeup.setDeadline(after: timeout)
        defer { wakeup.clearDeadline() }
        while true {
            let events = await wakeup.wait(for: abort.union(.notice | .deadline))
            if !events.isDisjoint(with: abort) {
                // An abort stays pending, for whoever asked for it.
                wakeup.signal(events.intersection(abort))
                if !remove(waiter) { leave() }
                return .cancelled
            }
            if waiter.hasPlace.load(ordering: .acquiring) { return .entered }
            if events.contains(.deadline) { return remove(waiter) ? .timedOut : .entered }
        }
    }

    /// False: it has a place already.
    private func remove(_ waiter: Waiter) -> Bool {
        state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0 === waiter }) else { return false }
            state.waiters.remove(at: index)
            return true
        }
    }
}

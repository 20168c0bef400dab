import Synchronization

/// Things that happened, in order, for a test that waits until there are so many.
final class Tally<Thing: Sendable>: Sendable {
    private struct State {
        var things: [Thing] = []
        var waiting: [(count: Int, turn: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    var things: [Thing] { state.withLock { $0.things } }

    func add(_ thing: Thing) {
        let ready = state.withLock { state in
            state.things.append(thing)
            let ready = state.waiting.filter { $0.count <= state.things.count }
            state.waiting.removeAll { $0.count <= state.things.count }
            return ready
        }
        for (_, turn) in ready { turn.resume() }
    }

    /// Returns when there are `count` things or more.
    func reaches(_ count: Int) async {
        await withCheckedContinuation { turn in
            let isReady = state.withLock { state in
                if state.things.count < count { state.waiting.append((count, turn)) }
                return state.things.count >= count
            }
            if isReady { turn.resume() }
        }
    }
}

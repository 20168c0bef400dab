import Configuration
import Governance
import Ledger
import Synchronization
import Transport

/// Brings key changes to the loops: those of the ledger, which come on its thread, and those of the configuration.
final class KeyDistribution: Sendable {
    private struct State {
        var issued: [KeyRecord] = []
        var configured: [ConfiguredKey]
        var workers: [LoopWorker] = []
    }
    private let state: Mutex<State>

    init(configured: [ConfiguredKey]) { state = Mutex(State(configured: configured)) }

    /// From now on changes go to `workers`. Changes that came before are kept.
    func start(_ issued: [KeyRecord], _ workers: [LoopWorker]) {
        state.withLock { state in
            if state.issued.isEmpty { state.issued = issued }
            state.workers = workers
        }
        distribute()
    }

    func changed(_ issued: [KeyRecord]) {
        state.withLock { $0.issued = issued }
        distribute()
    }

    func replace(configured: [ConfiguredKey]) {
        state.withLock { $0.configured = configured }
        distribute()
    }

    private func distribute() {
        // Posted under the lock: of changes on two threads the later one arrives last, and no revoked key comes back.
        state.withLock { state in
            let ring = KeyRing(state.issued, state.configured)
            for worker in state.workers { worker.loop.post { worker.replace(keys: ring) } }
        }
    }
}

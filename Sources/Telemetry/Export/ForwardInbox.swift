import Synchronization

/// Clients' telemetry from any thread on its way to the exporter; bounded, nobody waits.
final class ForwardInbox: Sendable {
    private struct State: ~Copyable {
        var waiting: [(Signal, RecordBatch)] = []
        var size = 0
        var refused: [Signal: Int] = [:]
    }

    private let state = Mutex(State())
    /// Bytes that may wait.
    static let maximum = 32 * 1024 * 1024

    /// True when the exporter has to be told.
    func put(_ payload: RecordBatch, _ signal: Signal) -> Bool {
        state.withLock { state in
            guard state.waiting.isEmpty || state.size + payload.bytes.count <= Self.maximum else {
                state.refused[signal, default: 0] += payload.count
                return false
            }
            state.waiting.append((signal, payload))
            state.size += payload.bytes.count
            return state.waiting.count == 1
        }
    }

    /// What waits, and how many items found no room since the last call.
    func take() -> (waiting: [(Signal, RecordBatch)], refused: [Signal: Int]) {
        state.withLock { state in
            defer { state = State() }
            return (state.waiting, state.refused)
        }
    }
}

import Synchronization
import Transport

/// Events from any thread on their way to the exporter; bounded, nobody waits.
final class EventInbox: Sendable {
    private struct State: ~Copyable {
        var recorder = LogRecorder()
        var refused = 0
    }

    private let maximum: Int
    /// Captured prompts may be large.
    private static let maximumBytes = 64 << 20
    private let state = Mutex(State())

    /// `maximum`: events that may wait.
    init(maximum: Int) { self.maximum = maximum }

    /// True when it is the first that waits, so that the exporter has to be told.
    func put(_ event: TelemetryEvent) -> Bool {
        state.withLock { state in
            guard state.recorder.count < maximum, state.recorder.size < Self.maximumBytes else {
                state.refused += 1
                return false
            }
            state.recorder.record(event, observedAt: wallClockNanoseconds())
            return state.recorder.count == 1
        }
    }

    /// What waits, and how many events found no room since the last call.
    func take() -> (batch: RecordBatch?, refused: Int) {
        state.withLock { state in
            defer { state.refused = 0 }
            return (state.recorder.take(), state.refused)
        }
    }
}

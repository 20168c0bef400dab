import Sessions
import Transport

/// Gathers the model calls of one loop for the tracker: one message for many. Loop-confined.
final class SessionGatherer {
    private let timer: LoopTimer
    private let tracker: SessionTracker
    private var calls: [ModelCall] = []
    private static let most = 64
    /// Nanoseconds.
    private static let delay: Int64 = 200_000_000

    init(loop: EventLoop, _ tracker: SessionTracker) {
        self.tracker = tracker
        timer = LoopTimer(loop: loop)
        calls.reserveCapacity(Self.most)
        timer.whenFired = { [unowned self] in handOver() }
    }

    func add(_ call: ModelCall) {
        calls.append(call)
        if calls.count >= Self.most {
            handOver()
        } else if !timer.isArmed {
            timer.schedule(after: Self.delay)
        }
    }

    func handOver() {
        timer.cancel()
        guard !calls.isEmpty else { return }
        tracker.give(calls)
        calls.removeAll(keepingCapacity: true)
    }
}

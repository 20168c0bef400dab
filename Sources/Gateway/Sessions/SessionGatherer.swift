import Sessions
import Transport

/// Gathers the model calls of one loop for the tracker: one message for many. Loop-confined.
final class SessionGatherer {
    private let timer: LoopTimer
    private let tracker: SessionTracker
    private var begun: [RunningCall] = []
    private var calls: [EndedCall] = []
    private static let most = 64
    private static let mostBegun = 256
    /// Nanoseconds.
    private static let delay: Int64 = 200_000_000

    init(loop: EventLoop, _ tracker: SessionTracker) {
        self.tracker = tracker
        timer = LoopTimer(loop: loop)
        timer.whenFired = { [unowned self] in handOver() }
    }

    func began(_ call: RunningCall) {
        begun.append(call)
        wait()
    }

    func add(_ call: EndedCall) {
        calls.append(call)
        wait()
    }

    private func wait() {
        if calls.count >= Self.most || begun.count >= Self.mostBegun {
            handOver()
        } else if !timer.isArmed {
            timer.schedule(after: Self.delay)
        }
    }

    func handOver() {
        timer.cancel()
        guard !calls.isEmpty || !begun.isEmpty else { return }
        tracker.give(begun: begun, calls)
        begun = []
        calls = []
    }
}

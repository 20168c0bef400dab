import Governance
import Transport

/// A request's place in the governor's queue: brings the verdict to the request's own loop.
///
/// `@unchecked Sendable`: everything mutable in it is touched on the request's loop only; the governor reaches it by `loop.post`.
final class QueuedTurn: @unchecked Sendable {
    private let loop: EventLoop
    private let wakeup: Wakeup
    private let governor: Governor
    private(set) var verdict: AdmissionVerdict?
    private var isAbandoned = false

    init(_ wakeup: Wakeup, loop: EventLoop, governor: Governor) {
        self.wakeup = wakeup
        self.loop = loop
        self.governor = governor
    }

    /// On the governor's loop.
    func arrived(_ verdict: AdmissionVerdict) {
        loop.post { [self] in
            // Nobody waits any more: what was admitted is given back.
            if isAbandoned, case .admitted(let admission) = verdict { return _ = Hold(admission, at: governor) }
            self.verdict = verdict
            wakeup.signal(.notice)
        }
    }

    /// The client has left.
    func abandon(_ ticket: UInt64) {
        isAbandoned = true
        governor.loop.post { [governor] in governor.assumeIsolated { $0.leaveQueue(ticket) } }
    }
}

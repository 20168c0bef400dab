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
            if isAbandoned { return giveBack(verdict) }
            self.verdict = verdict
            wakeup.signal(.notice)
        }
    }

    /// The client has left.
    func abandon(_ ticket: UInt64) {
        isAbandoned = true
        // It may have come at the same moment.
        if let verdict { giveBack(verdict) }
        verdict = nil
        governor.loop.post { [governor] in governor.assumeIsolated { $0.leaveQueue(ticket) } }
    }

    /// Nobody waits any more: what was admitted is held no longer.
    private func giveBack(_ verdict: AdmissionVerdict) {
        if case .admitted(let admission) = verdict { _ = Hold(admission, at: governor) }
    }
}

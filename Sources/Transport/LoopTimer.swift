/// A timer of an event loop that can be moved as often as one likes; loop-confined.
///
/// Fires once per `schedule`, by calling `whenFired` on the loop's thread. Resolution: one millisecond.
package final class LoopTimer {
    private unowned let loop: EventLoop
    /// Called on the loop's thread.
    package var whenFired: () -> Void = {}
    /// The moment it shall fire; `nil`: not armed.
    private(set) var target: Int64?
    /// Where it is in the loop's heap; negative: it is not there. The heap's business.
    var place = -1

    package init(loop: EventLoop) { self.loop = loop }

    package var isArmed: Bool { target != nil }

    /// Fires `nanoseconds` after the loop's present turn; replaces an earlier schedule.
    package func schedule(after nanoseconds: Int64) { schedule(at: loop.now &+ nanoseconds) }

    /// Fires at a moment of the monotonic clock; replaces an earlier schedule.
    package func schedule(at deadline: Int64) {
        target = deadline
        loop.enter(self, at: deadline)
    }

    package func cancel() { target = nil }

    /// Leaves the loop: it will not be used again. On another thread than the loop's it leaves when it comes up.
    func retire() {
        target = nil
        if place >= 0, loop.isCurrent { loop.remove(self) }
    }

    /// Called by the loop when it has come up, and is in the heap no more.
    func due(now: Int64) {
        guard let deadline = target else { return }
        if deadline > now {
            loop.enter(self, at: deadline)
        } else {
            target = nil
            whenFired()
        }
    }
}

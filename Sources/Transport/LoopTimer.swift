/// A timer of an event loop that can be moved as often as one likes; loop-confined.
///
/// Fires once per `schedule`, by calling `whenFired` on the loop's thread. Resolution: one millisecond.
package final class LoopTimer {
    private unowned let loop: EventLoop
    /// Called on the loop's thread.
    package var whenFired: () -> Void = {}
    /// The moment it shall fire; `nil`: not armed.
    private(set) var target: Int64?
    private var entryDeadline: Int64?
    private var generation: UInt32 = 0

    package init(loop: EventLoop) { self.loop = loop }

    package var isArmed: Bool { target != nil }

    /// Fires `nanoseconds` after the loop's present turn; replaces an earlier schedule.
    package func schedule(after nanoseconds: Int64) { schedule(at: loop.now &+ nanoseconds) }

    /// Fires at a moment of the monotonic clock; replaces an earlier schedule.
    package func schedule(at deadline: Int64) {
        target = deadline
        if let entryDeadline, entryDeadline <= deadline { return }
        enter(deadline)
    }

    package func cancel() { target = nil }

    private func enter(_ deadline: Int64) {
        generation &+= 1
        entryDeadline = deadline
        loop.insert(TimerHeap.Entry(deadline: deadline, timer: self, generation: generation))
    }

    /// Called by the loop when an entry of this timer comes up.
    func entryDue(generation due: UInt32, now: Int64) {
        guard due == generation else { return }
        entryDeadline = nil
        guard let deadline = target else { return }
        if deadline > now {
            enter(deadline)
        } else {
            target = nil
            whenFired()
        }
    }
}

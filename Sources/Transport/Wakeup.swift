/// What a parked exchange can be woken by.
package struct WakeEvents: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The socket facing the client has bytes, or its end.
    package static let downstreamReadable = WakeEvents(rawValue: 1)
    package static let downstreamWritable = WakeEvents(rawValue: 2)
    /// The client closed its side, or the connection broke.
    package static let downstreamHangup = WakeEvents(rawValue: 4)
    package static let upstreamReadable = WakeEvents(rawValue: 8)
    package static let upstreamWritable = WakeEvents(rawValue: 16)
    /// The running deadline passed.
    package static let deadline = WakeEvents(rawValue: 32)
    /// The keep-alive interval passed.
    package static let tick = WakeEvents(rawValue: 64)
    /// The process drains, or a resource was handed over.
    package static let notice = WakeEvents(rawValue: 128)

    /// Either's. HOT: a literal of several makes an array of them first.
    package static func | (one: WakeEvents, other: WakeEvents) -> WakeEvents {
        WakeEvents(rawValue: one.rawValue | other.rawValue)
    }
}

/// The one place where a task of a loop waits: for any of several events, with one continuation.
///
/// It has two timers of its own: the running deadline and the tick of keep-alive.
///
/// Loop-confined: created, signalled and awaited on the same loop's thread, so there is no race between
/// looking at the events and parking. Not `Sendable` by design.
package final class Wakeup {
    private var pending: WakeEvents = []
    private var interest: WakeEvents = []
    private var continuation: UnsafeContinuation<Void, Never>?
    private var resume: (() -> Void)?
    private var look: ((WakeEvents) -> Bool)?
    /// What `look` left to the task.
    private var left: WakeEvents = []
    private var isLooking = false
    private let deadline: LoopTimer
    private let ticker: LoopTimer

    package init(loop: EventLoop) {
        deadline = LoopTimer(loop: loop)
        ticker = LoopTimer(loop: loop)
        deadline.whenFired = { [weak self] in self?.signal(.deadline) }
        ticker.whenFired = { [weak self] in self?.signal(.tick) }
    }

    deinit {
        deadline.retire()
        ticker.retire()
    }

    /// Events that have come and were not yet taken.
    package var events: WakeEvents { pending }

    /// Remembers the events and wakes the waiter if it wants one of them.
    package func signal(_ events: WakeEvents) {
        pending.formUnion(events)
        guard let waiter = continuation, !pending.isDisjoint(with: interest) else { return rouse() }
        if let look {
            // What it does may signal more.
            guard !isLooking else { return }
            isLooking = true
            left = show(look)
            isLooking = false
            if left.isEmpty { return }
        }
        continuation = nil
        waiter.resume()
    }

    /// The same from where nothing else must happen: only the task is woken.
    package func signalTask(_ events: WakeEvents) {
        guard look != nil, !isLooking else { return signal(events) }
        look = nil
        signal(events)
    }

    /// Shows what has come until something is for the task, and returns that.
    private func show(_ look: (WakeEvents) -> Bool) -> WakeEvents {
        while !pending.isDisjoint(with: interest) {
            let taken = take(interest)
            if look(taken) { return taken }
        }
        return []
    }

    private func take(_ wanted: WakeEvents) -> WakeEvents {
        let taken = pending.intersection(wanted)
        pending.subtract(taken)
        return taken
    }

    private func rouse() {
        guard let resume, !pending.isDisjoint(with: interest) else { return }
        self.resume = nil
        resume()
    }

    /// Forgets events, as when a socket was read dry or a timer is set anew.
    package func clear(_ events: WakeEvents) { pending.subtract(events) }

    /// `.deadline` comes `nanoseconds` from now; replaces an earlier one.
    package func setDeadline(after nanoseconds: Int64) {
        pending.remove(.deadline)
        deadline.schedule(after: nanoseconds)
    }

    package func clearDeadline() {
        deadline.cancel()
        pending.remove(.deadline)
    }

    /// `.tick` comes `nanoseconds` from now; replaces an earlier one.
    package func setTick(after nanoseconds: Int64) {
        pending.remove(.tick)
        ticker.schedule(after: nanoseconds)
    }

    package func clearTick() {
        ticker.cancel()
        pending.remove(.tick)
    }

    /// Parks until one of `wanted` has come; takes and returns those that have.
    package func wait(for wanted: WakeEvents) async -> WakeEvents {
        while pending.isDisjoint(with: wanted) {
            interest = wanted
            await withUnsafeContinuation { continuation = $0 }
        }
        return take(wanted)
    }

    /// The same, but whatever comes is shown to `look` first, on the loop's thread and without waking the task: that costs several
    /// times what it does to look. HOT.
    ///
    /// - Parameter look: true: it is for the task. It is called for one thing after the other, never within itself.
    /// - Returns: what `look` left to the task.
    package func wait(for wanted: WakeEvents, _ look: @escaping (WakeEvents) -> Bool) async -> WakeEvents {
        interest = wanted
        let early = show(look)
        if !early.isEmpty { return early }
        self.look = look
        defer {
            self.look = nil
            left = []
        }
        await withUnsafeContinuation { continuation = $0 }
        return left.isEmpty ? take(wanted) : left
    }

    /// Waits without a task: `resume` is called once, as soon as one of `wanted` has come. What has come stays for the next `wait`.
    package func rest(until wanted: WakeEvents, _ resume: @escaping () -> Void) {
        interest = wanted
        self.resume = resume
        rouse()
    }
}

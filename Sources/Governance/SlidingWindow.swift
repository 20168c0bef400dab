/// Counts what happened in the last `window` nanoseconds: pure. Time is cut into slices, and a slice counts until the window has passed
/// since the last that happened in it, so that no window of that length, wherever it begins, ever holds more than was admitted, and
/// nobody waits for longer than a window. HOT.
package struct SlidingWindow: Sendable, Equatable {
    private struct Slice: Equatable {
        let number: Int64
        /// The last that happened in it.
        var moment: Int64
        var count: Int64
    }
    package let window: Int64
    private let width: Int64
    /// Ascending; slices in which nothing happened are not there.
    private var slices: [Slice] = []
    private var total: Int64 = 0
    private static let slicesPerWindow: Int64 = 60

    package init(window: Int64) {
        self.window = window
        width = max(1, window / Self.slicesPerWindow)
    }

    /// What counts at a moment. If the clock was set back, what lies ahead of it now counts as of now: it would else be counted
    /// until the clock has come there again.
    package mutating func count(at now: Int64) -> Int64 {
        if let last = slices.last, last.moment > now { pullBack(to: now) }
        let begin = now - window
        var gone = 0
        while gone < slices.count, slices[gone].moment <= begin {
            total -= slices[gone].count
            gone += 1
        }
        if gone > 0 { slices.removeFirst(gone) }
        return total
    }

    private mutating func pullBack(to now: Int64) {
        let number = now / width
        var count: Int64 = 0
        while let last = slices.last, last.number >= number {
            count += last.count
            slices.removeLast()
        }
        slices.append(Slice(number: number, moment: now, count: count))
    }

    /// Adds at a moment.
    package mutating func add(_ amount: Int64, at now: Int64) {
        if let last = slices.last, last.moment > now { pullBack(to: now) }
        let number = now / width
        if let last = slices.last, last.number == number {
            slices[slices.count - 1].count += amount
            slices[slices.count - 1].moment = now
        } else {
            slices.append(Slice(number: number, moment: now, count: amount))
        }
        total += amount
    }

    /// Adds what happened at some time in the slice of a moment, as if it had been at its end.
    package mutating func restore(_ amount: Int64, inSliceOf moment: Int64) {
        add(amount, at: (moment / width + 1) * width - 1)
    }

    /// Corrects what was added at a moment, if that still counts. What was added before the clock was set back is in the last slice.
    package mutating func adjust(_ difference: Int64, addedAt moment: Int64) {
        guard let last = slices.last else { return }
        let number = min(moment / width, last.number)
        guard let index = slices.firstIndex(where: { $0.number == number }) else { return }
        let change = max(difference, -slices[index].count)
        slices[index].count += change
        total += change
    }

    /// Nanoseconds until `amount` more fits below `limit`, if nothing else comes; 0: it does now. `nil`: it never will.
    package mutating func wait(for amount: Int64, limit: Int64, at now: Int64) -> Int64? {
        guard amount <= limit else { return nil }
        var counted = count(at: now)
        if counted + amount <= limit { return 0 }
        for slice in slices {
            counted -= slice.count
            if counted + amount <= limit { return slice.moment + window - now }
        }
        return window
    }

    package var isEmpty: Bool { slices.isEmpty }
}

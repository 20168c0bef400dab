/// Counts what happened in the last `window` nanoseconds: pure. Time is cut into slices, and a slice counts as long as any of it lies in
/// the window, so that no window of that length, wherever it begins, ever holds more than was admitted. HOT.
package struct SlidingWindow: Sendable, Equatable {
    private struct Slice: Equatable {
        let number: Int64
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
        if let last = slices.last, last.number > now / width { pullBack(to: now / width) }
        let oldest = (now - window) / width
        var gone = 0
        while gone < slices.count, slices[gone].number < oldest {
            total -= slices[gone].count
            gone += 1
        }
        if gone > 0 { slices.removeFirst(gone) }
        return total
    }

    private mutating func pullBack(to number: Int64) {
        var count: Int64 = 0
        while let last = slices.last, last.number >= number {
            count += last.count
            slices.removeLast()
        }
        slices.append(Slice(number: number, count: count))
    }

    /// Adds at a moment.
    package mutating func add(_ amount: Int64, at now: Int64) {
        let number = now / width
        if let last = slices.last, last.number > number { pullBack(to: number) }
        if let last = slices.last, last.number == number {
            slices[slices.count - 1].count += amount
        } else {
            slices.append(Slice(number: number, count: amount))
        }
        total += amount
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
            // It is over when the oldest moment of the window lies behind the slice's end.
            if counted + amount <= limit { return max(1, (slice.number + 1) * width + window - now) }
        }
        return window
    }

    package var isEmpty: Bool { slices.isEmpty }
}

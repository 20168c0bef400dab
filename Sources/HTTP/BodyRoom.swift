import Transport

/// How many bytes of request bodies one loop holds at once; loop-confined. A body that finds no room stays where it is, in the
/// sockets, so that its client waits.
///
/// Who came first is read first, and to its end: a body's worth is kept for the one that has waited longest, so that half-read
/// bodies never fill the room for each other.
package final class BodyRoom {
    /// Bytes.
    package private(set) var capacity = 0
    package private(set) var used = 0
    /// Kept for the body that has waited longest, bytes.
    private var reserve = 0
    private struct Waiter {
        let number: UInt64
        let wakeup: Wakeup
    }
    /// Those that came first in front.
    private var waiting: [Waiter] = []
    /// The body that may use what is kept.
    private var favoured: UInt64?
    private var lastNumber: UInt64 = 0

    init(capacity: Int, reserve: Int) { resize(capacity: capacity, reserve: reserve) }

    package var waitingCount: Int { waiting.count }

    func resize(capacity: Int, reserve: Int) {
        (self.capacity, self.reserve) = (capacity, reserve)
        wakeFirst()
    }

    /// The place of a new body in the order.
    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// Whether `count` bytes more of a body may be read.
    func admits(_ number: UInt64, _ count: Int) -> Bool {
        if number == favoured { return true }
        if let first = waiting.first, first.number < number { return false }
        return used + count <= capacity - reserve
    }

    func take(_ count: Int) { used += count }

    /// Waits until the body is admitted, at most `timeout` nanoseconds. Then it reads a piece, and wakes the next one.
    func wait(_ number: UInt64, _ count: Int, _ wakeup: Wakeup, timeout: Int64) async -> BodyArrival? {
        let place = waiting.firstIndex { $0.number > number } ?? waiting.count
        waiting.insert(Waiter(number: number, wakeup: wakeup), at: place)
        wakeup.setDeadline(after: timeout)
        favourFirst()
        defer {
            waiting.removeAll { $0.number == number }
            wakeup.clearDeadline()
        }
        while !admits(number, count) {
            let events = await wakeup.wait(for: [.notice, .deadline, .downstreamHangup])
            if events.contains(.downstreamHangup) { return .clientGone }
            if events.contains(.deadline), !admits(number, count) { return .noRoom }
        }
        return nil
    }

    /// A body is held no longer.
    func giveBack(_ count: Int, of number: UInt64) {
        used -= count
        if favoured == number { favoured = nil }
        wakeFirst()
    }

    /// There may be room for the one that waits longest. One at a time: what each reads decides whether there is.
    func wakeFirst() {
        guard let first = waiting.first else { return }
        favourFirst()
        if admits(first.number, 1) { first.wakeup.signal(.notice) }
    }

    private func favourFirst() {
        guard favoured == nil, let first = waiting.first, used <= capacity - reserve else { return }
        favoured = first.number
    }
}

/// The rooms of one loop: a quarter for bodies that are said to be small, so that they need not wait for large ones.
package final class BodyRooms {
    package let small = BodyRoom(capacity: 0, reserve: 0)
    package let large = BodyRoom(capacity: 0, reserve: 0)
    /// How long a body waits for room, nanoseconds.
    package private(set) var timeout: Int64 = 0
    /// What counts as small, bytes.
    private static let smallBody = 1 << 20

    package init() { resize(bytes: 1 << 30, largestBody: 32 << 20, timeout: 10_000_000_000) }

    /// - Parameters:
    ///   - bytes: for all bodies of the loop; at least two of the largest.
    ///   - largestBody: bytes that a body may have.
    package func resize(bytes: Int, largestBody: Int, timeout: Int64) {
        let all = max(bytes, 2 * largestBody)
        small.resize(capacity: all / 4, reserve: min(Self.smallBody, all / 8))
        large.resize(capacity: all - all / 4, reserve: largestBody)
        self.timeout = timeout
    }

    /// - Parameter expected: the announced length; `nil`: it was not announced.
    func room(expected: Int?) -> BodyRoom { expected.map { $0 <= Self.smallBody } == true ? small : large }
}

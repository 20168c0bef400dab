import SeededRandom
import Testing

@testable import Governance

/// What a sliding window should do, with every event kept: the events of a slice count until a window after the last of them.
private struct EventLog {
    let window: Int64
    let width: Int64
    var events: [(slice: Int64, amount: Int64)] = []
    var last: [Int64: Int64] = [:]

    init(window: Int64) {
        self.window = window
        width = max(1, window / 60)
    }

    func end(_ slice: Int64) -> Int64 { (last[slice] ?? 0) + window }

    func count(at now: Int64) -> Int64 { events.reduce(0) { now < end($1.slice) ? $0 + $1.amount : $0 } }

    mutating func add(_ amount: Int64, at now: Int64) {
        events.append((now / width, amount))
        last[now / width] = now
    }

    /// The first moment at which it fits: only ends of slices change anything.
    func wait(for amount: Int64, limit: Int64, at now: Int64) -> Int64? {
        guard amount <= limit else { return nil }
        if count(at: now) + amount <= limit { return 0 }
        return events.map { end($0.slice) }.filter { $0 > now }.sorted()
            .first { count(at: $0) + amount <= limit }.map { $0 - now }
    }
}

@Suite struct SlidingWindowTests {
    private static let windows: [Int64] = [1, 7, 59, 60, 61, 100, 3_600, 60_000_000_000, 86_400_000_000_000]

    @Test("It counts, waits and corrects as a log of all events does", arguments: windows, 0..<6)
    func matchesLog(length: Int64, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = SlidingWindow(window: length), log = EventLog(window: length)
        var now = Int64.random(in: 0...4 * length, using: &generator) + length * 3
        var taken: [(moment: Int64, amount: Int64)] = []
        for _ in 0..<400 {
            now += Int64.random(in: 0...max(1, length / 12), using: &generator)
            #expect(window.count(at: now) == log.count(at: now))
            let limit = Int64.random(in: 1...40, using: &generator)
            let amount = Int64.random(in: 0...12, using: &generator)
            let wait = window.wait(for: amount, limit: limit, at: now)
            #expect(wait == log.wait(for: amount, limit: limit, at: now))
            if let wait, wait > 0 {
                var later = window, before = window
                #expect(before.count(at: now + wait - 1) + amount > limit, "not a nanosecond sooner")
                #expect(later.count(at: now + wait) + amount <= limit, "and not later")
            }
            if wait == 0 {
                window.add(amount, at: now)
                log.add(amount, at: now)
                taken.append((now, amount))
            }
            guard Int.random(in: 0..<4, using: &generator) == 0, !taken.isEmpty else { continue }
            let (moment, claimed) = taken.remove(at: Int.random(in: 0..<taken.count, using: &generator))
            let used = Int64.random(in: 0...20, using: &generator)
            window.adjust(used - claimed, addedAt: moment)
            if let index = log.events.firstIndex(where: { $0.slice == moment / log.width && $0.amount == claimed }) {
                log.events[index].amount = used
            }
        }
    }

    @Test("No window of its length, wherever it begins, holds more than the limit", arguments: windows, 0..<6)
    func neverMore(length: Int64, seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 100)
        var window = SlidingWindow(window: length)
        let limit = Int64.random(in: 1...30, using: &generator)
        var now = length * 2, admitted: [(moment: Int64, amount: Int64)] = []
        for _ in 0..<1_000 {
            now += Int64.random(in: 0...max(1, length / 25), using: &generator)
            let amount = Int64.random(in: 1...max(1, limit / 3), using: &generator)
            guard window.wait(for: amount, limit: limit, at: now) == 0 else { continue }
            window.add(amount, at: now)
            admitted.append((now, amount))
        }
        #expect(admitted.count > 3)
        // The fullest window begins with an event.
        for (index, first) in admitted.enumerated() {
            var sum: Int64 = 0
            for event in admitted[index...] where event.moment < first.moment + length { sum += event.amount }
            #expect(sum <= limit)
        }
    }

    @Test("A full limit opens again after a window, not later", arguments: windows)
    func opens(length: Int64) {
        var window = SlidingWindow(window: length)
        let now = length * 10 + 1
        window.add(5, at: now)
        #expect(window.wait(for: 5, limit: 5, at: now) == length)
        #expect(window.wait(for: 6, limit: 5, at: now) == nil)
    }

    @Test("What is restored counts for as long as it may have to", arguments: windows)
    func restores(length: Int64) {
        var window = SlidingWindow(window: length)
        let width = max(1, length / 60), slice = 700 * width
        window.restore(5, inSliceOf: slice)
        let end = slice + width - 1
        #expect(window.wait(for: 5, limit: 5, at: end) == length)
        #expect(window.count(at: end + length - 1) == 5)
        #expect(window.count(at: end + length) == 0)
    }

    @Test("A correction never takes more than there is, and one of what is over changes nothing")
    func adjusts() {
        var window = SlidingWindow(window: 60)
        window.add(10, at: 600)
        window.adjust(-25, addedAt: 600)
        #expect(window.count(at: 600) == 0)
        window.adjust(7, addedAt: 600)
        #expect(window.count(at: 601) == 7)
        window.add(1, at: 700)
        #expect(window.count(at: 700) == 1)
        window.adjust(9, addedAt: 600)
        #expect(window.count(at: 700) == 1)
    }

    @Test("After the clock was set back a limit is shut for one window, not until the clock has come there again")
    func clockSetBack() {
        let minute: Int64 = 60_000_000_000, hour = 60 * minute
        var window = SlidingWindow(window: minute)
        let now = 500 * hour
        window.add(40, at: now - minute / 2)
        window.add(60, at: now)
        let back = now - hour
        #expect(window.count(at: back) == 100, "nothing is forgotten")
        #expect(window.wait(for: 1, limit: 100, at: back).map { $0 <= minute + minute / 60 } == true)
        window.adjust(-60, addedAt: now)
        #expect(window.count(at: back) == 40, "what was added before is still corrected")
        window.add(60, at: back)
        #expect(window.count(at: back + minute / 2) == 100)
        #expect(window.count(at: back + minute + minute / 60) == 0)
    }

    @Test(
        "With a clock that jumps to and fro no more than the limit is admitted in any stretch of its length",
        arguments: 0..<20)
    func unsteadyClock(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let length: Int64 = 6_000, limit: Int64 = 20
        var window = SlidingWindow(window: length)
        // What passes in truth, and by how much the clock is off; it is only ever set back.
        var truth: Int64 = 1_000_000, off: Int64 = 0
        var admitted: [Int64] = []
        for _ in 0..<2_000 {
            truth += Int64.random(in: 0...200, using: &generator)
            if Int.random(in: 0..<40, using: &generator) == 0 { off -= Int64.random(in: 0...20_000, using: &generator) }
            guard window.wait(for: 1, limit: limit, at: truth + off) == 0 else { continue }
            window.add(1, at: truth + off)
            admitted.append(truth)
        }
        for (index, first) in admitted.enumerated() {
            #expect(admitted[index...].prefix { $0 < first + length }.count <= Int(limit))
        }
        #expect(admitted.count > Int(limit))
    }
}

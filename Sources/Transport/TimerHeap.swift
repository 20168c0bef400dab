/// Timers by when they are looked at next, the earliest first. Pure: time is passed in.
///
/// A timer that is moved later keeps its place, and is put back with its true deadline when it comes up: so moving a deadline on every
/// event costs nothing. A timer that will not be used again is taken out: connections that come and go by the thousand leave nothing.
struct TimerHeap {
    private struct Entry {
        var deadline: Int64
        /// Retained while it is in the heap. Not a plain reference: to count each time when two entries change places costs more
        /// than all the rest.
        let timer: Unmanaged<LoopTimer>
    }

    private var entries: [Entry] = []

    var earliest: Int64? { entries.first?.deadline }
    var count: Int { entries.count }

    /// The timer is not in the heap.
    mutating func insert(_ timer: LoopTimer, at deadline: Int64) {
        precondition(timer.place < 0, "a timer has one place")
        entries.append(Entry(deadline: deadline, timer: .passRetained(timer)))
        siftUp(entries.count - 1)
    }

    /// When a timer of the heap is looked at.
    func deadline(of timer: LoopTimer) -> Int64 { entries[timer.place].deadline }

    /// Moves a timer of the heap to an earlier deadline.
    mutating func move(_ timer: LoopTimer, earlier deadline: Int64) {
        entries[timer.place].deadline = deadline
        siftUp(timer.place)
    }

    mutating func remove(_ timer: LoopTimer) {
        let place = timer.place
        timer.place = -1
        let last = entries.removeLast()
        if place < entries.count {
            let isEarlier = last.deadline < entries[place].deadline
            entries[place] = last
            if isEarlier { siftUp(place) } else { siftDown(place) }
        }
        Unmanaged.passUnretained(timer).release()
    }

    /// Removes and returns the earliest timer if it is due at `now`.
    mutating func popDue(at now: Int64) -> LoopTimer? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let timer = first.timer.takeUnretainedValue()
        remove(timer)
        return timer
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        let entry = entries[start]
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.deadline < entries[parent].deadline else { break }
            put(entries[parent], at: child)
            child = parent
        }
        put(entry, at: child)
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        let entry = entries[start]
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline { child += 1 }
            guard entries[child].deadline < entry.deadline else { break }
            put(entries[child], at: parent)
            parent = child
        }
        put(entry, at: parent)
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        entries[place] = entry
        entry.timer._withUnsafeGuaranteedRef { $0.place = place }
    }
}

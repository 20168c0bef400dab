/// Deadlines in order, earliest first. Pure: time is passed in.
///
/// An entry names a timer and the generation of its entry; a timer that was moved later keeps its entry, which is
/// put back with the true deadline when it comes up. So moving a deadline on every event costs nothing.
struct TimerHeap {
    struct Entry {
        var deadline: Int64
        var timer: LoopTimer
        var generation: UInt32
    }

    private var entries: [Entry] = []

    var earliest: Int64? { entries.first?.deadline }
    var count: Int { entries.count }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].deadline < entries[parent].deadline else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes and returns the earliest entry if it is due at `now`.
    mutating func popDue(at now: Int64) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown()
        }
        return first
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].deadline < entries[smallest].deadline { smallest = child }
            }
            guard smallest != parent else { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}

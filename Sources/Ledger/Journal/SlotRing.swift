import Synchronization

/// A queue of slot indices from one thread to one other, without locks.
///
/// Unchecked Sendable because: exactly one thread calls `push` and exactly one calls `pop`. `push` writes a cell
/// before it releases `tail`; `pop` acquires `tail` before it reads the cell, and releases `head` afterwards, so a
/// cell is never read and written at once. The capacity is that of the journal, and an index is in at most one place
/// (stack, slot in use, or one of the two rings), so a push always finds room.
final class SlotRing: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<UInt32>
    private let mask: Int
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)

    /// - Parameter capacity: a power of two.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
        cells = .allocate(capacity: capacity)
        cells.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
    }

    deinit { cells.deallocate() }

    /// Appends an index. Producer only.
    func push(_ index: UInt32) {
        let end = tail.load(ordering: .relaxed)
        precondition(end - head.load(ordering: .acquiring) <= mask, "a slot index is in two places")
        cells[end & mask] = index
        tail.store(end + 1, ordering: .releasing)
    }

    /// Takes the oldest index; `nil` if there is none. Consumer only.
    func pop() -> UInt32? {
        let start = head.load(ordering: .relaxed)
        guard start != tail.load(ordering: .acquiring) else { return nil }
        let index = cells[start & mask]
        head.store(start + 1, ordering: .releasing)
        return index
    }

    /// How many indices wait; exact only when the other side rests.
    var count: Int { tail.load(ordering: .acquiring) - head.load(ordering: .acquiring) }
}

import Synchronization

/// The requests in flight of one event loop, kept in memory that survives the process.
///
/// Slots go round: free → open (loop) → closed (loop) → written to the database, free again (writer). The loop pays
/// a few cache lines per request and no system call; the database is the writer's business, later and in groups.
///
/// Unchecked Sendable because the state is split by thread. The stack of free slots, `allocated`, `isDiskFull`, and every slot
/// that is free or open belong to the loop: `open`, `countFree` and the methods of `JournalSlot` are called on its thread only.
/// A slot that is closed belongs to the writer until it is given back. Ownership changes hands through `closed`
/// and `returned`, each a `SlotRing`, whose release and acquire order everything written before. `file` never
/// changes; `stopped` is atomic.
package final class Journal: @unchecked Sendable {
    private let file: JournalFile
    private let wake: WriterWake
    let closed: SlotRing
    let returned: SlotRing
    /// A stack, so that the slot used last, whose lines are warm, is used next.
    private let free: UnsafeMutablePointer<UInt32>
    private var freeCount = 0
    private var allocated = 0
    /// The disk had no room for more slots when it was asked last, and no row got off the journal since.
    private var isDiskFull = false
    private let stopped = Atomic<Bool>(false)
    /// Requests refused a slot because the journal was full.
    package private(set) var refusals = 0

    /// - Parameters:
    ///   - capacity: the most slots, a power of two.
    ///   - initial: slots that get room on the disk at once.
    ///   - written: those of them whose room is written once, which makes the first use of each cheaper.
    init(path: String, capacity: Int, initial: Int, written: Int = .max, wake: WriterWake) throws(LedgerError) {
        file = try JournalFile.create(path: path, capacity: capacity)
        self.wake = wake
        closed = SlotRing(capacity: capacity)
        returned = SlotRing(capacity: capacity)
        free = .allocate(capacity: capacity)
        guard file.prepare(min(written, initial, capacity)), grow(to: min(initial, capacity)) else {
            throw .file(operation: "allocate", path: path, code: 28)  // ENOSPC
        }
    }

    deinit {
        free.deallocate()
        file.close()
    }

    /// Opens a row, before the request is dispatched. HOT.
    ///
    /// From the return of this method on, the row survives the death of the process.
    ///
    /// - Returns: `nil` if every slot is taken (the database has not kept up, or its disk is full), or the ledger was
    ///   closed: the request must be refused, for nothing could account for it.
    package func open(_ facts: borrowing RequestFacts) -> JournalSlot? {
        guard !stopped.load(ordering: .relaxed), let index = takeFree() else {
            refusals += 1
            return nil
        }
        let slot = file.slot(Int(index))
        slot.fill(with: facts)
        slot.state = SlotState.open
        return JournalSlot(journal: self, slot: slot, index: index)
    }

    /// Hands a finished slot to the writer.
    func close(_ index: UInt32, _ slot: SlotMemory) {
        slot.state = SlotState.closed
        closed.push(index)
        wake.afterPush()
    }

    private func takeFree() -> UInt32? {
        // Those that have come back are warm: without them each request would have the coldest slot of all.
        takeReturned()
        if freeCount == 0, allocated < file.capacity {
            // A disk without room for more leaves the journal at its size; it is asked again next time.
            isDiskFull = !grow(to: min(allocated * 2, file.capacity))
        }
        guard freeCount > 0 else { return nil }
        freeCount -= 1
        return free[freeCount]
    }

    private func takeReturned() {
        while let index = returned.pop() {
            putFree(index)
            isDiskFull = false
        }
    }

    private func putFree(_ index: UInt32) {
        free[freeCount] = index
        freeCount += 1
    }

    private func grow(to count: Int) -> Bool {
        guard file.grow(to: count) else { return false }
        for index in (allocated..<count).reversed() { putFree(UInt32(index)) }
        allocated = count
        return true
    }

    /// A closed slot's memory. Writer only.
    func memory(of index: UInt32) -> SlotMemory { file.slot(Int(index)) }

    /// Refuses rows from now on. Writer only.
    func stop() { stopped.store(true, ordering: .relaxed) }

    /// Deletes the file if it holds no row: a later version may have another layout, and needs no journal to start.
    /// Writer only, after `stop` and after the loops have drained.
    func deleteIfDrained() { file.deleteIfDrained() }

    /// The most slots there may be.
    package var capacity: Int { file.capacity }

    /// How many slots can be opened; those for which the disk has not been asked yet are among them until it refuses. On the loop's
    /// thread.
    package func countFree() -> Int {
        takeReturned()
        return freeCount + (isDiskFull ? 0 : file.capacity - allocated)
    }

    /// Gives a slot back that is in the database. Writer only.
    func giveBack(_ index: UInt32) {
        file.slot(Int(index)).state = SlotState.free
        returned.push(index)
    }
}

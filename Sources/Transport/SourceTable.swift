/// Something with a descriptor that a loop watches; called on the loop's thread.
protocol EventSource: AnyObject {
    func ready(readable: Bool, writable: Bool, hangup: Bool)
}

/// The sources of a loop by token. A token carries the generation of its slot, so that an event which the kernel reported
/// before a descriptor was closed and its slot given away is dropped.
struct SourceTable {
    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    mutating func insert(_ source: any EventSource) -> UInt64 {
        let index: Int
        if let reused = free.popLast() {
            index = reused
            slots[index].source = source
        } else {
            index = slots.count
            slots.append(Slot(source: source, generation: 0))
        }
        return UInt64(slots[index].generation) << 32 | UInt64(index)
    }

    mutating func remove(_ token: UInt64) {
        let index = Int(token & 0xFFFF_FFFF)
        guard slots[index].generation == UInt32(token >> 32) else { return }
        slots[index].source = nil
        // The all-ones token is the loop's own wake-up; generations stay below it.
        slots[index].generation = (slots[index].generation &+ 1) & 0x7FFF_FFFF
        free.append(index)
    }

    func dispatch(token: UInt64, bits: UInt32) {
        let slot = slots[Int(token & 0xFFFF_FFFF)]
        guard slot.generation == UInt32(token >> 32), let source = slot.source else { return }
        source.ready(readable: bits & 1 != 0, writable: bits & 2 != 0, hangup: bits & 4 != 0)
    }
}

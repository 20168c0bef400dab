import Glibc
import Synchronization

/// One slot of a mapped journal: typed access to its parts. A pointer with a vocabulary; it owns nothing.
///
/// Who may touch it when is the business of `Journal`: the loop while the slot is free or open, the writer while it
/// is closed.
struct SlotMemory {
    let base: UnsafeMutableRawPointer

    /// The slot's first word. Stores release what was written before; loads acquire it.
    ///
    /// The memory is a page of the file cache: another process (or the next one, after a kill) sees the stores of
    /// this one in the order the processor made them, which the release keeps for the compiler, too.
    var state: UInt32 {
        get { base.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring) }
        nonmutating set {
            base.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(newValue, ordering: .releasing)
        }
    }

    var numbers: UnsafeMutablePointer<RequestNumbers> {
        (base + SlotLayout.numbersOffset).assumingMemoryBound(to: RequestNumbers.self)
    }

    func text(_ field: TextField) -> UnsafeMutablePointer<TextPlace> {
        (base + SlotLayout.textsOffset).assumingMemoryBound(to: TextPlace.self) + field.rawValue
    }

    func attempt(_ index: Int) -> UnsafeMutablePointer<AttemptRecord> {
        (base + SlotLayout.attemptsOffset).assumingMemoryBound(to: AttemptRecord.self) + index
    }

    /// Attempts begun, within what fits even if the slot is corrupt.
    var attemptCount: Int { min(Int(numbers.pointee.attempts), SlotLayout.attemptCapacity) }

    /// The bytes of a text, within the arena even if the slot is corrupt.
    func bytes(_ place: TextPlace) -> UnsafeRawBufferPointer {
        let offset = Int(place.offset)
        guard offset + Int(place.length) <= SlotLayout.arenaSize else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: base + SlotLayout.arenaOffset + offset, count: Int(place.length))
    }

    func bytes(_ field: TextField) -> UnsafeRawBufferPointer { bytes(text(field).pointee) }

    /// Makes the slot empty, except for its state.
    func clear() {
        numbers.initialize(to: RequestNumbers())
        (base + SlotLayout.textsOffset).initializeMemory(
            as: UInt8.self, repeating: 0, count: SlotLayout.attemptsOffset - SlotLayout.textsOffset)
    }

    /// Copies a text into the arena.
    ///
    /// - Parameter former: a text that is there already and may be the same; it is then used again.
    /// - Returns: its place; empty if there is no text, or none of it fits.
    func store(
        _ text: borrowing FactText, limit: Int, excess: TextExcess = .cut, orReuse former: TextPlace = TextPlace()
    ) -> TextPlace {
        switch copy text {
        case .none:
            return TextPlace()
        case .bytes(let bytes):
            return store(bytes, limit, excess, former)
        case .string(var string):
            return string.withUTF8 { store(UnsafeRawBufferPointer($0), limit, excess, former) }
        }
    }

    private func store(_ bytes: UnsafeRawBufferPointer, _ limit: Int, _ excess: TextExcess, _ former: TextPlace)
        -> TextPlace
    {
        guard bytes.count > 0, let source = bytes.baseAddress else { return TextPlace() }
        if bytes.count == Int(former.length), let there = self.bytes(former).baseAddress,
            memcmp(there, source, bytes.count) == 0
        {
            return former
        }
        let used = Int(numbers.pointee.arenaUsed)
        let room = min(limit, SlotLayout.arenaSize - used)
        var count = bytes.count
        if count > room {
            numbers.pointee.truncated = true
            count = room
            switch excess {
            case .leftOut: return TextPlace()
            // Back over continuation bytes to the start of the character that does not fit.
            case .cut: while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
            case .cutAtComma: while count > 0, bytes[count] != 0x2C { count -= 1 }
            }
        }
        (base + SlotLayout.arenaOffset + used).copyMemory(from: source, byteCount: count)
        numbers.pointee.arenaUsed = UInt16(used + count)
        return TextPlace(offset: UInt16(used), length: UInt16(count))
    }

    /// The estimate in force.
    var estimate: UsageEstimate {
        let numbers = numbers
        return numbers.pointee.secondEstimateIsValid ? numbers.pointee.secondEstimate : numbers.pointee.firstEstimate
    }
}

import Transport

/// A request's body in one allocation, as it arrives; loop-confined. Sixty-four bytes of zeros follow it, so that a scanner may
/// read whole blocks.
package final class RequestBody {
    private var memory: UnsafeMutableRawBufferPointer
    package private(set) var count = 0
    private static let padding = 64
    /// Where its bytes count; `nil`: nowhere.
    let room: BodyRoom?
    /// Its place among those that wait for room.
    let number: UInt64
    /// Bytes that are held for its sake and are not in it.
    private var also = 0

    private let expected: Int
    /// Whoever has sent less is not given memory for all that was announced, bytes.
    private static let earnest = 8_192

    /// `expected`: the content length, or 0 if it is not known.
    init(expected: Int, room: BodyRoom? = nil) {
        self.room = room
        self.expected = expected
        number = room?.nextNumber() ?? 0
        memory = Self.allocate(min(max(expected, 4_096), 2 * Self.earnest) + Self.padding)
    }

    deinit {
        Self.deallocate(memory)
        room?.giveBack(count + also, of: number)
    }

    /// What was made of it takes `bytes` for as long as it is held.
    package func holds(also bytes: Int) {
        room?.take(bytes - also)
        also = bytes
    }

    /// What has arrived; valid until the next append.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// The room behind what has arrived, at most `limit` bytes.
    func room(_ limit: Int) -> UnsafeMutableRawBufferPointer {
        if count >= Self.earnest, memory.count - Self.padding < min(expected, count + limit) {
            resize(to: expected + Self.padding)
        }
        let end = min(memory.count - Self.padding, count + limit)
        return UnsafeMutableRawBufferPointer(rebasing: memory[count..<end])
    }

    func arrived(_ bytes: Int) {
        count += bytes
        room?.take(bytes)
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let needed = count + bytes.count, capacity = memory.count - Self.padding
        if needed > capacity || needed >= Self.earnest && capacity < expected { grow(to: needed) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        arrived(bytes.count)
    }

    /// Call when the body is complete.
    func seal() {
        UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + Self.padding)]).initializeMemory(
            as: UInt8.self, repeating: 0)
    }

    private func grow(to needed: Int) {
        resize(to: max(needed, expected, memory.count * 2) + Self.padding)
    }

    private func resize(to size: Int) {
        guard memory.count < LargeMemory.least else {
            memory = LargeMemory.grow(memory, to: size)
            return
        }
        let larger = Self.allocate(size)
        larger.copyMemory(from: bytes)
        Self.deallocate(memory)
        memory = larger
    }

    private static func allocate(_ size: Int) -> UnsafeMutableRawBufferPointer {
        size < LargeMemory.least ? .allocate(byteCount: size, alignment: 1) : LargeMemory.allocate(size)
    }

    private static func deallocate(_ memory: UnsafeMutableRawBufferPointer) {
        if memory.count < LargeMemory.least { memory.deallocate() } else { LargeMemory.deallocate(memory) }
    }
}

/// A request's body in one allocation, as it arrives; loop-confined. Sixty-four bytes of zeros follow it, so that a scanner may
/// read whole blocks.
package final class RequestBody {
    private var memory: UnsafeMutableRawBufferPointer
    package private(set) var count = 0
    private static let padding = 64

    /// `expected`: the content length, or 0 if it is not known.
    init(expected: Int) {
        memory = .allocate(byteCount: max(expected, 4_096) + Self.padding, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// What has arrived; valid until the next append.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// The room behind what has arrived, at most `limit` bytes.
    func room(_ limit: Int) -> UnsafeMutableRawBufferPointer {
        let end = min(memory.count - Self.padding, count + limit)
        return UnsafeMutableRawBufferPointer(rebasing: memory[count..<end])
    }

    func arrived(_ bytes: Int) { count += bytes }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        if count + bytes.count > memory.count - Self.padding { grow(to: count + bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Call when the body is complete.
    func seal() {
        UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + Self.padding)]).initializeMemory(
            as: UInt8.self, repeating: 0)
    }

    private func grow(to needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, memory.count * 2) + Self.padding, alignment: 64)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}

import Transport

/// Bytes that were read and not yet used, in one piece; loop-confined. Holds no memory while it is empty.
final class InputBuffer {
    private unowned let loop: EventLoop
    private var memory: UnsafeMutableRawBufferPointer?
    private var start = 0
    private var end = 0

    init(loop: EventLoop) { self.loop = loop }

    deinit { free() }

    var isEmpty: Bool { start == end }
    var count: Int { end - start }

    /// Valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: memory[start..<end])
    }

    /// One read into the room that is left, which is made if there is none.
    func fill(from stream: ByteStream) -> ReadResult {
        reserve(1)
        guard let memory else { return .wouldBlock }
        let result = stream.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[end...]))
        if case .bytes(let count) = result { end += count } else { releaseIfEmpty() }
        return result
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        reserve(bytes.count)
        guard let memory else { return }
        UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: bytes)
        end += bytes.count
    }

    func consume(_ count: Int) {
        start += count
        releaseIfEmpty()
    }

    private func releaseIfEmpty() {
        guard start == end else { return }
        (start, end) = (0, 0)
        free()
    }

    /// Makes room for `count` more bytes behind what is there, moving or growing.
    private func reserve(_ count: Int) {
        guard let present = memory else {
            memory =
                count <= EventLoop.blockBytes
                ? loop.takeBlock() : .allocate(byteCount: count, alignment: 64)
            return
        }
        if end + count <= present.count { return }
        let kept = UnsafeRawBufferPointer(rebasing: present[start..<end])
        if kept.count + count <= present.count {
            // Overlapping, so memmove: copyMemory allows it.
            present.copyMemory(from: kept)
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(present.count * 2, kept.count + count), alignment: 64)
            larger.copyMemory(from: kept)
            free()
            memory = larger
        }
        (start, end) = (0, kept.count)
    }

    private func free() {
        guard let memory else { return }
        if memory.count == EventLoop.blockBytes { loop.giveBack(memory) } else { memory.deallocate() }
        self.memory = nil
    }
}

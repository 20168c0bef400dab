import CLinux

/// Memory of many megabytes, mapped by itself. Its pages go back to the kernel some at a time: 32 MiB at once would hold a loop, and
/// all its connections, for milliseconds.
package enum LargeMemory {
    /// From so many bytes on it is worth it; less comes from the heap.
    package static let least = 8 << 20

    /// Zeroed memory; ends the process when the system has none.
    package static func allocate(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        guard let start = tg_map(byteCount) else { fatalError("no memory: mmap of \(byteCount) bytes") }
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    /// The same content in more room; pages move, bytes are not copied.
    package static func grow(
        _ memory: UnsafeMutableRawBufferPointer, to byteCount: Int
    ) -> UnsafeMutableRawBufferPointer {
        guard let old = memory.baseAddress, let start = tg_remap(old, memory.count, byteCount) else {
            fatalError("no memory: mremap to \(byteCount) bytes")
        }
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    /// Gives it back, on a loop's thread in the turns to come.
    package static func deallocate(_ memory: UnsafeMutableRawBufferPointer) {
        if let loop = EventLoop.current { loop.unmapping.add(memory) } else { unmap(memory) }
    }

    fileprivate static func unmap(_ memory: UnsafeMutableRawBufferPointer) {
        if let start = memory.baseAddress { tg_unmap(start, memory.count) }
    }
}

/// What a loop gives back, a piece in each turn.
struct Unmapping {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    /// Of a turn, bytes.
    private static let piece = 256 << 10

    var isEmpty: Bool { blocks.isEmpty }

    mutating func add(_ block: UnsafeMutableRawBufferPointer) { blocks.append(block) }

    mutating func goOn() {
        guard let block = blocks.popLast() else { return }
        let kept = (block.count - 1) / Self.piece * Self.piece
        LargeMemory.unmap(UnsafeMutableRawBufferPointer(rebasing: block[kept...]))
        if kept > 0 { blocks.append(UnsafeMutableRawBufferPointer(rebasing: block[..<kept])) }
    }
}

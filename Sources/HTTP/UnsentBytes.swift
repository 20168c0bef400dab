import Transport

/// What the kernel did not take yet, first in, first out.
struct UnsentBytes {
    private var storage: [UInt8] = []
    private var sent = 0

    var count: Int { storage.count - sent }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ pieces: Pieces) {
        // A piece as large as one read, with its framing, shall not take twice its size.
        storage.reserveCapacity(storage.count + pieces.count)
        pieces.forEach { storage.append(contentsOf: $0) }
    }

    /// Offers what is there to the stream; `.bytes` when all of it went.
    mutating func flush(to stream: ByteStream) -> WriteResult {
        while !isEmpty {
            let result = storage.withUnsafeBytes {
                stream.write(Pieces(UnsafeRawBufferPointer(rebasing: $0[sent...])))
            }
            guard case .bytes(let count) = result else { return result }
            sent += count
        }
        storage.removeAll(keepingCapacity: storage.capacity <= 64 * 1024)
        sent = 0
        return .bytes(0)
    }
}

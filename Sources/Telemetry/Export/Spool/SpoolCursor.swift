import Wire

/// Up to where a spool was taken, as it lies in the file `cursor`: the segment's number, the offset in it, CRC-32 of both. Pure.
struct SpoolCursor: Equatable {
    var segment: UInt64
    var offset: UInt64

    static let size = 20

    init(segment: UInt64, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    /// Nil for what is damaged: then everything that is there is sent, perhaps once more.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size,
            CRC32.of(bytes.slice(0..<16))
                == UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        else { return nil }
        segment = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: segment.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: offset.littleEndian) { bytes.append(contentsOf: $0) }
        let check = bytes.withUnsafeBytes { CRC32.of($0) }
        withUnsafeBytes(of: check.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }
}

import Wire

/// How an export request lies in a file of the spool. Pure.
///
/// A record is a head of 32 bytes and the body. The head, numbers little-endian: a mark (4 bytes), the body's length, its items, flags
/// (1: gzip), Unix nanoseconds of the writing (8 bytes), CRC-32 of the body, CRC-32 of the head before it. So a body that is damaged
/// leaves the next record in its place, and after a damaged head the mark finds it.
struct SpoolRecord: Equatable {
    /// Where the record begins in its file.
    var offset: Int
    var length: Int
    var items: Int
    var isCompressed: Bool
    /// Unix nanoseconds.
    var time: Int64
    var check: UInt32

    static let headSize = 32
    static let mark: UInt32 = 0x0AF1_4754

    var body: Range<Int> { offset + Self.headSize..<end }
    /// Where the next one begins.
    var end: Int { offset + Self.headSize + length }

    /// The bytes of a whole record.
    static func encode(_ payload: Payload, at time: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headSize + payload.body.count)
        append(mark, to: &bytes)
        append(UInt32(payload.body.count), to: &bytes)
        append(UInt32(clamping: payload.items), to: &bytes)
        append(UInt32(payload.isCompressed ? 1 : 0), to: &bytes)
        append(time, to: &bytes)
        append(payload.body.withUnsafeBytes { CRC32.of($0) }, to: &bytes)
        append(bytes.withUnsafeBytes { CRC32.of($0) }, to: &bytes)
        return bytes + payload.body
    }

    /// The record whose whole head is at `offset`; nil if there is none. Its body may be cut or damaged.
    init?(headIn bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.count - offset >= Self.headSize, Self.number(bytes, at: offset) == Self.mark else { return nil }
        let check = bytes.slice(offset..<offset + Self.headSize - 4)
        guard CRC32.of(check) == Self.number(bytes, at: offset + 28) else { return nil }
        self.offset = offset
        length = Int(Self.number(bytes, at: offset + 4) as UInt32)
        items = Int(Self.number(bytes, at: offset + 8) as UInt32)
        isCompressed = (Self.number(bytes, at: offset + 12) as UInt32) & 1 == 1
        time = Self.number(bytes, at: offset + 16)
        self.check = Self.number(bytes, at: offset + 24)
    }

    /// Whether these are the bytes that were written.
    func isIntact(_ body: UnsafeRawBufferPointer) -> Bool { body.count == length && CRC32.of(body) == check }

    private static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

/// What is in a file of the spool, whatever happened to it. Pure.
struct SpoolContent: Equatable {
    /// With whole heads, in order; a body is checked when it is read.
    private(set) var records: [SpoolRecord] = []
    /// Items that are lost: those of records that were cut, and one for each stretch that is no record.
    private(set) var damagedItems = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        var position = 0, isLost = false
        while position < bytes.count {
            guard let record = SpoolRecord(headIn: bytes, at: position) else {
                if !isLost { damagedItems += 1 }
                isLost = true
                position += 1
                continue
            }
            isLost = false
            if record.end <= bytes.count {
                records.append(record)
                position = record.end
            } else {
                // The head is right, so the length is: the file was cut here. What follows the head is no record of its own.
                damagedItems += max(1, record.items)
                position = bytes.count
            }
        }
    }
}

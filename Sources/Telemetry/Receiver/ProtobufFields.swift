import Wire

/// Why a payload cannot be read.
package enum OTLPFault: Error, Equatable {
    /// It is not what it claims to be.
    case malformed
    /// Values lie deeper in one another than is taken.
    case tooDeep
    /// There is more in it than is taken.
    case tooLarge
}

/// Reads the fields of one message front to back (https://protobuf.dev/programming-guides/encoding). Does not recurse and
/// does not allocate; groups, which OTLP has none of, are malformed.
struct ProtobufFields {
    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case length = 2
        case fixed32 = 5
    }

    struct Field {
        let number: Int
        let type: WireType
        /// Of a number, its bits; of bytes, 0.
        let value: UInt64
        /// Of bytes, where they lie; empty for numbers.
        let bytes: UnsafeRawBufferPointer
    }

    private let bytes: UnsafeRawBufferPointer
    /// Where the next field begins.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Nil at the end.
    mutating func next() throws(OTLPFault) -> Field? {
        guard position < bytes.count else { return nil }
        let tag = try varint()
        guard let type = WireType(rawValue: UInt8(tag & 7)), tag >> 3 > 0, tag >> 3 <= 0x1FFF_FFFF else {
            throw .malformed
        }
        let number = Int(tag >> 3), none = UnsafeRawBufferPointer(start: nil, count: 0)
        switch type {
        case .varint: return Field(number: number, type: type, value: try varint(), bytes: none)
        case .fixed64:
            let start = try take(8)
            return Field(
                number: number, type: type, value: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
                bytes: none)
        case .fixed32:
            let start = try take(4)
            return Field(
                number: number, type: type, value: UInt64(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)),
                bytes: none)
        case .length:
            let length = try varint()
            guard length <= UInt64(bytes.count) else { throw .malformed }
            let start = try take(Int(length))
            return Field(number: number, type: type, value: 0, bytes: bytes.slice(start..<position))
        }
    }

    /// A varint that stands alone: an element of a packed list.
    mutating func element() throws(OTLPFault) -> UInt64? {
        position < bytes.count ? try varint() : nil
    }

    private mutating func take(_ count: Int) throws(OTLPFault) -> Int {
        guard bytes.count - position >= count else { throw .malformed }
        defer { position += count }
        return position
    }

    private mutating func varint() throws(OTLPFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw .malformed
    }
}

extension ByteWriter {
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(byte: UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(tag number: Int, _ type: ProtobufFields.WireType) {
        append(varint: UInt64(number) << 3 | UInt64(type.rawValue))
    }

    mutating func append(_ number: Int, varint value: UInt64) {
        append(tag: number, .varint)
        append(varint: value)
    }

    mutating func append(_ number: Int, fixed64 value: UInt64) {
        append(tag: number, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }

    mutating func append(_ number: Int, fixed32 value: UInt32) {
        append(tag: number, .fixed32)
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }

    mutating func append(_ number: Int, bytes: UnsafeRawBufferPointer) {
        append(tag: number, .length)
        append(varint: UInt64(bytes.count))
        append(bytes)
    }

    mutating func append(_ number: Int, string: String) {
        append(tag: number, .length)
        append(varint: UInt64(string.utf8.count))
        append(string: string)
    }

    /// Begins a message within this one; what is appended until `close` is in it. Its length always takes four bytes, so that
    /// nothing moves when it is known: every parser takes a varint that is longer than it need be.
    mutating func open(_ number: Int) -> Int {
        append(tag: number, .length)
        for _ in 0..<4 { append(byte: 0) }
        return count
    }

    mutating func close(_ start: Int) {
        let length = UInt32(count - start)
        precondition(length < 1 << 28, "a payload is bounded")
        let groups =
            (length & 0x7F) | ((length >> 7) & 0x7F) << 8 | ((length >> 14) & 0x7F) << 16 | (length >> 21) << 24
        patch((groups | 0x0080_8080).littleEndian, at: start - 4)
    }

    /// A `KeyValue` with a text.
    mutating func append(_ number: Int, attribute key: String, _ value: String) {
        let text = value.utf8.count, head = 1 + Self.size(text) + text
        append(tag: number, .length)
        append(varint: UInt64(1 + Self.size(key.utf8.count) + key.utf8.count + 1 + Self.size(head) + head))
        append(1, string: key)
        append(tag: 2, .length)
        append(varint: UInt64(head))
        append(1, string: value)
    }

    /// Bytes of a length as a varint.
    private static func size(_ length: Int) -> Int {
        length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4
    }
}

/// A header's value. Views are valid as long as the message is.
package enum EventStreamValue {
    case bool(Bool)
    case int8(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case bytes(UnsafeRawBufferPointer)
    case string(UnsafeRawBufferPointer)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// Sixteen bytes.
    case uuid(UnsafeRawBufferPointer)
}

/// Reads the headers of a frame one after the other.
struct EventStreamHeaderReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next header, nil behind the last one.
    mutating func next() throws(EventStreamError) -> (name: UnsafeRawBufferPointer, value: EventStreamValue)? {
        guard position < bytes.count else { return nil }
        let nameLength = Int(try take(1)[0])
        guard nameLength > 0 else { throw .headerMalformed }
        let name = try take(nameLength)
        return (name, try readValue(type: try take(1)[0]))
    }

    private mutating func readValue(type: UInt8) throws(EventStreamError) -> EventStreamValue {
        switch type {
        case 0: .bool(true)
        case 1: .bool(false)
        case 2: .int8(Int8(bitPattern: try take(1)[0]))
        case 3: .int16(try number())
        case 4: .int32(try number())
        case 5: .int64(try number())
        case 6: .bytes(try takeCounted())
        case 7: .string(try takeCounted())
        case 8: .timestamp(try number())
        case 9: .uuid(try take(16))
        default: throw .headerMalformed
        }
    }

    private mutating func number<Number: FixedWidthInteger>() throws(EventStreamError) -> Number {
        try take(MemoryLayout<Number>.size).bigEndian(at: 0)
    }

    private mutating func takeCounted() throws(EventStreamError) -> UnsafeRawBufferPointer {
        let count: UInt16 = try number()
        return try take(Int(count))
    }

    private mutating func take(_ count: Int) throws(EventStreamError) -> UnsafeRawBufferPointer {
        guard bytes.count - position >= count else { throw .headerMalformed }
        defer { position += count }
        return bytes.slice(position..<position + count)
    }
}

extension UnsafeRawBufferPointer {
    /// The number at `offset`, its highest byte first.
    func bigEndian<Number: FixedWidthInteger>(at offset: Int) -> Number {
        Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

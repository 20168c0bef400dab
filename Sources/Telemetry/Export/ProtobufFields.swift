/// The fields of a serialized message one after the other, without a schema (protobuf encoding guide). Pure.
struct ProtobufFields {
    struct Field {
        let number: UInt64
        /// With tag and length.
        let whole: Range<Int>
        /// The bytes of a field of length-delimited type.
        let content: Range<Int>?
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// What comes next is no field.
    private(set) var isDamaged = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Nil at the end, and where it is damaged.
    mutating func next() -> Field? {
        guard position < bytes.count, !isDamaged else { return nil }
        let start = position
        guard let tag = varint(), tag >> 3 > 0 else { return damaged() }
        var content: Range<Int>?
        switch tag & 7 {
        case 0: guard varint() != nil else { return damaged() }
        case 1: position += 8
        case 5: position += 4
        case 2:
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return damaged() }
            content = position..<position + Int(length)
            position += Int(length)
        default: return damaged()
        }
        guard position <= bytes.count else { return damaged() }
        return Field(number: tag >> 3, whole: start..<position, content: content)
    }

    private mutating func damaged() -> Field? {
        isDamaged = true
        return nil
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<10 {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        return nil
    }

    static func append(tag value: UInt64, to output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }
}

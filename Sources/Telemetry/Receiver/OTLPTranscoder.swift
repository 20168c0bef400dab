import Wire

/// Turns the JSON form of an export into the binary one (OTLP specification, JSON Protobuf encoding): names in lowerCamelCase,
/// ids in hexadecimal, integers of 64 bits as texts or numbers, enums as numbers; members that OTLP does not know are ignored.
package enum OTLPTranscoder {
    /// Values that may lie within one another.
    static let maximumDepth = 32

    package static func protobuf(_ json: UnsafeRawBufferPointer, _ signal: Signal) throws(OTLPFault) -> [UInt8] {
        var output = ByteWriter(capacity: json.count / 2)
        do throws(JSONError) {
            var cursor = JSONCursor(json)
            try message(OTLPMessage(signal), &cursor, &output, depth: 0)
            try cursor.finish()
        } catch {
            throw error.reason == .tooDeep ? .tooDeep : .malformed
        }
        return output.array
    }

    private static func message(
        _ message: OTLPMessage, _ cursor: inout JSONCursor, _ output: inout ByteWriter, depth: Int
    ) throws(JSONError) {
        guard depth < maximumDepth else { throw JSONError(.tooDeep, at: cursor.position) }
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            guard let field = OTLPMessage.fields[message.rawValue].first(where: { key.equals($0.name) }) else {
                try cursor.skipValue()
                continue
            }
            if try cursor.readNull() { continue }
            try value(field, &cursor, &output, depth: depth)
        }
    }

    private static func value(
        _ field: OTLPField, _ cursor: inout JSONCursor, _ output: inout ByteWriter, depth: Int
    ) throws(JSONError) {
        switch field.kind {
        case .text: try text(field.number, &cursor, &output)
        case .bytes: try bytes(field.number, &cursor, &output) { Base64.decode($0, to: &$1) }
        case .id:
            try bytes(field.number, &cursor, &output) { digits, room in
                guard let id = Hex.decode(digits) else { return false }
                room.append(id)
                return true
            }
        case .bool: output.append(field.number, varint: try cursor.readBool() ? 1 : 0)
        case .varint: output.append(field.number, varint: try integer(&cursor))
        case .signedVarint: output.append(field.number, varint: zigzag(try integer(&cursor)))
        case .fixed32: output.append(field.number, fixed32: UInt32(truncatingIfNeeded: try integer(&cursor)))
        case .fixed64: output.append(field.number, fixed64: try integer(&cursor))
        case .double: output.append(field.number, fixed64: try double(&cursor).bitPattern)
        case .one(let inner):
            let start = output.open(field.number)
            try message(inner, &cursor, &output, depth: depth + 1)
            output.close(start)
        case .many(let inner): try list(field.number, inner, &cursor, &output, depth: depth)
        case .attributes: try list(field.number, .keyValue, &cursor, &output, depth: depth)
        case .manyFixed64, .manyDouble, .manyVarint: try numbers(field, &cursor, &output)
        }
    }

    private static func list(
        _ number: Int, _ inner: OTLPMessage, _ cursor: inout JSONCursor, _ output: inout ByteWriter, depth: Int
    ) throws(JSONError) {
        try cursor.enterArray()
        while try cursor.nextElement() {
            let start = output.open(number)
            try message(inner, &cursor, &output, depth: depth + 1)
            output.close(start)
        }
    }

    private static func numbers(
        _ field: OTLPField, _ cursor: inout JSONCursor, _ output: inout ByteWriter
    ) throws(JSONError) {
        let start = output.open(field.number)
        try cursor.enterArray()
        while try cursor.nextElement() {
            switch field.kind {
            case .manyVarint: output.append(varint: try integer(&cursor))
            case .manyDouble:
                withUnsafeBytes(of: try double(&cursor).bitPattern.littleEndian) { output.append($0) }
            default: withUnsafeBytes(of: try integer(&cursor).littleEndian) { output.append($0) }
            }
        }
        output.close(start)
    }

    private static func text(
        _ number: Int, _ cursor: inout JSONCursor, _ output: inout ByteWriter
    ) throws(JSONError) {
        let string = try cursor.readString()
        guard string.hasEscapes else { return output.append(number, bytes: string.bytes) }
        let start = output.open(number)
        try string.append(to: &output)
        output.close(start)
    }

    private static func bytes(
        _ number: Int, _ cursor: inout JSONCursor, _ output: inout ByteWriter,
        _ decode: (UnsafeRawBufferPointer, inout ByteWriter) -> Bool
    ) throws(JSONError) {
        let string = try cursor.readString()
        let start = output.open(number)
        guard !string.hasEscapes || !string.bytes.contains(UInt8(ascii: "\\")), decode(string.bytes, &output) else {
            throw JSONError(.wrongType, at: cursor.position)
        }
        output.close(start)
    }

    /// Signed or unsigned, as a text or as a number, as its 64 bits.
    private static func integer(_ cursor: inout JSONCursor) throws(JSONError) -> UInt64 {
        let start = cursor.position
        if try cursor.peekKind() == .string {
            let text = try cursor.readString()
            let digits = String(decoding: text.bytes, as: UTF8.self)
            if let value = Int64(digits) { return UInt64(bitPattern: value) }
            if let value = UInt64(digits) { return value }
            throw JSONError(.wrongType, at: start)
        }
        let number = try cursor.readNumber()
        if let value = number.int64 { return UInt64(bitPattern: value) }
        if number.isInteger, let value = UInt64(number.text) { return value }
        // JavaScript writes large numbers with an exponent.
        let double = number.double
        if let value = Int64(exactly: double) { return UInt64(bitPattern: value) }
        throw JSONError(.wrongType, at: start)
    }

    private static func double(_ cursor: inout JSONCursor) throws(JSONError) -> Double {
        let start = cursor.position
        guard try cursor.peekKind() == .string else { return try cursor.readNumber().double }
        let text = try cursor.readString()
        if text.equals("NaN") { return .nan }
        if text.equals("Infinity") { return .infinity }
        if text.equals("-Infinity") { return -.infinity }
        guard let value = Double(String(decoding: text.bytes, as: UTF8.self)) else {
            throw JSONError(.wrongType, at: start)
        }
        return value
    }

    private static func zigzag(_ bits: UInt64) -> UInt64 {
        let value = Int64(bitPattern: bits)
        return UInt64(bitPattern: value << 1 ^ value >> 63)
    }
}

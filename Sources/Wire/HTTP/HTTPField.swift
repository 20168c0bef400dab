/// Where one field line stands in its head: 16 bytes, offsets from the head's first byte.
package struct HTTPField: Sendable, Equatable {
    /// What the name was recognised as.
    package let name: FieldName
    private let nameLength: UInt16
    private let nameStart: UInt32
    private let valueStart: UInt32
    private let valueLength: UInt32

    init(name: FieldName, nameRange: Range<Int>, valueRange: Range<Int>) {
        self.name = name
        self.nameStart = UInt32(nameRange.lowerBound)
        self.nameLength = UInt16(nameRange.count)
        self.valueStart = UInt32(valueRange.lowerBound)
        self.valueLength = UInt32(valueRange.count)
    }

    /// The name as it was sent.
    package var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }

    /// The value without the blanks around it; may be empty.
    package var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}

/// The values of all lines of one name, in order, without allocating.
package struct HTTPFieldValues: Sequence, IteratorProtocol, Sendable {
    private let fields: [HTTPField]
    private let name: FieldName
    private var index = 0

    init(fields: [HTTPField], name: FieldName) {
        self.fields = fields
        self.name = name
    }

    /// The next value, as offsets from the head's first byte.
    package mutating func next() -> Range<Int>? {
        while index < fields.count {
            let field = fields[index]
            index += 1
            if field.name == name { return field.valueRange }
        }
        return nil
    }
}

/// How the end of a message's body is found (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// Exactly so many bytes; may be 0.
    case length(Int64)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// All bytes until the peer closes; only responses.
    case untilClose
}

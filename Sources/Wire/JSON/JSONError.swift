/// Where and why a text is no JSON (RFC 8259), or none that is accepted.
package struct JSONError: Error, Sendable, Equatable {
    /// What rule of RFC 8259, or which bound, was broken.
    package enum Reason: UInt8, Sendable, CaseIterable {
        case unexpectedEnd
        case unexpectedByte
        case notAnObject
        case expectedKey
        case expectedColon
        case expectedCommaOrEnd
        case trailingBytes
        case mismatchedBracket
        case tooDeep
        case controlCharacter
        case strayBackslash
        case invalidEscape
        case invalidNumber
        case invalidLiteral
        case invalidUTF8
        case wrongType
        case tooManyMembers
    }

    /// Which rule was broken.
    package let reason: Reason
    /// Bytes before the fault.
    package let offset: Int

    /// A fault at `offset` bytes.
    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong, in one sentence without the offset.
    package var sentence: StaticString {
        switch reason {
        case .unexpectedEnd: "The JSON text ends too early."
        case .unexpectedByte: "A JSON value must begin here."
        case .notAnObject: "The JSON text must be an object."
        case .expectedKey: "A member name in double quotes must stand here."
        case .expectedColon: "A colon must follow a member name."
        case .expectedCommaOrEnd: "A comma or a closing bracket must follow a value."
        case .trailingBytes: "Nothing may follow the end of the JSON text."
        case .mismatchedBracket: "A bracket is closed that was not opened, or by the wrong kind."
        case .tooDeep: "The JSON text is nested too deeply."
        case .controlCharacter: "A control character stands in a string; escape it."
        case .strayBackslash: "A backslash stands outside of strings."
        case .invalidEscape: "A string has an escape that JSON does not know."
        case .invalidNumber: "A number is not written as JSON writes numbers."
        case .invalidLiteral: "Only true, false and null may stand without quotes."
        case .invalidUTF8: "A string is not valid UTF-8."
        case .wrongType: "A value has another type than is expected here."
        case .tooManyMembers: "The JSON object has too many members."
        }
    }
}

/// What a JSON value is, told by its first byte.
package enum JSONKind: UInt8, Sendable, CaseIterable {
    case object, array, string, number, bool, null

    /// The kind of the value that begins with `byte`, nil when none does.
    static func beginning(with byte: UInt8) -> JSONKind? {
        switch byte {
        case Ascii.openBrace: .object
        case Ascii.openBracket: .array
        case Ascii.quote: .string
        case Ascii.minus, 0x30...0x39: .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }
}

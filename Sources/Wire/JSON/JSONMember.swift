/// A member of an object's first level, by its place in the body.
package struct JSONMember: Sendable, Equatable {
    /// The name, between its quotes.
    package let key: Range<Int>
    /// Whether the name has escapes and must be decoded before it is shown.
    package let keyHasEscapes: Bool
    /// The value, with its quotes or brackets, without the white space around it.
    package let value: Range<Int>
    /// What the value is.
    package let kind: JSONKind

    /// Whether the decoded name is `text`. HOT: no allocation unless the name has escapes.
    package func keyEquals(_ text: StaticString, in body: UnsafeRawBufferPointer) -> Bool {
        guard keyHasEscapes || key.count == text.utf8CodeUnitCount else { return false }
        return JSONString(body.slice(key), hasEscapes: keyHasEscapes).equals(text)
    }

    /// The name, to decode or to compare.
    package func keyString(in body: UnsafeRawBufferPointer) -> JSONString {
        JSONString(body.slice(key), hasEscapes: keyHasEscapes, offset: key.lowerBound)
    }

    /// The value if it is a string.
    package func string(in body: UnsafeRawBufferPointer) -> JSONString? {
        kind == .string ? JSONString(quoted: value, in: body) : nil
    }

    /// The value if it is an integer that fits.
    package func int64(in body: UnsafeRawBufferPointer) -> Int64? {
        guard kind == .number, let (end, isInteger) = JSONNumber.end(body, from: value.lowerBound),
            end == value.upperBound
        else { return nil }
        return JSONNumber(bytes: body.slice(value), isInteger: isInteger).int64
    }

    /// The value if it is `true` or `false`.
    package func bool(in body: UnsafeRawBufferPointer) -> Bool? {
        kind == .bool ? body[value.lowerBound] == UInt8(ascii: "t") : nil
    }

    /// A cursor over the value.
    package func cursor(in body: UnsafeRawBufferPointer) -> JSONCursor {
        JSONCursor(body.slice(value))
    }
}

/// A request's head: what was asked for and where its parts stand. Ranges are offsets from the head's first byte.
package struct RequestHead: Sendable {
    package init() {}

    /// The method, `other` for one that is not listed.
    package internal(set) var method = HTTPMethod.other
    /// The method as sent; a method that is not listed has its name only here.
    package internal(set) var methodRange = 0..<0
    /// The request target as sent, in whatever form.
    package internal(set) var target = 0..<0
    /// The path of the target, without the query; empty for an absolute URL without a path, which means `/`.
    package internal(set) var path = 0..<0
    /// What follows `?` in the target; empty also when there is none.
    package internal(set) var query = 0..<0
    /// 1 for HTTP/1.1 and later 1.x, 0 for HTTP/1.0.
    package internal(set) var minorVersion = 1
    /// The field lines in their order.
    package internal(set) var fields: [HTTPField] = []
    /// How the body ends; never `untilClose`.
    package internal(set) var framing = BodyFraming.none
    /// Whether the client lets the connection stay open after the answer.
    package internal(set) var keepAlive = true
    /// `Expect: 100-continue`: the client waits for a 100 before it sends the body.
    package internal(set) var expectsContinue = false
    /// Bytes of the head with its empty last line; the body begins there.
    package internal(set) var length = 0
    /// `Connection` names further fields that must not be forwarded.
    package internal(set) var nominatesFields = false

    /// The value of the first line of that name.
    package func value(_ name: FieldName) -> Range<Int>? {
        for field in fields where field.name == name { return field.valueRange }
        return nil
    }

    /// The values of all lines of that name, in order.
    package func values(_ name: FieldName) -> HTTPFieldValues {
        HTTPFieldValues(fields: fields, name: name)
    }

    /// Whether `field` belongs to this connection alone: by its name, or because `Connection` nominates it
    /// (RFC 9110 §7.6.1).
    package func isHopByHop(_ field: HTTPField, in bytes: UnsafeRawBufferPointer) -> Bool {
        field.name.isHopByHop || (nominatesFields && isNominated(field, by: fields, in: bytes))
    }
}

/// Whether one of the `Connection` lines names `field`.
func isNominated(_ field: HTTPField, by fields: [HTTPField], in bytes: UnsafeRawBufferPointer) -> Bool {
    let name = bytes.slice(field.nameRange)
    for line in HTTPFieldValues(fields: fields, name: .connection) {
        for element in HTTPList(bytes, line) where bytes.slice(element).sameName(as: name) { return true }
    }
    return false
}

extension UnsafeRawBufferPointer {
    /// Whether two header names are the same, whatever their case.
    package func sameName(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        for index in indices where Ascii.lower(self[index]) != Ascii.lower(other[index]) { return false }
        return true
    }
}

extension Ascii {
    static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

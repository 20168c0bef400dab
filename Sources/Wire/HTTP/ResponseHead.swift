/// A response's head: its status and where its parts stand. Ranges are offsets from the head's first byte.
package struct ResponseHead: Sendable {
    package init() {}

    /// 100...999.
    package internal(set) var status = 0
    /// The reason phrase; may be empty.
    package internal(set) var reason = 0..<0
    /// 1 for HTTP/1.1 and later 1.x, 0 for HTTP/1.0.
    package internal(set) var minorVersion = 1
    /// The field lines in their order.
    package internal(set) var fields: [HTTPField] = []
    /// How the body ends.
    package internal(set) var framing = BodyFraming.none
    /// Whether the connection can be used again once the body is read.
    package internal(set) var keepAlive = true
    /// Bytes of the head with its empty last line; the body begins there.
    package internal(set) var length = 0
    /// `Connection` names further fields that must not be forwarded.
    package internal(set) var nominatesFields = false

    /// 1xx: another head follows.
    package var isInterim: Bool { status < 200 }

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

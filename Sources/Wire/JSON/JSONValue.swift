/// A JSON value as a tree, for cold code: configuration, errors, reports, tests. Objects keep the order of their members
/// and integers are exact.
package indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    /// A number that neither `Int64` nor a finite `Double` holds, as it was written.
    case literal(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads a whole text.
    ///
    /// - Throws: the first fault; `tooDeep` beyond `maximumDepth` containers.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        self = try JSONValue(reading: &cursor)
        try cursor.finish()
    }

    /// Reads a whole text.
    package init(parsing text: String) throws(JSONError) {
        let bytes = [UInt8](text.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
        }
        self = try result.get()
    }

    /// Containers in one another that a tree may have: fewer than `JSONWriter` writes, so that what is put around one fits too.
    package static let maximumDepth = 112

    /// Reads the cursor's next value. Recursion is bounded by the cursor's depth.
    package init(reading cursor: inout JSONCursor) throws(JSONError) {
        switch try cursor.peekKind() {
        case .null:
            _ = try cursor.readNull()
            self = .null
        case .bool: self = .bool(try cursor.readBool())
        case .string: self = .string(try cursor.readString().decoded())
        case .number: self = JSONValue(try cursor.readNumber())
        case .array:
            var elements: [JSONValue] = []
            try Self.checkDepth(cursor)
            try cursor.enterArray()
            while try cursor.nextElement() { elements.append(try JSONValue(reading: &cursor)) }
            self = .array(elements)
        case .object:
            var object = JSONObject()
            try Self.checkDepth(cursor)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                object.append(try key.decoded(), try JSONValue(reading: &cursor))
            }
            self = .object(object)
        }
    }

    private static func checkDepth(_ cursor: borrowing JSONCursor) throws(JSONError) {
        guard cursor.depth < maximumDepth else { throw JSONError(.tooDeep, at: cursor.position) }
    }

    private init(_ number: JSONNumber) {
        if let integer = number.int64 {
            self = .integer(integer)
        } else if !number.isInteger, number.double.isFinite {
            self = .number(number.double)
        } else {
            self = .literal(number.text)
        }
    }

    /// Writes the value compactly.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let truth): writer.value(truth)
        case .integer(let number): writer.value(number)
        case .number(let number): writer.value(number)
        case .literal(let text):
            var text = text
            text.withUTF8 { writer.value(raw: UnsafeRawBufferPointer($0)) }
        case .string(let text): writer.value(string: text)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.members {
                writer.key(string: member.key)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// The compact text.
    package var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }
}

/// The members of an object in their order. A name may occur twice; looking up finds the last one, as most readers do.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    package struct Member: Sendable, Hashable {
        /// The name, decoded.
        package var key: String
        /// Its value.
        package var value: JSONValue
    }

    /// All members in their order.
    package private(set) var members: [Member] = []

    /// An object without members.
    package init() {}

    /// An object of the members listed.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(key: $0.0, value: $0.1) }
    }

    /// Adds a member at the end, whether or not its name exists.
    package mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
    }

    /// The last member of that name; setting replaces it in its place or adds it, nil removes all of that name.
    package subscript(key: String) -> JSONValue? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else {
                members.removeAll { $0.key == key }
                return
            }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                append(key, newValue)
            }
        }
    }
}

extension JSONValue {
    /// The member of that name, when this is an object that has it.
    package subscript(key: String) -> JSONValue? { object?[key] }

    /// The object, nil for any other value.
    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The elements, nil for any other value.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The string, nil for any other value.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The integer, nil for any other value.
    package var int64: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The number as a double, also when it is an integer.
    package var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .literal(let text): Double(text)
        default: nil
        }
    }

    /// The truth value, nil for any other value.
    package var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object.append(key, value) }
        self = .object(object)
    }
}

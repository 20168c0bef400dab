import Wire

extension GeminiSchema {
    /// Taken as they are.
    static let plain: [StaticString] = [
        "title", "enum", "minItems", "maxItems", "minimum", "maximum", "propertyOrdering", "$id", "$anchor",
    ]

    /// Any other one would be refused for strings.
    static let formats: [StaticString] = [
        "\"date-time\"", "\"date\"", "\"time\"", "\"enum\"", "\"int32\"", "\"int64\"", "\"float\"", "\"double\"",
    ]

    /// Says nothing about what is allowed: left out without a word.
    static func isSilent(_ key: JSONString) -> Bool {
        if key.bytes.first == UInt8(ascii: "$") || key.bytes.startsIgnoringCase("x-") { return true }
        return key.equals("deprecated") || key.equals("readOnly") || key.equals("writeOnly")
    }

    static func find(
        _ name: StaticString, _ members: [(key: JSONString, value: UnsafeRawBufferPointer)]
    ) -> UnsafeRawBufferPointer? {
        members.first { $0.key.equals(name) }?.value
    }

    /// Throws where the value is no object.
    static func members(
        of object: UnsafeRawBufferPointer
    ) throws(JSONError) -> [(key: JSONString, value: UnsafeRawBufferPointer)] {
        var cursor = JSONCursor(object), members: [(key: JSONString, value: UnsafeRawBufferPointer)] = []
        try cursor.enterObject()
        while let key = try cursor.nextKey() { members.append((key, cursor.bytes(try cursor.skipValue()))) }
        return members
    }

    /// Throws where the value is no list.
    static func elements(of list: UnsafeRawBufferPointer) throws(JSONError) -> [UnsafeRawBufferPointer] {
        var cursor = JSONCursor(list), elements: [UnsafeRawBufferPointer] = []
        try cursor.enterArray()
        while try cursor.nextElement() { elements.append(cursor.bytes(try cursor.skipValue())) }
        return elements
    }
}

import Configuration
import Wire

/// JSON Schemas as OpenAI's interfaces take them (T-16).
enum OpenAISchema {
    /// The parameters of a function: as they are, unless their root does not say that they are an object.
    static func writeParameters(_ schema: UnsafeRawBufferPointer?, _ json: inout JSONWriter) {
        guard let schema, let saysType = try? saysType(schema) else { return json.value(raw: emptyObject.bytes) }
        if saysType { return json.value(raw: schema) }
        guard let root = try? JSONValue.members(of: schema) else { return json.value(raw: emptyObject.bytes) }
        json.beginObject()
        json.member("type", literal: "object")
        for (key, value) in root {
            json.key(string: key)
            json.value(raw: value)
        }
        json.endObject()
    }

    private static func saysType(_ schema: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(schema)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("type") { return true }
            try cursor.skipValue()
        }
        return false
    }

    private static let emptyObject: StaticString = "{\"type\":\"object\",\"properties\":{}}"

    /// Whether a schema is what `strict` asks for: an object, and every object closed, with all of its properties required.
    /// https://platform.openai.com/docs/guides/structured-outputs, supported schemas
    static func isStrict(_ schema: UnsafeRawBufferPointer) -> Bool {
        guard let value = try? JSONValue(parsing: schema), value["type"] == "object" else { return false }
        return isStrict(value)
    }

    private static func isStrict(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object):
            let properties = object["properties"]?.object
            if properties != nil || saysObject(object["type"]) {
                let required = Set(object["required"]?.array?.compactMap(\.string) ?? [])
                guard object["additionalProperties"] == .bool(false),
                    (properties?.members ?? []).allSatisfy({ required.contains($0.key) })
                else { return false }
            }
            return object.members.allSatisfy { isStrict($0.value) }
        case .array(let elements): return elements.allSatisfy { isStrict($0) }
        default: return true
        }
    }

    private static func saysObject(_ type: JSONValue?) -> Bool {
        type == "object" || type?.array?.contains("object") ?? false
    }
}

extension TranslationParts {
    /// What `strict` does not take is only asked for, which nobody guarantees; servers of one's own hold to any schema.
    mutating func recordOpenAIFormat(_ schema: UnsafeRawBufferPointer) {
        let holds = target.kind == .openAICompatible || OpenAISchema.isStrict(schema)
        receipt.record(.outputFormat, holds ? .translated : .approximated)
    }
}

extension JSONValue {
    /// The members of an object as they are written.
    static func members(of object: UnsafeRawBufferPointer) throws(JSONError) -> [(
        key: String, value: UnsafeRawBufferPointer
    )] {
        var cursor = JSONCursor(object), members: [(key: String, value: UnsafeRawBufferPointer)] = []
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            members.append((try key.decoded(), cursor.bytes(try cursor.skipValue())))
        }
        return members
    }
}

import Wire

/// JSON Schemas as `parametersJsonSchema` and `responseJsonSchema` take them (T-16). What Google does not accept is left out and
/// told to the model in the description instead; properties keep their order. https://ai.google.dev/api/caching#Schema
struct GeminiSchema {
    /// A rule of the schema has become text.
    private(set) var isNarrowed = false

    private typealias Member = (key: JSONString, value: UnsafeRawBufferPointer)

    /// Levels of schemas in schemas; what is deeper may be anything.
    private static let maximumDepth = 48
    /// Bytes of a rule that are worth telling.
    private static let maximumNote = 1_024

    /// The parameters of a function: always an object.
    mutating func writeParameters(_ schema: UnsafeRawBufferPointer?, _ json: inout JSONWriter) {
        guard let schema, let members = try? Self.members(of: schema) else { return json.value(raw: Self.empty.bytes) }
        write(Self.resolved(members), &json, depth: 0, isRoot: true)
    }

    /// A root that is only a reference: what it refers to, with the definitions beside it.
    private static func resolved(_ members: [Member]) -> [Member] {
        guard let reference = find("$ref", members)?.split(separator: UInt8(ascii: "/")).last?.dropLast(),
            let definitions = find("$defs", members) ?? find("definitions", members),
            let definition = try? self.members(of: definitions).first(where: { $0.key.bytes.elementsEqual(reference) }),
            let root = try? self.members(of: definition.value)
        else { return members }
        return root.filter { !$0.key.equals("$defs") && !$0.key.equals("definitions") }
            + members.filter { $0.key.equals("$defs") || $0.key.equals("definitions") }
    }

    /// Any schema.
    mutating func write(_ schema: UnsafeRawBufferPointer, _ json: inout JSONWriter) {
        write(schema, &json, depth: 0)
    }

    private static let empty: StaticString = "{\"type\":\"object\",\"properties\":{}}"

    // MARK: Schemas

    private mutating func write(_ schema: UnsafeRawBufferPointer, _ json: inout JSONWriter, depth: Int) {
        guard depth < Self.maximumDepth, let members = try? Self.members(of: schema) else {
            // `true`, `false`, or too deep.
            if schema.first != UInt8(ascii: "t") { isNarrowed = true }
            json.beginObject()
            return json.endObject()
        }
        write(members, &json, depth: depth, isRoot: false)
    }

    private mutating func write(_ members: [Member], _ json: inout JSONWriter, depth: Int, isRoot: Bool) {
        json.beginObject()
        if !isRoot, let reference = Self.find("$ref", members) {
            writeReference(reference, members, &json)
        } else {
            writeKeywords(members, &json, depth: depth, isRoot: isRoot)
        }
        json.endObject()
    }

    /// Beside a reference nothing else may stand.
    private func writeReference(
        _ reference: UnsafeRawBufferPointer, _ members: [Member], _ json: inout JSONWriter
    ) {
        guard let description = Self.find("description", members) else { return writeReference(reference, &json) }
        json.key("description")
        json.value(raw: description)
        json.key("anyOf")
        json.beginArray()
        json.beginObject()
        writeReference(reference, &json)
        json.endObject()
        json.endArray()
    }

    private func writeReference(_ reference: UnsafeRawBufferPointer, _ json: inout JSONWriter) {
        json.key("$ref")
        let old: StaticString = "\"#/definitions/"
        guard reference.starts(with: old) else { return json.value(raw: reference) }
        var moved = ByteWriter(capacity: reference.count)
        moved.append("\"#/$defs/")
        moved.append(reference.slice(old.utf8CodeUnitCount..<reference.count))
        json.value(raw: moved.bytes)
    }

    private mutating func writeKeywords(
        _ members: [Member], _ json: inout JSONWriter, depth: Int, isRoot: Bool
    ) {
        if isRoot { json.member("type", literal: "object") }
        var notes: [Member] = []
        for member in members {
            guard !writeKeyword(member, members, &json, depth: depth, isRoot: isRoot) else { continue }
            if !Self.isSilent(member.key) { notes.append(member) }
        }
        if isRoot, Self.find("properties", members) == nil {
            json.key("properties")
            json.beginObject()
            json.endObject()
        }
        writeDescription(Self.find("description", members), notes, &json)
    }

    /// The description comes last: it has what was left out.
    private mutating func writeDescription(
        _ description: UnsafeRawBufferPointer?, _ notes: [Member], _ json: inout JSONWriter
    ) {
        let text = description.flatMap { $0.first == UInt8(ascii: "\"") ? $0.slice(1..<$0.count - 1) : nil }
        if notes.isEmpty, text == nil { return }
        json.key("description")
        json.beginString()
        if let text { json.append(JSONString(text, hasEscapes: true)) }
        for (index, note) in notes.enumerated() {
            isNarrowed = true
            if index > 0 { json.append("; ") } else { json.append(text == nil ? "Constraints: " : "\n\nConstraints: ") }
            json.append(note.key)
            guard note.value.count <= Self.maximumNote else { continue }
            json.append(": ")
            json.append(utf8: note.value)
        }
        json.endString()
    }

    // MARK: Keywords

    /// False if a keyword is not accepted.
    private mutating func writeKeyword(
        _ member: Member, _ members: [Member], _ json: inout JSONWriter, depth: Int, isRoot: Bool
    ) -> Bool {
        let key = member.key, value = member.value
        if key.equals("type") {
            if isRoot { return Self.find("type", members).map { $0.equals("\"object\"") } ?? true }
            json.key("type")
            json.value(raw: value)
        } else if key.equals("description") {
            return true
        } else if Self.plain.contains(where: { key.equals($0) }) {
            copy(member, &json)
        } else if key.equals("format") {
            guard Self.formats.contains(where: { value.equals($0) }) else { return false }
            copy(member, &json)
        } else if key.equals("const") {
            if Self.find("enum", members) != nil { return false }
            json.key("enum")
            json.beginArray()
            json.value(raw: value)
            json.endArray()
        } else if key.equals("required") {
            return writeRequired(value, Self.find("properties", members), &json)
        } else {
            return writeNested(member, members, &json, depth: depth)
        }
        return true
    }

    private func copy(_ member: Member, _ json: inout JSONWriter) {
        guard let name = try? member.key.decoded() else { return }
        json.key(string: name)
        json.value(raw: member.value)
    }

    /// Keywords that hold schemas.
    private mutating func writeNested(
        _ member: Member, _ members: [Member], _ json: inout JSONWriter, depth: Int
    ) -> Bool {
        let key = member.key, value = member.value, kind = value.first
        if key.equals("properties") || key.equals("$defs") {
            return writeMap(key.equals("$defs") ? "$defs" : "properties", value, &json, depth: depth)
        }
        if key.equals("definitions"), Self.find("$defs", members) == nil {
            return writeMap("$defs", value, &json, depth: depth)
        }
        if key.equals("anyOf") { return writeList("anyOf", value, &json, depth: depth) }
        if key.equals("oneOf") { return writeList("oneOf", value, &json, depth: depth) }
        if key.equals("prefixItems") { return writeList("prefixItems", value, &json, depth: depth) }
        if key.equals("items") {
            if kind == UInt8(ascii: "[") { return writeList("prefixItems", value, &json, depth: depth) }
            guard kind == UInt8(ascii: "{") else { return kind == UInt8(ascii: "t") }
            json.key("items")
        } else if key.equals("additionalProperties") {
            json.key("additionalProperties")
            guard kind == UInt8(ascii: "{") else {
                json.value(raw: value)
                return true
            }
        } else {
            return false
        }
        write(value, &json, depth: depth + 1)
        return true
    }

    private mutating func writeMap(
        _ name: StaticString, _ value: UnsafeRawBufferPointer, _ json: inout JSONWriter, depth: Int
    ) -> Bool {
        guard let members = try? Self.members(of: value) else { return false }
        json.key(name)
        json.beginObject()
        for member in members {
            guard let name = try? member.key.decoded() else { continue }
            json.key(string: name)
            write(member.value, &json, depth: depth + 1)
        }
        json.endObject()
        return true
    }

    private mutating func writeList(
        _ name: StaticString, _ value: UnsafeRawBufferPointer, _ json: inout JSONWriter, depth: Int
    ) -> Bool {
        guard let elements = try? Self.elements(of: value), !elements.isEmpty else { return false }
        json.key(name)
        json.beginArray()
        for element in elements { write(element, &json, depth: depth + 1) }
        json.endArray()
        return true
    }

    /// Only names of properties that exist, each once; false if others were named.
    private func writeRequired(
        _ value: UnsafeRawBufferPointer, _ properties: UnsafeRawBufferPointer?, _ json: inout JSONWriter
    ) -> Bool {
        guard let names = try? Self.elements(of: value) else { return false }
        let known = properties.flatMap { try? Self.members(of: $0) } ?? []
        var kept: [UnsafeRawBufferPointer] = [], isWhole = true
        for name in names where name.count >= 2 {
            let text = name.slice(1..<name.count - 1)
            guard known.contains(where: { $0.key.bytes.elementsEqual(text) }) else {
                isWhole = false
                continue
            }
            if !kept.contains(where: { $0.equals(name) }) { kept.append(name) }
        }
        guard !kept.isEmpty else { return isWhole }
        json.key("required")
        json.beginArray()
        for name in kept { json.value(raw: name) }
        json.endArray()
        return isWhole
    }
}

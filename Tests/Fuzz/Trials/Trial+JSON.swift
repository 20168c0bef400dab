import Wire

extension Trial {
    /// JSON: the fast readers against the plain one, and what is written against what is read.
    static let json = [
        Trial(name: "json") { bytes in
            let plain = SlowJSON(bytes)
            try Cuts.withCopy(bytes) { try cursor($0, plain) }
            try Cuts.withCopy(bytes) { try tree($0, plain) }
            try Cuts.withCopy(bytes) { try marks($0, plain) }
        },
        Trial(name: "json-members") { bytes in
            try sameVerdict(bytes) { bytes, pieces in try scanned(bytes, pieces) }
            try members(bytes, SlowJSON(bytes))
        },
        Trial(name: "json-string") { bytes in
            try Cuts.withCopy(bytes, string)
            try Cuts.withCopy(bytes, written)
        },
    ]

    private static func fault(_ body: () throws(JSONError) -> Void) -> JSONError? {
        do throws(JSONError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    private static func cursor(_ bytes: UnsafeRawBufferPointer, _ plain: SlowJSON?) throws {
        var cursor = JSONCursor(bytes)
        let found = fault { () throws(JSONError) in
            try cursor.skipValue()
            try cursor.finish()
        }
        let isRight = plain.map { $0.depth <= JSONCursor.maximumDepth } ?? false
        try require((found == nil) == isRight, "the cursor says \(found as Any), rightly \(isRight)")
        if let found { try require((0...bytes.count).contains(found.offset), "a fault outside of the text") }
    }

    private static func tree(_ bytes: UnsafeRawBufferPointer, _ plain: SlowJSON?) throws {
        guard let value = try? JSONValue(parsing: bytes) else {
            let isText = String(validating: bytes, as: UTF8.self) != nil
            return try require(
                plain == nil || !isText || plain.map { $0.depth > JSONCursor.maximumDepth } == true, "no tree")
        }
        try require(plain != nil, "a tree of what is no JSON")
        let text = value.text
        let again = try? JSONValue(parsing: text)
        try require(again == value, "written as \(text)")
    }

    private static func marks(_ bytes: UnsafeRawBufferPointer, _ plain: SlowJSON?) throws {
        for levels in [1, 4, 64] {
            var offsets: [Int] = []
            let isRead = JSONMarks.read(bytes, levels: levels) { offsets += $0 }
            try require(offsets == offsets.sorted() && offsets.allSatisfy { $0 < bytes.count }, "marks out of order")
            guard let plain, plain.depth <= 512 else { continue }
            try require(isRead, "no marks of JSON")
            let expected = plain.marks.filter { $0.level <= levels }.map(\.offset)
            try require(offsets == expected, "\(levels) levels: \(offsets), rightly \(expected)")
        }
        let elements = JSONMarks.elements(bytes, limit: 64)
        if let plain, plain.depth <= 512, plain.range == 0..<bytes.count, bytes[0] == 0x5B {
            try require(elements?.count == (plain.members > 64 ? nil : plain.members), "elements")
        }
        for element in elements ?? [] { try require(element.upperBound < bytes.count, "an element beyond the end") }
    }

    private struct Scanned: Equatable {
        var members: [JSONMember] = []
        var fault: JSONError?
    }

    private static func scanned(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> Scanned {
        var scanner = JSONObjectScanner(maximumDepth: 64, maximumMembers: 32)
        var verdict = Scanned()
        try pieces.forEachPrefix(bytes) { prefix in
            guard verdict.fault == nil else { return }
            verdict.fault = fault { () throws(JSONError) in try scanner.consume(prefix) }
        }
        if verdict.fault == nil {
            Cuts.withCopy(bytes) { whole in
                verdict.fault = fault { () throws(JSONError) in try scanner.finish(whole) }
            }
        }
        if verdict.fault == nil { verdict.members = scanner.members }
        return verdict
    }

    /// What is JSON is read, and every member as it stands.
    private static func members(_ bytes: UnsafeRawBufferPointer, _ plain: SlowJSON?) throws {
        let found = try scanned(bytes, Cuts.ways(bytes)[0])
        if let plain, plain.depth <= 64, plain.members <= 32, bytes[plain.range.lowerBound] == 0x7B {
            try require(found.fault == nil && found.members.count == plain.members, "\(found), \(plain.members)")
            for member in found.members {
                try require(SlowJSON(bytes.slice(member.value)) != nil, "a value that is none")
                _ = (member.string(in: bytes), member.int64(in: bytes), member.bool(in: bytes))
                _ = try? member.keyString(in: bytes).decoded()
            }
        } else if plain != nil {
            try require(found.fault != nil, "beyond the limits, or no object")
        }
    }

    private static func string(_ bytes: UnsafeRawBufferPointer) throws {
        for start in [0, 1] {
            guard let string = JSONString(in: bytes, at: start) else { continue }
            let quoted = [0x22] + Array(string.bytes) + [0x22]
            let isRight = quoted.withUnsafeBytes { SlowJSON($0) != nil }
            try require(isRight, "a string that is none")
            try require(string.hasEscapes == string.bytes.contains(0x5C), "its escapes")
            _ = (string.endsInHalfPair, string.equals("message_start"))
            var output = ByteWriter()
            try string.append(to: &output)
            try require(output.count <= string.bytes.count, "longer than it was written")
            _ = try? string.decoded()
        }
        _ = JSONString(number: bytes, at: 0)
    }

    /// Every text comes back as it was.
    private static func written(_ bytes: UnsafeRawBufferPointer) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(string: text)
        writer.beginArray()
        writer.value(string: text)
        writer.beginString()
        writer.append(utf8: bytes)
        writer.endString()
        writer.endArray()
        writer.endObject()
        try require(SlowJSON(writer.bytes) != nil, "no JSON was written")
        guard String(validating: bytes, as: UTF8.self) != nil else { return }
        let value = try JSONValue(parsing: writer.bytes)
        try require(value[text] == [.string(text), .string(text)], "another text")
    }
}

import SeededRandom
import Testing

@testable import Wire

private func fault(_ text: String) -> JSONError? {
    do throws(JSONError) {
        _ = try JSONValue(parsing: text)
        return nil
    } catch {
        return error
    }
}

@Suite("JSON reading")
struct JSONCursorTests {
    @Test(
        "Legal texts are read and written back alike",
        arguments: [
            "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "-0.25", "1e-07",
            "\"\"", "\"a\"", "[]", "{}", "[1,[2,[]],{\"a\":null}]", "{\"a\":{\"b\":[true]},\"a\":2}", "\"é😀\"",
            "123456789012345678901234567890", "[\"\\\"\\\\\\n\\t\\r\\u0001\"]",
        ])
    func readsAndWrites(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
        #expect(try JSONValue(parsing: " \n\t\r\(text) \n").text == text)
    }

    @Test(
        "Illegal texts are refused where they go wrong",
        arguments: [
            ("", JSONError.Reason.unexpectedEnd, 0), ("[", .unexpectedEnd, 1), ("{\"a\":", .unexpectedEnd, 5),
            ("\"abc", .unexpectedEnd, 4), ("[1,]", .unexpectedByte, 3), ("{\"a\":1,}", .unexpectedByte, 7),
            ("[,1]", .unexpectedByte, 1), ("[1 2]", .expectedCommaOrEnd, 3), ("{\"a\" 1}", .expectedColon, 5),
            ("{a:1}", .expectedKey, 1), ("{\"a\":1 \"b\":2}", .expectedCommaOrEnd, 7), ("[1}", .expectedCommaOrEnd, 2),
            ("01", .invalidNumber, 0), ("-", .invalidNumber, 0), ("1.", .invalidNumber, 0), (".5", .unexpectedByte, 0),
            ("+1", .unexpectedByte, 0), ("1e", .invalidNumber, 0), ("1e+", .invalidNumber, 0),
            ("-a", .invalidNumber, 0),
            ("tru", .invalidLiteral, 0), ("nulL", .invalidLiteral, 0), ("NaN", .unexpectedByte, 0),
            ("\"\\x\"", .invalidEscape, 1), ("\"\\u12g4\"", .invalidEscape, 1), ("\"\\", .invalidEscape, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("1 1", .trailingBytes, 2), ("{} x", .trailingBytes, 3),
            ("\u{FEFF}{}", .unexpectedByte, 0), ("// c\n1", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
        ])
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(fault(text) == JSONError(reason, at: offset))
    }

    @Test("Nesting is read up to its bound and refused beyond")
    func boundsDepth() {
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        // A tree leaves room for what is put around it.
        #expect(fault(nested(112)) == nil)
        #expect(fault(nested(113)) == JSONError(.tooDeep, at: 112))
        #expect(fault(String(repeating: "{\"a\":", count: 100_000)) == JSONError(.tooDeep, at: 560))
    }

    @Test(
        "Escapes are decoded, halves of surrogate pairs replaced",
        arguments: [
            ("\\u0041\\n\\/\\\\\\\"", "A\n/\\\""), ("\\ud83d\\ude00", "😀"), ("\\uD83Dx", "\u{FFFD}x"),
            ("\\ude00\\ud83d", "\u{FFFD}\u{FFFD}"), ("\\ud83d\\u0041", "\u{FFFD}A"), ("\\b\\f\\r\\t", "\u{8}\u{C}\r\t"),
            ("plain é", "plain é"), ("\\u00e9", "é"),
        ])
    func decodes(_ inside: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: "\"\(inside)\"") == .string(expected))
    }

    @Test("Strings are compared decoded")
    func compares() throws {
        let text = Array(#"["model","mod\u0065l","mod\u0065","\ud800"]"#.utf8)
        try text.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            try cursor.enterArray()
            var answers: [Bool] = []
            while try cursor.nextElement() { answers.append(try cursor.readString().equals("model")) }
            #expect(answers == [true, true, false, false])
        }
    }

    @Test("Bytes that are no UTF-8 are found when a string is decoded")
    func findsBadUTF8() {
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            let bytes = [34] + bad + [34]
            bytes.withUnsafeBytes { bytes in
                _ = #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONValue(parsing: bytes) }
            }
        }
    }

    @Test("A reader picks members and skips the rest")
    func picks() throws {
        let json = Array(#"{"skip":{"a":[1,"}",{}]},"input":12,"none":null,"ok":true,"big":1e400,"x":[1,2]} "#.utf8)
        try json.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            var skipped: [String] = []
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("input") {
                    #expect(try cursor.readNumber().int64 == 12)
                } else if key.equals("none") {
                    #expect(try cursor.readNull())
                } else if key.equals("ok") {
                    #expect(try cursor.readBool())
                } else if key.equals("big") {
                    #expect(try cursor.readNumber().double == .infinity)
                } else {
                    let value = try cursor.skipValue()
                    skipped.append(String(decoding: cursor.bytes(value), as: UTF8.self))
                }
            }
            try cursor.finish()
            #expect(skipped == [#"{"a":[1,"}",{}]}"#, "[1,2]"])
        }
    }

    @Test("A value of another type is refused as such")
    func tellsWrongTypes() {
        Array("[\"1\",1.5]".utf8).withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            #expect(throws: JSONError(.wrongType, at: 0)) { try cursor.enterObject() }
            #expect(throws: Never.self) { try cursor.enterArray() }
            #expect(throws: JSONError(.wrongType, at: 1)) {
                _ = try cursor.nextElement()
                _ = try cursor.readNumber()
            }
            #expect(throws: Never.self) { try cursor.readString() }
            #expect(throws: JSONError(.wrongType, at: 5)) {
                _ = try cursor.nextElement()
                _ = try cursor.readString()
            }
        }
    }

    @Test("Every fault has a sentence")
    func faultsAreTold() {
        for reason in JSONError.Reason.allCases { #expect(JSONError(reason, at: 0).sentence.utf8CodeUnitCount > 20) }
    }

    @Test("Random trees survive writing and reading", arguments: 0..<50)
    func roundTrip(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let value = randomJSON(depth: 5, &generator)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test("Whatever the bytes, nothing crashes and what is read can be read again", arguments: 0..<100)
    func fuzz(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bytes = mutate(Array(randomJSON(depth: 4, &generator).text.utf8), &generator)
        if let value = bytes.withUnsafeBytes({ try? JSONValue(parsing: $0) }) {
            #expect(try JSONValue(parsing: value.text) == value)
        }
    }
}

/// A random tree with everything that makes scanners stumble.
func randomJSON(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2:
        return .integer(
            Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<64, using: &generator))
    case 3: return .number(Double.random(in: -1e9...1e9, using: &generator) + 0.5)
    case 4, 5, 6: return .string(randomText(&generator))
    case 7:
        return .array(
            (0..<Int.random(in: 0...5, using: &generator)).map { _ in randomJSON(depth: depth - 1, &generator) })
    default: return .object(randomObject(depth: depth - 1, &generator))
    }
}

func randomObject(depth: Int, _ generator: inout SeededGenerator) -> JSONObject {
    var object = JSONObject()
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
        object.append(randomText(&generator), randomJSON(depth: depth, &generator))
    }
    return object
}

private func randomText(_ generator: inout SeededGenerator) -> String {
    let parts = ["\\", "\"", "{", "}", "[", "]", ":", ",", "\n", "é", "😀", "\\\\\"", "\u{1}", "model", " "]
    let filler = String(
        repeating: "x", count: Int.random(in: 0...1, using: &generator) * Int.random(in: 0...150, using: &generator))
    let middle = (0..<Int.random(in: 0...8, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? ""
    }
    return filler + middle.joined() + filler
}

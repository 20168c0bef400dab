import SeededRandom
import Testing

@testable import Wire

private struct Found: Equatable, CustomStringConvertible {
    var members: [JSONMember] = []
    var fault: JSONError?
    var description: String {
        "\(members.count) members, \(fault.map { "\($0.reason) at \($0.offset)" } ?? "no fault")"
    }
}

/// Feeds growing prefixes, each in memory of its own.
private func scan(_ body: [UInt8], cut: [Int], isPortable: Bool = false, depth: Int = 512, members: Int = 1024) -> Found
{
    var scanner = JSONObjectScanner(maximumDepth: depth, maximumMembers: members, isPortable: isPortable)
    do throws(JSONError) {
        for end in cut.dropLast() {
            let prefix = Array(body[..<end])
            if let fault = prefix.withUnsafeBytes({ consume(&scanner, $0, isLast: false) }) { throw fault }
        }
        if let fault = body.withUnsafeBytes({ consume(&scanner, $0, isLast: true) }) { throw fault }
        return Found(members: scanner.members, fault: nil)
    } catch {
        return Found(members: [], fault: error)
    }
}

private func consume(_ scanner: inout JSONObjectScanner, _ bytes: UnsafeRawBufferPointer, isLast: Bool) -> JSONError? {
    do throws(JSONError) {
        if isLast { try scanner.finish(bytes) } else { try scanner.consume(bytes) }
        return nil
    } catch {
        return error
    }
}

/// The members as the strict reader finds them; nil when it refuses the text.
private func naive(_ body: [UInt8]) -> [JSONMember]? {
    body.withUnsafeBytes { bytes in
        var cursor = JSONCursor(bytes)
        var members: [JSONMember] = []
        do throws(JSONError) {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let start = key.bytes.baseAddress.flatMap { key in bytes.baseAddress.map { key - $0 } } ?? 0
                let kind = try cursor.peekKind()
                let value = try cursor.skipValue()
                members.append(
                    JSONMember(
                        key: start..<start + key.bytes.count, keyHasEscapes: key.hasEscapes, value: value, kind: kind))
            }
            try cursor.finish()
            return members
        } catch {
            return nil
        }
    }
}

@Suite("Object scanner")
struct JSONObjectScannerTests {
    static let body = """
         {"model" : "claude-opus-5-5", "mod\\u0065l":"twice","max_tokens":128000 ,"stream":true,"x":null,"t":-1.5e3,
        "messages":[{"role":"user","content":"brackets ]}[{ and \\"quotes\\" and \\\\\\\\"},{"a":[[],{}]}],
        "system":"a long string, with: everything {\\"in\\": [\\"it\\"]} that could be mistaken for structure \\\\" ,
        "metadata":{"user_id":"{\\"device_id\\":\\"0\\"}"},"":{}} \n
        """

    @Test("Members are found, however the body is cut, with and without SIMD")
    func findsMembers() {
        let bytes = Array(JSONObjectScannerTests.body.utf8)
        let expected = Found(members: naive(bytes) ?? [], fault: nil)
        #expect(expected.members.count == 10)
        for cut in cuts(of: bytes.count) {
            #expect(scan(bytes, cut: cut) == expected)
            #expect(scan(bytes, cut: cut, isPortable: true) == expected)
        }
    }

    @Test("Members give their values")
    func givesValues() throws {
        let bytes = Array(JSONObjectScannerTests.body.utf8)
        let members = scan(bytes, cut: [bytes.count]).members
        try bytes.withUnsafeBytes { body in
            let models = members.filter { $0.keyEquals("model", in: body) }
            #expect(try models.map { try $0.string(in: body)?.decoded() } == ["claude-opus-5-5", "twice"])
            #expect(try members[1].keyString(in: body).decoded() == "model")
            #expect(members[2].int64(in: body) == 128000)
            #expect(members[3].bool(in: body) == true)
            #expect(members[4].kind == .null)
            #expect(members[5].int64(in: body) == nil)
            #expect(members[6].kind == .array)
            #expect(members[0].bool(in: body) == nil && members[0].int64(in: body) == nil)
            var cursor = members[8].cursor(in: body)
            try cursor.enterObject()
            #expect(try cursor.nextKey()?.equals("user_id") == true)
        }
    }

    static let refused: [(String, JSONError.Reason, Int)] = [
        ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("x", .notAnObject, 0), ("[]", .notAnObject, 0),
        (" 1{}", .notAnObject, 1), ("\"a\"", .notAnObject, 0), ("{", .unexpectedEnd, 1),
        ("{\"a\":1", .unexpectedEnd, 6),
        ("{\"a", .unexpectedEnd, 3), ("{\"a\":\"b", .unexpectedEnd, 7), ("{}x", .trailingBytes, 2),
        ("{}{}", .trailingBytes, 2), ("{}}", .mismatchedBracket, 2), ("{]", .mismatchedBracket, 1),
        ("{\"a\":[}}", .mismatchedBracket, 6), ("{\"a\":{]}", .mismatchedBracket, 6), ("{a:1}", .expectedKey, 1),
        ("{,}", .expectedKey, 1), ("{1:2}", .expectedKey, 1), ("{\"a\":1,}", .expectedKey, 7),
        ("{\"a\"}", .expectedColon, 4), ("{\"a\"x:1}", .expectedColon, 4), ("{\"a\" \"b\":1}", .expectedColon, 5),
        ("{\"a\":}", .unexpectedByte, 5), ("{\"a\":,}", .unexpectedByte, 5), ("{\"a\"::1}", .unexpectedByte, 5),
        ("{\"a\":1:2}", .expectedCommaOrEnd, 6), ("{\"a\":x\"b\"}", .unexpectedByte, 5),
        ("{\"a\":1[2]}", .unexpectedByte, 5), ("{\"a\":\"b\"1}", .expectedCommaOrEnd, 8),
        ("{\"a\":\"b\" \"c\"}", .expectedCommaOrEnd, 9), ("{\"a\":[]{}}", .expectedCommaOrEnd, 7),
        ("{\"a\":[] 1}", .expectedCommaOrEnd, 8), ("{\"a\":01}", .invalidNumber, 5), ("{\"a\":1.}", .invalidNumber, 5),
        ("{\"a\":1 2}", .invalidNumber, 5), ("{\"a\":True}", .invalidLiteral, 5), ("{\"a\":nul}", .invalidLiteral, 5),
        ("{\"a\":NaN}", .invalidLiteral, 5), ("{\"a\":'b'}", .invalidLiteral, 5),
        ("{\"a\\x\":1}", .invalidEscape, 3), ("{\"a\":\"\\u12\"}", .invalidEscape, 6),
        ("{\"a\":\"b\nc\"}", .controlCharacter, 7), ("{\"a\":[\"b\u{1F}\"]}", .controlCharacter, 8),
        ("{\"a\":[\\\"]}", .strayBackslash, 6), ("{\\\"a\":1}", .strayBackslash, 1),
        ("\u{FEFF}{}", .notAnObject, 0),
    ]

    @Test("Malformed bodies are refused where they go wrong, at every place within a block", arguments: refused)
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        for shift in 0..<70 {
            let bytes = Array(repeating: 32, count: shift) + Array(text.utf8)
            let expected = Found(members: [], fault: JSONError(reason, at: offset + shift))
            #expect(scan(bytes, cut: [bytes.count]) == expected)
            #expect(scan(bytes, cut: [bytes.count], isPortable: true) == expected)
            #expect(scan(bytes, cut: Array(0...bytes.count)) == expected)
        }
    }

    @Test("Depth is read up to its bound and refused beyond")
    func boundsDepth() {
        for limit in [2, 63, 64, 65, 512, 1024] {
            let inner = String(repeating: "[", count: limit - 1) + String(repeating: "]", count: limit - 1)
            let fits = Array("{\"a\":\(inner)}".utf8)
            let over = Array("{\"a\":[\(inner)]}".utf8)
            for isPortable in [false, true] {
                #expect(scan(fits, cut: [fits.count], isPortable: isPortable, depth: limit).fault == nil)
                #expect(
                    scan(over, cut: [over.count], isPortable: isPortable, depth: limit).fault
                        == JSONError(.tooDeep, at: limit + 4))
            }
        }
    }

    @Test("More members than allowed are refused")
    func boundsMembers() {
        let body = Array("{\"a\":1,\"a\":2,\"a\":3}".utf8)
        #expect(scan(body, cut: [body.count], members: 3).members.count == 3)
        #expect(scan(body, cut: [body.count], members: 2).fault == JSONError(.tooManyMembers, at: 17))
        let many = "{" + (0..<1000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(scan(Array(many.utf8), cut: [many.utf8.count]).members.count == 1000)
    }

    @Test(
        "An escape before a block's border does not reach beyond the next byte",
        arguments: ["\\n", "\\\\", "\\\"", "\\\\\\\""])
    func escapesAtBorders(_ escape: String) {
        for before in 40..<72 {
            for after in 110..<140 {
                let (head, tail) = (String(repeating: "x", count: before), String(repeating: "y", count: after))
                let bytes = Array("{\"a\":[\"\(head)\(escape)\(tail)\"],\"b\":{}}".utf8)
                let found = scan(bytes, cut: [bytes.count])
                // Compared by hand: thousands of expectations would be slow.
                guard found == Found(members: naive(bytes) ?? [], fault: nil),
                    found == scan(bytes, cut: [bytes.count], isPortable: true)
                else {
                    Issue.record("\(found) with \(before) bytes before and \(after) behind \(escape)")
                    return
                }
            }
        }
    }

    @Test("A scanner is used again for the next body")
    func resets() throws {
        var scanner = JSONObjectScanner()
        for text in ["{\"a\":[1,2", "{\"b\":1}", "{\"c\":{},\"d\":\"\"}"] {
            scanner.reset()
            let bytes = Array(text.utf8)
            let fault = bytes.withUnsafeBytes { consume(&scanner, $0, isLast: true) }
            #expect((fault == nil) == text.hasSuffix("}"))
        }
        #expect(scanner.members.count == 2)
    }

    @Test("Random objects give what the strict reader finds", arguments: 0..<60)
    func agreesWithReader(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bytes = Array(JSONValue.object(randomObject(depth: 5, &generator)).text.utf8)
        let expected = Found(members: naive(bytes) ?? [], fault: nil)
        #expect(naive(bytes) != nil)
        for cut in cuts(of: bytes.count, seed: UInt64(seed)).shuffled(using: &generator).prefix(12) {
            #expect(scan(bytes, cut: cut) == expected)
        }
        #expect(scan(bytes, cut: [bytes.count], isPortable: true) == expected)
    }

    @Test(
        "Whatever the bytes: no crash, no difference by cut or CPU, and nothing the strict reader takes is refused",
        arguments: 0..<300)
    func fuzz(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let source =
            Bool.random(using: &generator)
            ? JSONObjectScannerTests.body : JSONValue.object(randomObject(depth: 4, &generator)).text
        let bytes = mutate(Array(source.utf8), &generator)
        let whole = scan(bytes, cut: [bytes.count])
        #expect(scan(bytes, cut: [bytes.count], isPortable: true) == whole)
        #expect(scan(bytes, cut: Array(0...bytes.count)) == whole)
        let place = Int.random(in: 0...bytes.count, using: &generator)
        #expect(scan(bytes, cut: [place, bytes.count]) == whole)
        if let members = naive(bytes) { #expect(whole == Found(members: members, fault: nil)) }
    }

    @Test("Random marks without any grammar: both builds of the scan agree", arguments: 0..<200)
    func buildsAgree(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let alphabet = Array("{}[]\"\"\\\\:,ax1 ".utf8)
        let bytes =
            Array("{\"a\":[".utf8)
            + (0..<400).map { _ in alphabet.randomElement(using: &generator) ?? 32 }
        #expect(scan(bytes, cut: [bytes.count]) == scan(bytes, cut: [bytes.count], isPortable: true))
    }
}

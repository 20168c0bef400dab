import SeededRandom
import Testing

@testable import Wire

/// The head as one comparable text, or the fault.
private func outcome(_ input: [UInt8], cut: [Int], maximumHeadBytes: Int = 32768, maximumFields: Int = 128) -> String {
    var parser = RequestHeadParser(maximumHeadBytes: maximumHeadBytes, maximumFields: maximumFields)
    return input.withUnsafeBytes { bytes in
        for end in cut {
            do throws(HTTPParseError) {
                guard try parser.parse(bytes.slice(0..<end)) else { continue }
            } catch {
                return "refused: \(error)"
            }
            return describe(parser.head, bytes)
        }
        return "incomplete"
    }
}

private func describe(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> String {
    let fields = head.fields.map { "\($0.name) \(text(bytes, $0.nameRange))=\(text(bytes, $0.valueRange))" }
    return """
        \(head.method) \(text(bytes, head.path))?\(text(bytes, head.query)) 1.\(head.minorVersion) \
        \(head.framing) keep=\(head.keepAlive) continue=\(head.expectsContinue) length=\(head.length) \
        \(fields.joined(separator: "|"))
        """
}

private func head(_ text: String) -> [UInt8] {
    Array(text.replacing("\n", with: "\r\n").utf8)
}

@Suite("Request heads")
struct RequestHeadTests {
    static let accepted: [(String, String)] = [
        (
            "POST /v1/messages?beta=true HTTP/1.1\nHost: a:1\nContent-Length: 12\nanthropic-beta:  a,b \t\n\n",
            """
            post /v1/messages?beta=true 1.1 length(12) keep=true continue=false length=95 \
            host Host=a:1|contentLength Content-Length=12|anthropicBeta anthropic-beta=a,b
            """
        ),
        (
            "\nGET / HTTP/1.0\n\nrest",
            "get /? 1.0 none keep=false continue=false length=20 "
        ),
        (
            "OPTIONS * HTTP/1.1\nHost:\nConnection: close, x-a\n\n",
            "options *? 1.1 none keep=false continue=false length=53 host Host=|connection Connection=close, x-a"
        ),
        (
            "BREW http://[::1]:80/a/b?c?d HTTP/1.1\nhOsT: [::1]:80\nTransfer-Encoding: CHUNKED\nExpect: 100-Continue\n\n",
            """
            other /a/b?c?d 1.1 chunked keep=true continue=true length=107 \
            host hOsT=[::1]:80|transferEncoding Transfer-Encoding=CHUNKED|expect Expect=100-Continue
            """
        ),
        (
            "GET https://h.example HTTP/1.1\nHost: h.example\nX-Empty:\n\n",
            "get ? 1.1 none keep=true continue=false length=61 host Host=h.example|other X-Empty="
        ),
        (
            "PUT /a%20b HTTP/1.0\nConnection: Keep-Alive\nContent-Length: 000\n\n",
            """
            put /a%20b? 1.0 length(0) keep=true continue=false length=68 \
            connection Connection=Keep-Alive|contentLength Content-Length=000
            """
        ),
        (
            "GET /?q HTTP/1.9\nHost: x\n\n",
            "get /?q 1.1 none keep=true continue=false length=29 host Host=x"
        ),
    ]

    @Test("Good heads are read, however they are cut", arguments: accepted)
    func accepts(_ input: String, _ expected: String) {
        let bytes = head(input)
        for cut in cuts(of: bytes.count) { #expect(outcome(bytes, cut: cut) == expected) }
    }

    static let refused: [(String, HTTPParseError)] = [
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        ("\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        ("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHo\rst: a\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .bareCarriageReturn),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", .foldedLine),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedLine),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n\r\n", .foldedLine),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .blankBeforeColon),
        ("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", .blankBeforeColon),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", .fieldNameInvalid),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", .fieldNameInvalid),
        ("GET / HTTP/1.1\r\nHo(st: a\r\n\r\n", .fieldNameInvalid),
        ("GET / HTTP/1.1\r\nHo\u{E9}st: a\r\n\r\n", .fieldNameInvalid),
        ("GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n", .fieldNameInvalid),
        ("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", .fieldValueInvalid),
        ("GET / HTTP/1.1\r\nX: a\u{7F}b\r\n\r\n", .fieldValueInvalid),
        ("GET / HTTP/1.1\r\nX: 0123456789abcdef\u{1}\r\n\r\n", .fieldValueInvalid),
        ("GET / HTTP/1.1\r\n\r\n", .hostMissing),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .hostRepeated),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: a,b/c\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .hostInvalid),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .versionMalformed),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .versionMalformed),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .versionMalformed),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .versionMalformed),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", .versionMalformed),
        ("GET /\r\n\r\n", .requestLineMalformed),
        ("GET\r\n\r\n", .requestLineMalformed),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLineMalformed),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionUnsupported),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .versionUnsupported),
        ("\u{16}\u{3}\u{1}\u{2}", .notHTTP),
        (" GET / HTTP/1.1\r\n", .notHTTP),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .methodUnsupported),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET http://u@a/b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", .targetInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .contentLengthRepeated),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .contentLengthRepeated),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 2\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", .contentLengthTooLarge),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000000000001\r\n\r\n", .contentLengthInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .bothLengths),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", .bothLengths),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInOldVersion),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .transferEncodingUnknown),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", .transferEncodingUnknown),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .transferEncodingUnknown),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked, chunked\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;x\r\n\r\n", .transferEncodingInvalid),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", .transferEncodingInvalid),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingInvalid
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", .expectationUnknown),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: y 100-continue\r\n\r\n", .expectationUnknown),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\n", .expectationUnknown
        ),
    ]

    @Test("Ambiguous and illegal heads are refused, however they are cut", arguments: refused)
    func refuses(_ input: String, _ expected: HTTPParseError) {
        let bytes = Array(input.utf8)
        for cut in cuts(of: bytes.count, random: 4) {
            #expect(outcome(bytes, cut: cut) == "refused: \(expected)")
        }
    }

    @Test("A head over its limit is refused at the limit and not before")
    func limitsSize() {
        let bytes = head("GET / HTTP/1.1\nHost: a\nX: " + String(repeating: "y", count: 50) + "\n\n")
        for cut in cuts(of: bytes.count) {
            #expect(outcome(bytes, cut: cut, maximumHeadBytes: bytes.count).hasPrefix("get"))
            #expect(outcome(bytes, cut: cut, maximumHeadBytes: bytes.count - 1) == "refused: headTooLarge")
        }
        #expect(outcome(Array(repeating: 65, count: 99), cut: [99], maximumHeadBytes: 100) == "incomplete")
        #expect(outcome(Array(repeating: 65, count: 100), cut: [100], maximumHeadBytes: 100) == "refused: headTooLarge")
    }

    @Test("A field more than allowed is refused")
    func limitsFields() {
        let bytes = head("GET / HTTP/1.1\nHost: a\nX: 1\nX: 2\n\n")
        #expect(outcome(bytes, cut: [bytes.count], maximumFields: 3).hasPrefix("get"))
        #expect(outcome(bytes, cut: [bytes.count], maximumFields: 2) == "refused: tooManyFields")
    }

    @Test("A parser is used again for the next head")
    func resets() throws {
        var parser = RequestHeadParser()
        let first = head("POST /a HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n")
        let second = head("GET /b HTTP/1.1\nHost: b\nX: 1\nX: 2\n\n")
        #expect(try first.withUnsafeBytes { try parser.parse($0) })
        #expect(parser.head.framing == .chunked)
        parser.reset()
        #expect(try second.withUnsafeBytes { try parser.parse($0) })
        #expect(parser.head.framing == .none)
        #expect(parser.head.keepAlive)
        second.withUnsafeBytes { bytes in
            #expect(parser.head.values(.other).map { text(bytes, $0) } == ["1", "2"])
            #expect(parser.head.value(.host).map { text(bytes, $0) } == "b")
            #expect(parser.head.value(.cookie) == nil)
        }
    }

    @Test("Fields that Connection nominates are hop-by-hop")
    func nominates() throws {
        var parser = RequestHeadParser()
        let bytes = head(
            "GET / HTTP/1.1\nHost: a\nConnection: close, X-Secret\nx-secret: 1\nX-Other: 2\nTE: trailers\n\n")
        #expect(try bytes.withUnsafeBytes { try parser.parse($0) })
        let hopByHop = bytes.withUnsafeBytes { bytes in
            parser.head.fields.filter { parser.head.isHopByHop($0, in: bytes) }.map { text(bytes, $0.nameRange) }
        }
        #expect(hopByHop == ["Connection", "x-secret", "TE"])
    }

    @Test("Whatever the bytes, nothing crashes and cutting changes nothing", arguments: 0..<40)
    func fuzz(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for (input, _) in RequestHeadTests.accepted {
            let bytes = mutate(head(input), &generator)
            let whole = outcome(bytes, cut: [bytes.count])
            #expect(outcome(bytes, cut: Array(1...bytes.count)) == whole)
            let place = Int.random(in: 1...bytes.count, using: &generator)
            #expect(outcome(bytes, cut: [place, bytes.count]) == whole)
        }
    }
}

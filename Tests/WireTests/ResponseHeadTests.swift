import SeededRandom
import Testing

@testable import Wire

private func outcome(_ input: [UInt8], cut: [Int], method: HTTPMethod = .post) -> String {
    var parser = ResponseHeadParser()
    return input.withUnsafeBytes { bytes in
        for end in cut {
            do throws(HTTPParseError) {
                guard try parser.parse(bytes.slice(0..<end), forMethod: method) else { continue }
            } catch {
                return "refused: \(error)"
            }
            let head = parser.head
            let fields = head.fields.map { "\($0.name)=\(text(bytes, $0.valueRange))" }.joined(separator: "|")
            return """
                \(head.status) '\(text(bytes, head.reason))' 1.\(head.minorVersion) \(head.framing) \
                keep=\(head.keepAlive) length=\(head.length) \(fields)
                """
        }
        return "incomplete"
    }
}

@Suite("Response heads")
struct ResponseHeadTests {
    static let accepted: [(HTTPMethod, String, String)] = [
        (
            .post, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            "200 'OK' 1.1 chunked keep=true length=80 contentType=text/event-stream|transferEncoding=chunked"
        ),
        (
            .post, "HTTP/1.1 429 Too Many\tRequests\r\nRetry-After: 3\r\nContent-Length: 5\r\n\r\nabcde",
            "429 'Too Many\tRequests' 1.1 length(5) keep=true length=69 retryAfter=3|contentLength=5"
        ),
        (.post, "HTTP/1.1 200 \r\n\r\n", "200 '' 1.1 untilClose keep=false length=17 "),
        (
            .post, "HTTP/1.1 529\r\nContent-Length: 0\r\n\r\n",
            "529 '' 1.1 length(0) keep=true length=35 contentLength=0"
        ),
        (
            .head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            "200 'OK' 1.1 none keep=true length=38 contentLength=5"
        ),
        (.get, "HTTP/1.1 304 NM\r\nContent-Length: 5\r\n\r\n", "304 'NM' 1.1 none keep=true length=38 contentLength=5"),
        (
            .post, "HTTP/1.1 304 NM\r\nContent-Length: 5\r\n\r\n",
            "304 'NM' 1.1 none keep=false length=38 contentLength=5"
        ),
        (.get, "HTTP/1.1 204 NC\r\n\r\n", "204 'NC' 1.1 none keep=true length=19 "),
        (
            .get, "HTTP/1.1 204 NC\r\nContent-Length: 5\r\n\r\n",
            "204 'NC' 1.1 none keep=false length=38 contentLength=5"
        ),
        (.post, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1", "100 'Continue' 1.1 none keep=true length=25 "),
        (
            .get, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
            "200 'OK' 1.0 length(1) keep=false length=38 contentLength=1"
        ),
        (
            .get, "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\n",
            "200 'OK' 1.1 length(1) keep=false length=57 connection=Close|contentLength=1"
        ),
    ]

    @Test("Good heads are read, however they are cut", arguments: accepted)
    func accepts(_ method: HTTPMethod, _ input: String, _ expected: String) {
        let bytes = Array(input.utf8)
        for cut in cuts(of: bytes.count) { #expect(outcome(bytes, cut: cut, method: method) == expected) }
    }

    static let refused: [(String, HTTPParseError)] = [
        ("SSH-2.0-x\r\n", .notHTTP),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .notHTTP),
        ("HTTP/2.0 200 OK\r\n\r\n", .versionUnsupported),
        ("HTTP/1.1 20 OK..\r\n\r\n", .statusLineMalformed),
        ("HTTP/1.1 099 OK\r\n\r\n", .statusLineMalformed),
        ("HTTP/1.1 2000 OK\r\n\r\n", .statusLineMalformed),
        ("HTTP/1.1  200 OK\r\n\r\n", .statusLineMalformed),
        ("HTTP/1.1 200 O\u{1}K\r\n\r\n", .statusLineMalformed),
        ("HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\n\n", .bareLineFeed),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .blankBeforeColon),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .foldedLine),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .contentLengthRepeated),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n", .contentLengthInvalid),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .bothLengths),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInOldVersion),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .transferEncodingUnknown),
    ]

    @Test("Ambiguous and illegal heads are refused, however they are cut", arguments: refused)
    func refuses(_ input: String, _ expected: HTTPParseError) {
        let bytes = Array(input.utf8)
        for cut in cuts(of: bytes.count, random: 4) { #expect(outcome(bytes, cut: cut) == "refused: \(expected)") }
    }

    @Test("Whatever the bytes, nothing crashes and cutting changes nothing", arguments: 0..<40)
    func fuzz(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for (method, input, _) in ResponseHeadTests.accepted {
            let bytes = mutate(Array(input.utf8), &generator)
            let whole = outcome(bytes, cut: [bytes.count], method: method)
            #expect(outcome(bytes, cut: Array(1...bytes.count), method: method) == whole)
        }
    }

    @Test("Every fault has a sentence and a status that fits it")
    func faultsAreTold() {
        for fault in HTTPParseError.allCases {
            #expect(fault.sentence.utf8CodeUnitCount > 20)
            #expect([400, 413, 417, 431, 501, 505].contains(fault.status))
        }
    }
}

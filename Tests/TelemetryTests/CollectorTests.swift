import Testing

@testable import Telemetry

@Suite struct CollectorTests {
    @Test("An empty answer took everything; a partial success says how many it did not, and why")
    func partialSuccess() {
        #expect(CollectorAnswer([]) == answer(0, ""))
        #expect(CollectorAnswer([0x0A, 0x00]) == answer(0, ""))
        // partial_success { rejected: 3, error_message: "old" }
        #expect(CollectorAnswer([0x0A, 0x07, 0x08, 0x03, 0x12, 0x03] + Array("old".utf8)) == answer(3, "old"))
        #expect(CollectorAnswer([0x0A, 0x06, 0x12, 0x04] + Array("warn".utf8)) == answer(0, "warn"))
    }

    @Test("What is no OTLP at all is told apart, wherever it is cut")
    func garbage() {
        #expect(CollectorAnswer(Array("<html>".utf8)).rejected == -1)
        let whole: [UInt8] = [0x0A, 0x07, 0x08, 0x03, 0x12, 0x03] + Array("old".utf8)
        for length in 1..<whole.count { #expect(CollectorAnswer(Array(whole[..<length])).rejected == -1, "\(length)") }
    }

    @Test("A long message is cut")
    func longMessage() {
        let words = [UInt8](repeating: 0x61, count: 100_000)
        let inner: [UInt8] = [0x08, 0x01, 0x12] + varint(words.count) + words
        let answer = CollectorAnswer([0x0A] + varint(inner.count) + inner)
        #expect(answer.rejected == 1)
        #expect(answer.message.utf8.count == 255)
    }

    private func varint(_ value: Int) -> [UInt8] {
        var value = value, bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    private func answer(_ rejected: Int64, _ message: String) -> CollectorAnswer {
        var bytes: [UInt8] = []
        if rejected > 0 { bytes += [0x08, UInt8(rejected)] }
        if !message.isEmpty { bytes += [0x12, UInt8(message.utf8.count)] + Array(message.utf8) }
        let read = CollectorAnswer([0x0A, UInt8(bytes.count)] + bytes)
        #expect(read.rejected == rejected && read.message == message)
        return read
    }

    @Test(
        "A URL is taken apart",
        arguments: [
            ("http://localhost:4318", "localhost", 4318, "/", false),
            ("https://otlp.example.com", "otlp.example.com", 443, "/", true),
            ("HTTP://h/v1/traces", "h", 80, "/v1/traces", false), ("http://[::1]:4318/x", "::1", 4318, "/x", false),
            ("http://[fe80::1]", "fe80::1", 80, "/", false), ("https://h:1?key=a", "h", 1, "/?key=a", true),
            ("http://h/a/b?c=d#e", "h", 80, "/a/b?c=d", false),
        ] as [(String, String, UInt16, String, Bool)])
    func urls(text: String, host: String, port: UInt16, path: String, isEncrypted: Bool) throws {
        let url = try #require(OTLPURL(text))
        #expect(url.host == host && url.port == port && url.path == path && url.isEncrypted == isEncrypted)
    }

    @Test(
        "What is no such URL is refused",
        arguments: [
            "", "localhost:4318", "grpc://h:4317", "http://", "http://:4318", "http://h:0", "http://h:65536",
            "http://h:x",
            "http://h:+1", "http://user:secret@h", "http://h/a b", "http://h/a\r\nx: y", "http://[::1",
            "http://é.example",
            "http://[x]", "http://h\\g",
        ])
    func badURLs(text: String) {
        #expect(OTLPURL(text) == nil)
    }

    @Test("A signal's path goes behind the common one's, before the query")
    func appending() throws {
        for (base, whole) in [
            ("http://h", "/v1/traces"), ("http://h/", "/v1/traces"), ("http://h/otlp", "/otlp/v1/traces"),
            ("http://h/otlp/", "/otlp/v1/traces"), ("http://h/otlp?a=b", "/otlp/v1/traces?a=b"),
        ] {
            #expect(try #require(OTLPURL(base)).appending("v1/traces").path == whole)
        }
    }
}

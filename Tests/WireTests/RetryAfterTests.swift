import Testing

@testable import Wire

@Suite("How long to wait")
struct RetryAfterTests {
    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("0", 0), ("120", 120), ("86400", 86_400), ("86401", nil), ("-1", nil), ("1.5", nil), ("soon", nil),
            ("", nil),
            ("99999999999999999999", nil), ("Sat, 21 Nov 2026 06:00:10 GMT", 10), ("Sat, 21 Nov 2026 05:59:00 GMT", 0),
            ("Mon, 23 Nov 2026 06:00:00 GMT", nil), ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfter(text: String, seconds: Int64?) {
        // 2026-11-21T06:00:00Z
        #expect(RetryAfter.nanoseconds(text, at: 1_795_240_800 * 1_000_000_000) == seconds.map { $0 * 1_000_000_000 })
    }

    @Test(
        "Spans of time are as limits have them",
        arguments: [
            ("6m0s", 360_000), ("1s", 1_000), ("20ms", 20), ("1h2m3.5s", 3_723_500), ("7.66s", 7_660), ("30", 30_000),
            ("0s", 0), ("24h", 86_400_000), ("24h1s", nil), ("", nil), ("s", nil), ("6x", nil), ("-1s", nil),
            ("1.2.3s", nil), ("99999999999999999999h", nil), ("soon", nil), ("1s ", nil),
        ] as [(String, Int64?)])
    func durations(text: String, milliseconds: Int64?) {
        #expect(RetryAfter.duration(text) == milliseconds.map { $0 * 1_000_000 })
    }
}

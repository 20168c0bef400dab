import Testing

@testable import Gateway

@Suite struct RequestIDSourceTests {
    @Test("Ids grow, also within a nanosecond and when the clock goes back, and differ between loops")
    func grow() {
        var first = RequestIDSource(loop: 0), second = RequestIDSource(loop: 1)
        var seen: Set<Int64> = []
        var last: Int64 = 0
        for step in 0..<2_000 {
            let now: Int64 = 1_795_000_000_000_000_000 + Int64(step % 7) * 1_000
            let id = first.next(now: now)
            #expect(id > last)
            last = id
            #expect(seen.insert(id).inserted)
            #expect(seen.insert(second.next(now: now)).inserted)
        }
    }
}

import SeededRandom
import Testing

@testable import Ledger

@Suite("Request ids")
struct RequestIDTests {
    @Test("The text form reads back, and sorts like the ids")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        var ids = (0..<500).map { _ in RequestID(rawValue: Int64(random.next() >> 1)) }
        ids += [RequestID(rawValue: 0), RequestID(rawValue: .max)]
        for id in ids {
            #expect(id.description.utf8.count == RequestID.textLength)
            #expect(RequestID(id.description) == id)
        }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
        #expect(RequestID(rawValue: 0).description == "req_0000000000000")
        #expect(RequestID(rawValue: .max).description == "req_7zzzzzzzzzzzz")
    }

    @Test(
        "Other texts are no ids",
        arguments: [
            "", "req_", "req_000000000000", "req_00000000000000", "REQ_0000000000000", "req_8000000000000",
            "req_000000000000i", "req_000000000000O", "rek_0000000000000", "req_zzzzzzzzzzzzz",
        ])
    func refused(text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test("Ids rise, are unique over loops, and keep the time, whatever the clock does")
    func source() {
        var random = SeededGenerator(seed: 11)
        var seen = Set<RequestID>()
        for loop in [0, 1, 63] {
            var source = RequestIDSource(loop: loop, after: RequestID(rawValue: 0))
            var last = RequestID(rawValue: 0)
            var now = midnight
            for _ in 0..<5000 {
                now += Int64.random(in: -2_000_000...3_000_000, using: &random)
                let id = source.next(now: now)
                #expect(id > last)
                #expect(seen.insert(id).inserted)
                last = id
            }
            #expect(abs(last.unixMilliseconds - now / 1_000_000) < 100)
        }
    }

    @Test("More ids than fit a millisecond borrow from the next one")
    func sequenceOverflow() {
        var source = RequestIDSource(loop: 5, after: RequestID(rawValue: 0))
        var last = source.next(now: midnight)
        for _ in 0..<70_000 {
            let id = source.next(now: midnight)
            guard id > last else {
                Issue.record("\(id) after \(last)")
                return
            }
            last = id
        }
        #expect(last.unixMilliseconds == midnight / 1_000_000 + 1)
        #expect(last.rawValue >> 16 & 63 == 5)
    }
}

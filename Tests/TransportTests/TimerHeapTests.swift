import Testing

@testable import Transport

@Suite struct TimerHeapTests {
    @Test("Timers come out in order, however they were put in, moved and taken out", arguments: 1...20)
    func order(seed: UInt64) throws {
        let loop = try EventLoop(index: 0)
        var heap = TimerHeap(), state = seed &* 0x9E37_79B9_7F4A_7C15
        var expected: [(timer: LoopTimer, deadline: Int64)] = []
        func random(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        for _ in 0..<2_000 {
            let choice = random(10)
            if choice < 6 || expected.isEmpty {
                let timer = LoopTimer(loop: loop), deadline = Int64(random(1_000))
                heap.insert(timer, at: deadline)
                expected.append((timer, deadline))
            } else {
                let index = random(expected.count)
                if choice < 8 {
                    let earlier = expected[index].deadline - Int64(random(100))
                    heap.move(expected[index].timer, earlier: earlier)
                    expected[index].deadline = earlier
                    #expect(heap.deadline(of: expected[index].timer) == earlier)
                } else {
                    heap.remove(expected[index].timer)
                    #expect(expected[index].timer.place < 0)
                    expected.remove(at: index)
                }
            }
            #expect(heap.count == expected.count)
            #expect(heap.earliest == expected.map(\.deadline).min())
        }
        let limit: Int64 = 499
        var popped: [ObjectIdentifier] = []
        while let timer = heap.popDue(at: limit) { popped.append(ObjectIdentifier(timer)) }
        let due = expected.filter { $0.deadline <= limit }
        let deadlines = Dictionary(uniqueKeysWithValues: due.map { (ObjectIdentifier($0.timer), $0.deadline) })
        #expect(Set(popped) == Set(deadlines.keys))
        #expect(popped.compactMap { deadlines[$0] } == due.map(\.deadline).sorted())
        #expect(heap.count == expected.count - due.count)
        for entry in expected where entry.deadline > limit { heap.remove(entry.timer) }
    }

    @Test("What the heap let go of is kept alive by nobody")
    func released() throws {
        let loop = try EventLoop(index: 0)
        var heap = TimerHeap()
        weak var seen: LoopTimer?
        do {
            let first = LoopTimer(loop: loop), second = LoopTimer(loop: loop)
            seen = first
            heap.insert(first, at: 1)
            heap.insert(second, at: 2)
            heap.remove(second)
        }
        #expect(seen != nil)
        _ = heap.popDue(at: 1)
        #expect(seen == nil)
    }
}

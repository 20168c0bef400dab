import Testing

@testable import Gateway

@Suite struct KeySetStateTests {
    private let second: Int64 = 1_000_000_000

    @Test("One fetch at a time; those who look join it")
    func singleFlight() {
        var machine = KeySetStateMachine(refresh: 3600 * second, lookPause: 10 * second)
        let due = [machine.due(), machine.due()]
        #expect(due == [true, false])
        let joined = machine.looked(at: 0), next = machine.fetched(isGood: true)
        #expect(joined == .join && next == 3600 * second)
        let looks = [machine.looked(at: 1), machine.looked(at: 2)], dueMeanwhile = machine.due()
        #expect(looks == [.fetch, .join] && !dueMeanwhile)
    }

    @Test("For unknown keys it fetches once in ten seconds")
    func pause() {
        var machine = KeySetStateMachine(refresh: 3600 * second, lookPause: 10 * second)
        let first = machine.looked(at: 5 * second)
        _ = machine.fetched(isGood: true)
        let looks = [machine.looked(at: 15 * second - 1), machine.looked(at: 15 * second)]
        #expect(first == .fetch && looks == [.tooSoon, .fetch])
    }

    @Test("After failures the pauses grow to a minute, and a success makes them short again")
    func failures() {
        var machine = KeySetStateMachine(refresh: 3600 * second, lookPause: 10 * second)
        var pauses: [Int64] = []
        for isGood in [false, false, false, false, false, false, false, false, true, false] {
            guard machine.due() else { return #expect(Bool(false), "a fetch that has ended is still on its way") }
            pauses.append((machine.fetched(isGood: isGood) ?? 0) / second)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 3600, 1])
    }

    @Test("What is read only when it changes has no next time, but after a failure")
    func files() {
        var machine = KeySetStateMachine(refresh: 0, lookPause: second)
        let good = machine.fetched(isGood: true), bad = machine.fetched(isGood: false)
        #expect(good == nil && bad == second)
    }
}

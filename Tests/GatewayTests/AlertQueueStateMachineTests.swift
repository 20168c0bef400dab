import Testing

@testable import Gateway

@Suite struct AlertQueueStateMachineTests {
    typealias Machine = AlertQueueStateMachine<Int>
    private let second: Int64 = 1_000_000_000
    private let taken = Machine.Reply.status(200, retryAfter: nil)

    @Test("One alert at a time is under way to each URL, in the order they came")
    func order() {
        var machine = Machine(maximum: 10)
        #expect(machine.arrived(1, for: "a", at: 0) == .send(1))
        #expect(machine.arrived(2, for: "a", at: 0) == .none)
        #expect(machine.arrived(3, for: "b", at: 0) == .send(3))
        #expect(machine.arrived(4, for: "a", at: 0) == .none && machine.held == 4)
        #expect(machine.answered("a", taken, at: 0, chance: 0) == .send(2))
        #expect(machine.answered("b", .status(204, retryAfter: nil), at: 0, chance: 0) == .none)
        #expect(machine.answered("a", taken, at: 0, chance: 0) == .send(4))
        #expect(!machine.isIdle && machine.isBusy("a") && !machine.isBusy("b"))
        #expect(machine.answered("a", taken, at: 0, chance: 0) == .none && machine.isIdle)
        #expect(machine.takeResults() == [.sent: 4] && machine.takeResults() == [:])
    }

    @Test("When there is no room, the oldest that waits goes, whatever its URL")
    func fullQueue() {
        var machine = Machine(maximum: 2)
        _ = machine.arrived(1, for: "a", at: 0)
        _ = machine.arrived(2, for: "b", at: 0)
        _ = machine.arrived(3, for: "b", at: 0)
        _ = machine.arrived(4, for: "a", at: 0)
        _ = machine.arrived(5, for: "a", at: 0)
        #expect(machine.takeResults() == [.dropped: 1] && machine.held == 4)
        #expect(machine.answered("b", taken, at: 0, chance: 0) == .none, "3 was the oldest")
        #expect(machine.answered("a", taken, at: 0, chance: 0) == .send(4))
        #expect(machine.answered("a", taken, at: 0, chance: 0) == .send(5))
    }

    @Test("Only 408, 429, 5xx and silence are tried again", arguments: 200..<600)
    func statuses(status: Int) {
        var machine = Machine(maximum: 1)
        _ = machine.arrived(1, for: "a", at: 0)
        let action = machine.answered("a", .status(status, retryAfter: nil), at: 0, chance: 0.5)
        switch status {
        case 200..<300: #expect(action == .none && machine.takeResults() == [.sent: 1])
        case 408, 429, 500...: #expect(action == .pause(second) && machine.takeResults() == [:])
        default: #expect(action == .none && machine.takeResults() == [.failed: 1])
        }
    }

    @Test("Pauses double up to a minute and are spread by half to each side; after ten attempts it is enough")
    func backOff() {
        for (chance, factor) in [(0.0, 0.5), (0.5, 1.0), (0.999, 1.499)] {
            var machine = Machine(maximum: 1)
            _ = machine.arrived(1, for: "a", at: 0)
            for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
                guard case .pause(let pause) = machine.answered("a", .none, at: 0, chance: chance) else {
                    Issue.record("given up too early")
                    return
                }
                #expect(abs(Double(pause) - Double(seconds) * factor * 1e9) < 2)
                #expect(machine.pauseEnded("a", at: 0) == .send(1))
            }
            #expect(machine.answered("a", .none, at: 0, chance: chance) == .none)
            #expect(machine.takeResults() == [.failed: 1])
        }
    }

    @Test("A server that names a time gets it, up to an hour; attempts count anew for the next alert")
    func retryAfter() {
        var machine = Machine(maximum: 1)
        _ = machine.arrived(1, for: "a", at: 0)
        _ = machine.arrived(2, for: "a", at: 0)
        #expect(machine.answered("a", .status(429, retryAfter: 17 * second), at: 0, chance: 0) == .pause(17 * second))
        #expect(machine.pauseEnded("a", at: 0) == .send(1))
        #expect(machine.answered("a", .status(503, retryAfter: 3_601 * second), at: 0, chance: 0) == .send(2))
        #expect(machine.takeResults() == [.failed: 1])
        #expect(machine.answered("a", .status(503, retryAfter: nil), at: 0, chance: 0.5) == .pause(second))
    }

    @Test("A server that says `at once` each time does not use up ten attempts in a moment")
    func noPause() {
        var machine = Machine(maximum: 1)
        _ = machine.arrived(1, for: "a", at: 0)
        for seconds in [1, 2, 4] {
            let action = machine.answered("a", .status(503, retryAfter: 0), at: 0, chance: 0.5)
            #expect(action == .pause(Int64(seconds) * second))
            _ = machine.pauseEnded("a", at: 0)
        }
    }

    @Test("At the end a silent server is not asked twice, one that says later gets its pause if there is time")
    func shutdown() {
        var machine = Machine(maximum: 9)
        for url in ["silent", "busy", "late"] {
            _ = machine.arrived(1, for: url, at: 0)
            _ = machine.arrived(2, for: url, at: 0)
        }
        machine.shutdownBegan(until: 10 * second)
        #expect(machine.answered("silent", .none, at: second, chance: 0) == .none)
        #expect(machine.answered("busy", .status(503, retryAfter: second), at: second, chance: 0) == .pause(second))
        #expect(machine.pauseEnded("busy", at: 2 * second) == .send(1))
        #expect(machine.answered("busy", .status(503, retryAfter: 8 * second), at: 2 * second, chance: 0) == .none)
        #expect(machine.answered("late", taken, at: 10 * second, chance: 0) == .none)
        #expect(machine.takeResults() == [.dropped: 5, .sent: 1] && machine.isIdle && machine.held == 0)
        #expect(machine.arrived(3, for: "late", at: 10 * second) == .none)
        #expect(machine.takeResults() == [.dropped: 1])
    }

    @Test("What is left when the time is over is dropped and counted, and its URL is free")
    func shutdownEnded() {
        var machine = Machine(maximum: 9)
        for alert in 0..<4 { _ = machine.arrived(alert, for: "a", at: 0) }
        machine.shutdownEnded()
        #expect(machine.takeResults() == [.dropped: 4] && machine.isIdle && !machine.isBusy("a"))
        machine.shutdownEnded()
        #expect(machine.takeResults() == [:])
    }

    @Test("Whatever happens, each alert leaves exactly once and the bound holds", arguments: 0..<100 as Range<UInt64>)
    func property(seed: UInt64) {
        var chances = Chances(state: seed &+ 1)
        let maximum = chances.below(8)
        var machine = Machine(maximum: maximum), actions: [String: Machine.Action] = [:]
        var now: Int64 = 0, arrived = 0, left = 0
        func note(_ machine: inout Machine) { left += machine.takeResults().values.reduce(0, +) }
        for step in 0..<400 {
            now += Int64(chances.below(2_000_000_000))
            if step == 350 { machine.shutdownBegan(until: now + 20_000_000_000) }
            let url = "\(chances.below(3))"
            switch actions[url] ?? Machine.Action.none {
            case .send where chances.below(2) == 0:
                let replies: [Machine.Reply] = [
                    .status(200, retryAfter: nil), .status(400, retryAfter: nil), .status(500, retryAfter: second),
                    .status(429, retryAfter: nil), .none,
                ]
                actions[url] = machine.answered(url, replies[chances.below(5)], at: now, chance: 0.5)
            case .pause where chances.below(2) == 0: actions[url] = machine.pauseEnded(url, at: now)
            case let current:
                arrived += 1
                let next = machine.arrived(step, for: url, at: now)
                #expect(next == Machine.Action.none || current == Machine.Action.none, "two at a time")
                if current == Machine.Action.none { actions[url] = next }
            }
            note(&machine)
            #expect(machine.held == arrived - left && machine.held <= maximum + 3)
        }
        machine.shutdownEnded()
        note(&machine)
        #expect(arrived == left && machine.isIdle)
    }
}

/// Numbers of chance that are the same each time (splitmix64).
private struct Chances {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(max(1, bound)))
    }
}

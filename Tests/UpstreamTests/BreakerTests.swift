import Configuration
import Testing

@testable import Upstream

/// Expectations look at values, and events change the machine.
private final class Breaker {
    private var machine: BreakerStateMachine

    init(_ setting: BreakerSetting) { machine = BreakerStateMachine(setting) }

    func view(at now: Int64) -> TargetState { machine.view(at: now) }
    func abandoned(at now: Int64) { machine.abandoned(at: now) }
    func attempted(at now: Int64) -> BreakerStateMachine.Transition? { machine.attempted(at: now) }
    func succeeded() -> BreakerStateMachine.Transition? { machine.succeeded() }
    func failed(retryAfter: Int64?, at now: Int64) -> BreakerStateMachine.Transition? {
        machine.failed(retryAfter: retryAfter, at: now)
    }
}

@Suite struct BreakerTests {
    private let second: Int64 = 1_000_000_000

    private func machine(failures: Int = 3, seconds: Int64 = 10) -> Breaker {
        var setting = BreakerSetting()
        setting.failures = failures
        setting.openFor = seconds * second
        return Breaker(setting)
    }

    @Test("So many failures in a row open it; a success between them does not count them on")
    func opens() {
        let breaker = machine()
        #expect(breaker.failed(retryAfter: nil, at: 0) == nil && breaker.failed(retryAfter: nil, at: 0) == nil)
        #expect(breaker.succeeded() == nil)
        for _ in 0..<2 { #expect(breaker.failed(retryAfter: nil, at: 0) == nil) }
        #expect(breaker.view(at: 0) == .closed)
        #expect(breaker.failed(retryAfter: nil, at: 0) == .opened)
        #expect(breaker.view(at: 10 * second - 1) == .open && breaker.view(at: 10 * second) == .probeDue)
    }

    @Test("One request probes; its success closes")
    func heals() {
        let breaker = machine(failures: 1)
        #expect(breaker.failed(retryAfter: nil, at: 0) == .opened)
        #expect(breaker.attempted(at: 5 * second) == nil, "who has no other choice is no probe")
        #expect(breaker.attempted(at: 10 * second) == .probed)
        #expect(breaker.view(at: 11 * second) == .open && breaker.attempted(at: 11 * second) == nil)
        #expect(breaker.succeeded() == .closed && breaker.view(at: 11 * second) == .closed)
    }

    @Test("Each probe that fails doubles the time, up to eight times")
    func doubles() {
        let breaker = machine(failures: 1)
        var now: Int64 = 0
        #expect(breaker.failed(retryAfter: nil, at: 0) == .opened)
        var step: Int64 = 10
        for expected: Int64 in [20, 40, 80, 80, 80] {
            now += step * second
            #expect(breaker.attempted(at: now) == .probed)
            #expect(breaker.failed(retryAfter: nil, at: now) == .opened)
            #expect(breaker.view(at: now + expected * second - 1) == .open)
            #expect(breaker.view(at: now + expected * second) == .probeDue)
            step = expected
        }
        now += step * second
        _ = breaker.attempted(at: now)
        #expect(breaker.succeeded() == .closed)
        #expect(breaker.failed(retryAfter: nil, at: now) == .opened)
        #expect(breaker.view(at: now + 10 * second) == .probeDue, "it begins anew")
    }

    @Test("Who says for how long is believed at once, up to a minute")
    func announced() {
        let breaker = machine(failures: 5)
        #expect(breaker.failed(retryAfter: 3 * second, at: 0) == .opened)
        #expect(breaker.view(at: 3 * second - 1) == .open && breaker.view(at: 3 * second) == .probeDue)
        let other = machine(failures: 5)
        _ = other.failed(retryAfter: 3_600 * second, at: 0)
        #expect(other.view(at: 60 * second) == .probeDue)
    }

    @Test("A probe whose client went away leaves the probing to the next; one that never ends does so later")
    func abandoned() {
        let breaker = machine(failures: 1)
        _ = breaker.failed(retryAfter: nil, at: 0)
        _ = breaker.attempted(at: 10 * second)
        breaker.abandoned(at: 11 * second)
        #expect(breaker.view(at: 11 * second) == .probeDue)
        _ = breaker.attempted(at: 11 * second)
        #expect(breaker.view(at: 20 * second) == .open && breaker.view(at: 21 * second) == .probeDue)
    }

    @Test("What one board learns the other hears: it opens there, heals there, and sessions are there")
    func boards() throws {
        let setting = routing(.priority, 2), known = RouteTarget.all(of: setting)
        let one = HealthBoard(), other = HealthBoard()
        one.tell = { other.hear($0, at: 0) }
        other.tell = { one.hear($0, at: 0) }
        var turned: [Bool] = []
        other.turned = { _, isOpen in turned.append(isOpen) }
        let here = one.entry(known[0], model: "m", setting.breaker)
        let there = other.entry(known[0], model: "m", setting.breaker)
        #expect(here !== there && one.entry(known[0], model: "m", setting.breaker) === here)
        for _ in 0..<setting.breaker.failures { one.ended(here, .failed(retryAfter: nil), at: 0) }
        #expect(there.breaker.isOpen && turned == [true])
        let due = setting.breaker.openFor
        other.attempted(there, measures: false, at: due)
        #expect(here.health(at: due).state == .open, "the other one's request probes")
        other.ended(there, .well, at: due)
        #expect(!here.breaker.isOpen && turned == [true, false])

        let key = RouteKey("s", model: 1)
        one.served(key, at: known[1].hash, for: 100, at: 0)
        #expect(other.standing(of: key, at: 99) == known[1].hash && other.standing(of: key, at: 100) == nil)
        one.measured(here, firstByteTime: 5, writingTime: 100, tokens: 10, at: 0)
        #expect(there.latency.tokenTime == 10)
        one.keep([])
        #expect(one.entry(known[0], model: "m", setting.breaker) !== here)
    }
}

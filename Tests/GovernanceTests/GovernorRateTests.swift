import Configuration
import Testing

@testable import Governance

@Suite struct GovernorRateTests {
    private typealias Bench = GovernorBench

    @Test("Requests and tokens in a window; the wait is what it takes")
    func windows() async throws {
        let bench = try Bench(rates: [Sample.rate("rpm", 2, .requests(window: Bench.minute), per: [.user])])
        for _ in 0..<2 {
            let admission = try #require(await bench.admit().admission)
            await bench.governor.settle(admission, Spending(cost: 1))
        }
        let verdict = await bench.admit()
        #expect(verdict.refusedBy == "rate rpm")
        guard case .rate(let met, _, let waited)? = verdict.refusal?.reason, let wait = met.wait else { return }
        #expect(met.counted == 2 && met.limit == 2 && waited == 0 && wait > 0)
        #expect(await bench.admit(Sample.subject(user: "bob")).admission != nil, "each user has a limiter")
        bench.clock.advance(wait - 1)
        #expect(await bench.admit().refusedBy == "rate rpm")
        bench.clock.advance(1)
        #expect(await bench.admit().admission != nil)
    }

    @Test("Token limits count what was claimed until it is known what was used")
    func tokens() async throws {
        let bench = try Bench(rates: [Sample.rate("tpm", 100, .tokens(window: Bench.minute))])
        let first = try #require(await bench.admit(tokens: 60).admission)
        #expect(await bench.admit(tokens: 60).refusedBy == "rate tpm")
        await bench.governor.settle(first, Spending(tokens: 30))
        let second = try #require(await bench.admit(tokens: 60).admission)
        await bench.governor.settle(second, Spending(tokens: 90))
        #expect(await bench.admit(tokens: 1).refusedBy == "rate tpm")
        let third = await bench.admit(tokens: 1_000)
        #expect(third.refusedBy == "rate tpm", "more than the whole limit waits until nothing counts")
        bench.clock.advance(Bench.minute + 2 * Bench.second)
        #expect(await bench.admit(tokens: 1_000).admission != nil)
    }

    @Test("What happened before this process counts")
    func restored() async throws {
        let bench = try Bench(rates: [Sample.rate("rpm", 2, .requests(window: Bench.minute))])
        let rule = bench.book.rules.rates[0]
        await bench.governor.restore(rule, scope: "", amount: 1, at: bench.clock.now - 2 * Bench.minute)
        await bench.governor.restore(rule, scope: "", amount: 1, at: bench.clock.now - Bench.minute / 2)
        #expect(await bench.admit().admission != nil)
        #expect(await bench.admit().refusedBy == "rate rpm")
    }

    @Test("So many at once, whatever becomes of them")
    func concurrent() async throws {
        let bench = try Bench(rates: [Sample.rate("at-once", 2, .concurrent)])
        let first = try #require(await bench.admit().admission), second = try #require(await bench.admit().admission)
        guard case .rate(let met, _, _)? = await bench.admit().refusal?.reason else {
            Issue.record("a third was let in")
            return
        }
        #expect(met.counted == 2 && met.limit == 2 && met.wait != nil)
        await bench.governor.settle(first, nil)
        let third = try #require(await bench.admit().admission)
        #expect(await bench.admit().refusedBy == "rate at-once")
        await bench.governor.settle(second, Spending())
        await bench.governor.settle(third, Spending(duration: Bench.second))
        for _ in 0..<2 { #expect(await bench.admit().admission != nil) }
    }

    // MARK: The queue

    private func queueing(_ limit: Int64 = 1, timeout: Int64 = 30 * Bench.second, most: Int = 100) -> RateRule {
        Sample.rate("at-once", limit, .concurrent) {
            $0.onLimit = .queue
            $0.queueTimeout = timeout
            $0.maximumQueue = most
        }
    }

    @Test("Who waits is served when a place is free, each owner in turn, and before who comes later")
    func turns() async throws {
        let bench = try Bench(rates: [queueing()])
        var running = await bench.admit(owner: "x").admission
        for owner in ["a", "a", "a", "b", "c", "b"] { #expect(await bench.admit(owner: owner).ticket != nil) }
        var order: [String] = []
        while let admission = running {
            await bench.governor.settle(admission, Spending())
            running = nil
            if let (owner, verdict) = bench.told.verdicts.last, bench.told.verdicts.count > order.count {
                order.append(owner)
                running = verdict.admission
                if running != nil { #expect(await bench.governor.run { $0.queue.count } == 6 - order.count) }
            }
        }
        #expect(order == ["a", "b", "c", "a", "b", "a"])
        #expect(await bench.governor.run { $0.queue.isEmpty })
    }

    @Test("Who has just come does not take the room that somebody waits for")
    func noOvertaking() async throws {
        let bench = try Bench(rates: [
            Sample.rate("rpm", 1, .requests(window: Bench.minute)) { $0.onLimit = .queue }
        ])
        #expect(await bench.admit(owner: "a").admission != nil)
        #expect(await bench.admit(owner: "b").ticket != nil)
        bench.clock.advance(Bench.minute + Bench.second)
        // Whether the timer or this newcomer comes first, it is the turn of b.
        #expect(await bench.admit(owner: "c").ticket != nil)
        #expect(bench.told.served == ["b"])
    }

    @Test("A queue that is full refuses; one that left makes room, and gets no verdict")
    func fullAndLeaving() async throws {
        let bench = try Bench(rates: [queueing(most: 2)])
        let running = try #require(await bench.admit(owner: "x").admission)
        let first = try #require(await bench.admit(owner: "a").ticket)
        #expect(await bench.admit(owner: "b").ticket != nil)
        #expect(await bench.admit(owner: "c").refusedBy == "rate at-once")
        await bench.governor.leaveQueue(first)
        await bench.governor.leaveQueue(first)
        #expect(await bench.admit(owner: "d").ticket != nil)
        await bench.governor.settle(running, nil)
        #expect(bench.told.served == ["b"])
    }

    @Test("A queue that one caller has filled takes another: his last is turned away for it")
    func fullOfOne() async throws {
        let bench = try Bench(rates: [queueing(most: 3)])
        let running = try #require(await bench.admit(owner: "x").admission)
        for _ in 0..<3 { #expect(await bench.admit(owner: "a").ticket != nil) }
        #expect(await bench.admit(owner: "a").refusedBy == "rate at-once")
        #expect(await bench.admit(owner: "b").ticket != nil)
        #expect(
            bench.told.verdicts.map(\.owner) == ["a"] && bench.told.verdicts.last?.verdict.refusedBy == "rate at-once")
        #expect(await bench.governor.run { $0.queue.count } == 3)
        #expect(await bench.admit(owner: "b").refusedBy == "rate at-once", "he has as much as anybody would with it")
        #expect(bench.told.verdicts.count == 1)
        await bench.governor.settle(running, nil)
        #expect(bench.told.served == ["a"])
    }

    @Test("Who waits too long is refused by the limit that he waited for, and told how long he waited")
    func timesOut() async throws {
        let bench = try Bench(rates: [queueing(timeout: 2_000_000)])
        let running = try #require(await bench.admit(owner: "x").admission)
        let demand = bench.demand(owner: "a"), governor = bench.governor, clock = bench.clock
        let verdict = await withCheckedContinuation { continuation in
            Task {
                let now = await governor.admit(demand) { continuation.resume(returning: $0) }
                #expect(now.ticket != nil)
                clock.advance(3_000_000)
            }
        }
        guard case .rate(let met, let rule, let waited)? = verdict.refusal?.reason else {
            Issue.record("not refused: \(verdict)")
            return
        }
        #expect(met.id.rule == "at-once" && rule.id == "at-once" && waited == 3_000_000)
        await governor.settle(running, nil)
        #expect(await bench.admit(owner: "b").admission != nil, "who was turned away holds nothing")
    }

    @Test("A clock that is set back by hours does not keep anybody waiting")
    func setBack() async throws {
        let bench = try Bench(rates: [queueing(timeout: 2_000_000)])
        _ = await bench.admit(owner: "x")
        let demand = bench.demand(owner: "a"), governor = bench.governor, clock = bench.clock
        let verdict = await withCheckedContinuation { continuation in
            Task {
                _ = await governor.admit(demand) { continuation.resume(returning: $0) }
                clock.set(by: -5 * 3_600 * Bench.second)
                clock.advance(3_000_000)
            }
        }
        guard case .rate(_, _, let waited)? = verdict.refusal?.reason else {
            Issue.record("not refused: \(verdict)")
            return
        }
        #expect(waited == 3_000_000)
    }

    @Test("Those who come later do not put off the turn of those before them")
    func steadyStream() async throws {
        let bench = try Bench(rates: [queueing(timeout: 3_000_000, most: 1_000)])
        _ = await bench.admit(owner: "x")
        let first = bench.demand(owner: "first"), governor = bench.governor, clock = bench.clock, told = bench.told
        let late = try Bench(rates: [queueing()]).book
        let patient = bench.demand(owner: "later", book: late)
        #expect(await bench.admit(first).ticket != nil)
        clock.advance(4_000_000)
        // Each of these would wait for half a minute.
        await governor.run { governor in
            for _ in 0..<50 { _ = governor.admit(patient) { _ in } }
        }
        var tries = 0
        while told.verdicts.isEmpty, tries < 20_000 {
            tries += 1
            await governor.run { governor in _ = governor.nextSequence() }
        }
        #expect(told.verdicts.first?.owner == "first" && told.verdicts.first?.verdict.refusal != nil)
    }

    @Test("Who waits for one limit does not stand in his own way to another")
    func twoLimits() async throws {
        let bench = try Bench(rates: [
            Sample.rate("opus", 1, .concurrent) {
                $0.when.models = [Glob("*opus*")]
                $0.onLimit = .queue
            },
            Sample.rate("haiku", 1, .concurrent) {
                $0.when.models = [Glob("*haiku*")]
                $0.onLimit = .queue
            },
        ])
        let opus = Sample.subject(), haiku = Sample.subject(model: "claude-haiku-4-5")
        #expect(await bench.admit(opus, owner: "a").admission != nil)
        let running = try #require(await bench.admit(haiku, owner: "a").admission)
        #expect(await bench.admit(opus, owner: "a").ticket != nil)
        #expect(await bench.admit(haiku, owner: "a").ticket != nil)
        await bench.governor.settle(running, Spending())
        #expect(bench.told.served == ["a"])
    }

    @Test("Who waited and then meets a spent budget is told of the budget")
    func budgetAfterWaiting() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)], rates: [queueing()])
        let running = try #require(await bench.admit(cost: 50, owner: "x").admission)
        #expect(await bench.admit(cost: 50, owner: "a").ticket != nil)
        await bench.governor.settle(running, Spending(cost: 100))
        #expect(bench.told.verdicts.first?.verdict.refusedBy == "budget all")
        #expect(await bench.governor.run { $0.queue.isEmpty })
    }

    @Test("A reload with a higher limit lets in who waits")
    func reload() async throws {
        let bench = try Bench(rates: [queueing()])
        _ = await bench.admit(owner: "x")
        for owner in ["a", "b", "c"] { _ = await bench.admit(owner: owner) }
        await bench.governor.replace(Sample.book(rates: [queueing(3)]), openings: [:])
        #expect(bench.told.served == ["a", "b"])
    }
}

import Configuration
import Testing

@testable import Governance

@Suite struct GovernorBudgetTests {
    private typealias Bench = GovernorBench

    @Test("All accounts hold a request, or none does")
    func allOrNone() async throws {
        let bench = try Bench(
            budgets: [
                Sample.budget("person", 100, per: [.user]), Sample.budget("team", 1_000, per: [.team]),
                Sample.budget("all", 60),
            ],
            rates: [Sample.rate("rpm", 10, .requests(window: Bench.minute)), Sample.rate("at-once", 10, .concurrent)])
        let first = try #require(await bench.admit(cost: 50).admission)
        #expect(first.accountCount == 3)
        for rule in ["person", "team", "all"] {
            let scope = ["person": "user=alice", "team": "team=platform", "all": ""][rule] ?? ""
            #expect(await bench.status(rule, scope).map { Array($0.prefix(2)) } == [0, 50])
        }
        let verdict = await bench.admit(cost: 20)
        #expect(verdict.refusedBy == "budget all")
        guard case .budget(let met, _)? = verdict.refusal?.reason else { return }
        #expect(met.balance.reserved == 50 && met.limit == 60 && met.claim.amount == 20 && !met.fits)
        #expect(await bench.status("person", "user=alice") == [0, 50, 100])
        #expect(await bench.status("team", "team=platform") == [0, 50, 1_000])
        await bench.governor.settle(first, Spending(cost: 30))
        #expect(await bench.status("all") == [30, 0, 60])
        #expect(await bench.admit(cost: 20).admission != nil)
    }

    @Test("The record says what each blocking account met")
    func record() async throws {
        let bench = try Bench(budgets: [
            Sample.budget("person", 100, per: [.user]), Sample.budget("watch", 1) { $0.onExceed = .warn },
            Sample.budget("all", 60) { $0.maximumOvershoot = 500 },
        ])
        _ = await bench.admit(cost: 10, worst: 30)
        let admission = try #require(await bench.admit(cost: 20, worst: 25).admission)
        let records = try #require(HoldRecord.parse(String(decoding: admission.record, as: UTF8.self)))
        #expect(records.map(\.id) == [Bench.account("person", "user=alice"), Bench.account("all")])
        #expect(records.allSatisfy { $0.reserved == 10 && $0.worst == 30 && $0.settled == 0 && !$0.isNew })
        #expect(records.map(\.maximumOvershoot) == [nil, 500])
        #expect(admission.warnings == ["watch"])
    }

    @Test("A hold that is dropped gives everything back; one that is settled does not end twice")
    func dropped() async throws {
        let bench = try Bench(
            budgets: [Sample.budget("all", 100)],
            rates: [
                Sample.rate("rpm", 1, .requests(window: Bench.minute)), Sample.rate("at-once", 1, .concurrent),
                Sample.rate("tpm", 50, .tokens(window: Bench.minute)),
            ])
        for _ in 0..<5 {
            let admission = try #require(await bench.admit(cost: 100, tokens: 50).admission)
            #expect(await bench.admit().refusedBy == "rate rpm")
            do { _ = Hold(admission, at: bench.governor) }
            #expect(await bench.status("all") == [0, 0, 100])
        }
        let admission = try #require(await bench.admit(cost: 100, tokens: 50).admission)
        let hold = Hold(admission, at: bench.governor)
        #expect(await hold.settle(Spending(cost: 7, tokens: 3)) > admission.sequence)
        #expect(await bench.status("all") == [7, 0, 100])
        #expect(await Hold.nothing.settle(Spending(cost: 7)) == 0)
    }

    @Test("A request on the governor's loop does not meet the hold that it has just let go of")
    func droppedAtHome() async throws {
        let bench = try Bench(
            budgets: [Sample.budget("all", 100)], rates: [Sample.rate("at-once", 1, .concurrent)])
        let refused = await Task(executorPreference: bench.governor.loop) {
            let first = await bench.governor.admit(bench.demand(cost: 60), whenTurn: nil).admission
            if let first { _ = Hold(first, at: bench.governor) }
            return await bench.governor.admit(bench.demand(cost: 60), whenTurn: nil).refusedBy
        }.value
        #expect(refused == nil)
    }

    @Test("A rule that was away for a while counts what was spent meanwhile, and the checker follows")
    func broughtBack() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)])
        let all = Bench.account("all")
        let early = try #require(await bench.admit(cost: 10).admission)
        await bench.governor.settle(early, Spending(cost: 10))
        await bench.governor.replace(.empty, openings: [:])
        let inFlight = try #require(await bench.admit(cost: 5).admission)
        // Twenty more were spent while no rule was there.
        await bench.governor.replace(bench.book, openings: [all: 30])
        #expect(await bench.status("all") == [30, 5, 100])
        await bench.sweep(Sample.subject())
        #expect(await bench.status("all") == [30, 5, 100], "what is held keeps the account")
        await bench.governor.settle(inFlight, Spending(cost: 5))
        let late = await bench.admit(cost: 70)
        #expect(late.refusedBy == "budget all")
        await bench.governor.replace(bench.book, openings: [all: 1_000])
        #expect(await bench.status("all") == [35, 0, 100], "a rule that stayed knows better than the ledger")
    }

    @Test("A clock that was wrong by days and is set right again does not make anybody's money new")
    func clockSetAndSetRight() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)])
        let early = try #require(await bench.admit(cost: 90).admission)
        await bench.governor.settle(early, Spending(cost: 90))
        bench.clock.set(by: 3 * Bench.day)
        await bench.sweep(Sample.subject())
        await bench.sweep(Sample.subject())
        #expect(await bench.governor.run { $0.population }.accounts == 1, "the window seems over")
        bench.clock.set(by: -3 * Bench.day)
        #expect(await bench.admit(cost: 20).refusedBy == "budget all")
        #expect(await bench.status("all") == [90, 0, 100])
    }

    @Test("A new day is a new account; what began yesterday is charged to yesterday")
    func rollOver() async throws {
        let bench = try Bench(budgets: [
            Sample.budget("day", 100), Sample.budget("month", 1_000) { $0.window = .month },
        ])
        let late = try #require(await bench.admit(cost: 90).admission)
        #expect(await bench.admit(cost: 90).refusedBy == "budget day")
        bench.clock.advance(12 * 3_600 * Bench.second - 1)
        #expect(await bench.admit(cost: 90).refusedBy == "budget day", "the last nanosecond is of the old day")
        bench.clock.advance(1)
        let today = Bench.midnight + Bench.day
        let next = try #require(await bench.admit(cost: 90).admission)
        #expect(await bench.status("day", since: today) == [0, 90, 100])
        await bench.governor.settle(late, Spending(cost: 95))
        #expect(await bench.status("day") == [95, 0, 100])
        #expect(await bench.status("day", since: today) == [0, 90, 100])
        await bench.governor.settle(next, Spending(cost: 10))
        #expect(await bench.status("day", since: today) == [10, 0, 100])
        // Both days are of one month.
        #expect(await bench.governor.statuses().first { $0.id.rule == "month" }?.settled == 105)
    }

    @Test("A raise holds from its beginning until its end, for one account or for all of a rule")
    func raises() async throws {
        let begin = Bench.midnight + 13 * 3_600 * Bench.second
        let bench = try Bench(
            budgets: [Sample.budget("person", 100, per: [.user])],
            raises: [
                LimitRaise(rule: "person", scope: "user=alice", amount: 50, from: begin, until: begin + Bench.minute),
                LimitRaise(rule: "person", scope: "", amount: 5, from: 0, until: begin + 2 * Bench.minute),
                LimitRaise(rule: "other", scope: "", amount: 7_000, from: 0, until: .max),
            ])
        func limits() async -> [Int64?] {
            _ = await bench.admit()
            _ = await bench.admit(Sample.subject(user: "bob"))
            return [await bench.status("person", "user=alice")?[2], await bench.status("person", "user=bob")?[2]]
        }
        #expect(await limits() == [105, 105])
        bench.clock.advance(3_600 * Bench.second - 1)
        #expect(await limits() == [105, 105])
        bench.clock.advance(1)
        #expect(await limits() == [155, 105])
        #expect(await bench.admit(cost: 150).admission != nil)
        bench.clock.advance(Bench.minute)
        #expect(await limits() == [105, 105])
        #expect(await bench.admit(cost: 1).refusedBy == "budget person", "what was admitted under the raise counts on")
        bench.clock.advance(Bench.minute)
        #expect(await limits() == [100, 100])
        let raise = LimitRaise(rule: "person", scope: "user=bob", amount: .max, from: 0, until: .max)
        await bench.governor.replace(raises: [raise])
        #expect(await limits() == [100, .max])
    }

    @Test("A reload changes the limits there are, also for requests that began before it")
    func reload() async throws {
        let bench = try Bench(
            budgets: [Sample.budget("person", 100, per: [.user])],
            rates: [Sample.rate("rpm", 2, .requests(window: Bench.minute), per: [.user])])
        #expect(await bench.admit(cost: 80).admission != nil)
        let next = Sample.book(
            budgets: [Sample.budget("person", 70, per: [.user]), Sample.budget("new", 1_000)],
            rates: [Sample.rate("rpm", 3, .requests(window: Bench.minute), per: [.user])])
        await bench.governor.replace(
            next, openings: [Bench.account("new"): 900, Bench.account("person", "user=alice"): 1])
        #expect(
            await bench.status("person", "user=alice") == [0, 80, 70], "an account that is there is not opened anew")
        #expect(await bench.admit(cost: 1, book: next).refusedBy == "budget person")
        let bob = Sample.subject(user: "bob")
        #expect(await bench.admit(bob, cost: 80).refusedBy == "budget person", "the book of before, the limit of now")
        #expect(await bench.admit(bob, cost: 70, book: next).admission != nil)
        #expect(await bench.status("new") == [900, 70, 1_000])
        for _ in 0..<2 { #expect(await bench.admit(bob).admission != nil) }
        #expect(await bench.admit(bob).refusedBy == "rate rpm")
    }

    @Test("A rule that is about others now has what they spent, and never less than it had")
    func aboutOthers() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)])
        let all = Bench.account("all")
        let early = try #require(await bench.admit(cost: 40).admission)
        await bench.governor.settle(early, Spending(cost: 40))
        func about(_ team: String) -> RuleBook {
            Sample.book(budgets: [Sample.budget("all", 100) { $0.when.teams = [Glob(team)] }])
        }
        await bench.governor.replace(about("platform"), openings: [all: 70])
        #expect(await bench.status("all") == [70, 0, 100])
        await bench.governor.replace(about("data"), openings: [all: 10])
        #expect(await bench.status("all") == [70, 0, 100])
    }

    @Test("Callers that take turns each meet their own account and limiter, also when those were let go of in between")
    func turns() async throws {
        var platform = RuleMatch()
        platform.teams = [Glob("platform")]
        let bench = try Bench(
            budgets: [Sample.budget("person", 100, per: [.user]) { $0.when = platform }, Sample.budget("all", 1_000)],
            rates: [Sample.rate("rpm", 3, .requests(window: Bench.minute), per: [.user])])
        let callers = ["alice", "bob"].map { Sample.subject(user: $0) }
        for turn in 0..<3 {
            for (caller, cost) in zip(callers, [10, 20] as [Int64]) {
                let admission = try #require(await bench.admit(caller, cost: cost).admission, "turn \(turn)")
                await bench.governor.settle(admission, Spending(cost: cost))
            }
        }
        #expect(await bench.status("person", "user=alice") == [30, 0, 100])
        #expect(await bench.status("person", "user=bob") == [60, 0, 100])
        #expect(await bench.status("all") == [90, 0, 1_000])
        for caller in callers { #expect(await bench.admit(caller).refusedBy == "rate rpm") }
        // Who was only refused leaves nothing behind, and is not met again as the one who was let go of.
        let carol = Sample.subject(user: "carol")
        #expect(await bench.admit(carol, cost: 101).refusedBy == "budget person")
        await bench.sweep(Sample.subject(user: "dave", team: "sales"))
        #expect(await bench.status("person", "user=carol") == nil)
        let late = try #require(await bench.admit(carol, cost: 100).admission)
        #expect(await bench.status("person", "user=carol") == [0, 100, 100])
        await bench.governor.settle(late, Spending(cost: 100))
        #expect(await bench.status("person", "user=carol") == [100, 0, 100])
    }

    @Test("What the ledger says was spent opens an account once")
    func openings() async throws {
        let id = Bench.account("person", "user=alice")
        let bench = try Bench(
            budgets: [Sample.budget("person", 100, per: [.user])], openings: [id: 60], reported: [id: 75])
        let admission = try #require(await bench.admit(cost: 10).admission)
        let record = try #require(HoldRecord.parse(String(decoding: admission.record, as: UTF8.self))?.first)
        #expect(record.isNew && record.settled == 60)
        await bench.governor.settle(admission, Spending(cost: 20))
        #expect(await bench.status("person", "user=alice") == [80, 0, 100])
        #expect(bench.told.alerts.isEmpty, "75 % was told before the restart")
        bench.clock.advance(Bench.day)
        #expect(await bench.admit().admission != nil)
        #expect(await bench.status("person", "user=alice", since: Bench.midnight + Bench.day) == [0, 0, 100])
    }

    @Test("Each threshold is told once, in order, also when several are passed at once")
    func thresholds() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 1_000) { $0.alerts.thresholds = [50, 75, 95, 100] }])
        func spend(_ cost: Int64) async throws {
            let admission = try #require(await bench.admit().admission)
            await bench.governor.settle(admission, Spending(cost: cost))
        }
        try await spend(499)
        #expect(bench.told.alerts.isEmpty)
        try await spend(1)
        try await spend(100)
        #expect(bench.told.alerts.map(\.threshold) == [50])
        try await spend(350)
        #expect(bench.told.alerts.map(\.threshold) == [50, 75, 95])
        // A raise brings it below, and it comes up again.
        await bench.governor.replace(raises: [LimitRaise(rule: "all", scope: "", amount: 1_000, from: 0, until: .max)])
        try await spend(600)
        #expect(bench.told.alerts.map(\.threshold) == [50, 75, 95])
        try await spend(450)
        #expect(bench.told.alerts.map(\.threshold) == [50, 75, 95, 100])
        #expect(bench.told.alerts.last?.status.settled == 2_000 && bench.told.alerts.last?.rule.measure == .cost)
        bench.clock.advance(Bench.day)
        try await spend(500)
        #expect(bench.told.alerts.map(\.threshold) == [50, 75, 95, 100], "25 % of the next day")
    }

    @Test("A client is told of the budget that is nearest to its end")
    func notice() async throws {
        let bench = try Bench(budgets: [
            Sample.budget("person", 100, per: [.user]), Sample.budget("all", 1_000) { $0.alerts.thresholds = [5] },
        ])
        #expect(await bench.admit(cost: 40).admission?.notice == nil)
        #expect(await bench.admit(cost: 10).admission?.notice?.rule == "all")
        let notice = try #require(await bench.admit(cost: 30).admission?.notice)
        #expect(notice.rule == "person" && notice.percent == 80 && notice.threshold == 75 && !notice.isShared)
        #expect(notice.resetsAt == Bench.midnight + Bench.day && notice.window == .day)
    }

    @Test("A budget in dollars refuses what has no price, reserves what it is told to, or only warns")
    func unpriced() async throws {
        let refusing = try Bench(budgets: [Sample.budget("all", 100)])
        #expect(await refusing.admit(cost: nil).refusedBy == "unpriced all")
        #expect(await refusing.admit(cost: 1).admission != nil)

        let reserving = try Bench(budgets: [Sample.budget("all", 100) { $0.unpricedReserve = 60 }])
        let admission = try #require(await reserving.admit(cost: nil).admission)
        #expect(await reserving.status("all") == [0, 60, 100])
        #expect(await reserving.admit(cost: nil).refusedBy == "budget all")
        await reserving.governor.settle(admission, Spending(tokens: 5, isUnpriced: true))
        #expect(await reserving.status("all") == [60, 0, 100])

        let warning = try Bench(budgets: [Sample.budget("all", 100) { $0.onExceed = .warn }])
        #expect(await warning.admit(cost: nil).admission?.warnings == ["all"])

        let counting = try Bench(budgets: [Sample.budget("all", 100) { $0.measure = .tokens }])
        let tokens = try #require(await counting.admit(cost: nil, tokens: 40).admission)
        await counting.governor.settle(tokens, Spending(tokens: 70, isUnpriced: true))
        #expect(await counting.status("all") == [70, 0, 100])
    }

    @Test("What was held at a price and cannot be priced at the end is charged what was held")
    func pricedThenNot() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)])
        let admission = try #require(await bench.admit(cost: 40).admission)
        await bench.governor.settle(admission, Spending(tokens: 5, isUnpriced: true))
        #expect(await bench.status("all") == [40, 0, 100])
    }

    @Test("A budget that warns lets pass, counts, and says so")
    func warns() async throws {
        let bench = try Bench(budgets: [
            Sample.budget("soft", 10) { $0.onExceed = .warn }, Sample.budget("hard", 100),
        ])
        let first = try #require(await bench.admit(cost: 10).admission)
        #expect(first.warnings.isEmpty)
        let second = try #require(await bench.admit(cost: 10).admission)
        #expect(second.warnings == ["soft"] && second.notice?.rule == "soft")
        #expect(await bench.status("soft") == [0, 20, 10])
        #expect(await bench.admit(cost: 90).refusedBy == "budget hard")
        #expect(await bench.status("soft") == [0, 20, 10])
    }

    @Test("Figures speak of the present windows: from the start, and no longer than these last")
    func figures() async throws {
        let raise = LimitRaise(
            rule: "person", scope: "", amount: 7, from: 0, until: Bench.midnight + 13 * 60 * Bench.minute)
        let bench = try Bench(
            budgets: [Sample.budget("person", 100, per: [.user]), Sample.budget("all", 60)],
            openings: [
                Bench.account("person", "user=alice"): 30, Bench.account("person", "user=bob"): 10,
                Bench.account("gone"): 5, Bench.account("person", "user=alice", start: Bench.midnight - Bench.day): 90,
            ], raises: [raise])
        let (governor, told) = (bench.governor, bench.told)
        await governor.tellOpenings()
        #expect(told.figures == ["person user=alice": [30, 0, 107], "person user=bob": [10, 0, 107]])
        let admission = try #require(await bench.admit(cost: 5).admission)
        await governor.run { $0.tell() }
        #expect(told.figures["person user=alice"] == [30, 5, 107] && told.figures["all "] == [0, 5, 60])

        bench.clock.advance(2 * 60 * Bench.minute)
        await governor.run { $0.renew() }
        await governor.run { $0.tell() }
        #expect(told.figures["person user=alice"] == [30, 5, 100] && told.figures["person user=bob"] == [10, 0, 100])

        bench.clock.advance(Bench.day)
        await governor.run { $0.renew() }
        #expect(told.figures.isEmpty)
        await governor.settle(admission, Spending(cost: 6))
        _ = await bench.admit(Sample.subject(user: "bob"), cost: 1)
        await governor.run { $0.tell() }
        #expect(told.figures == ["person user=bob": [0, 1, 100], "all ": [0, 1, 60]])

        await governor.replace(Sample.book(budgets: [Sample.budget("all", 70)]), openings: [:])
        await governor.run { $0.renew() }
        await governor.run { $0.tell() }
        #expect(told.figures == ["all ": [0, 1, 70]])
    }
}

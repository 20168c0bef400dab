import Configuration
import Testing

@testable import Governance

@Suite("The clock is set under budgets")
struct GovernorClockTests {
    private typealias Bench = GovernorBench

    @Test("Who set the clock into other windows has what was spent in them read; time that passes does not")
    func clockSet() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 100)], openings: [Bench.account("all"): 60])
        #expect(await bench.admit(cost: 50).refusedBy == "budget all")
        bench.clock.advance(Bench.day)
        #expect(await bench.admit(cost: 100).admission != nil && bench.told.unread == 0, "another day")
        bench.clock.set(by: 3_600 * Bench.second)
        #expect(await bench.admit(cost: 1).refusedBy == "budget all" && bench.told.unread == 0, "the same day")
        bench.clock.set(by: -3 * Bench.day)
        let before = Bench.midnight - 2 * Bench.day
        let early = try #require(await bench.admit(cost: 20).admission)
        #expect(await bench.admit(cost: 1).admission != nil && bench.told.unread == 1, "once")
        await bench.governor.settle(early, Spending(cost: 5))
        let spent = [Bench.account("all", start: before): 95 as Int64]
        #expect(
            await bench.governor.reopen(spent, before: [:], reported: [:], of: .empty) == nil && bench.told.unread == 2)
        #expect(await bench.status("all", since: before) == [5, 1, 100], "of other rules")
        let known = await bench.governor.settledSums()
        let late = try #require(await bench.admit(cost: 10).admission)
        await bench.governor.settle(late, Spending(cost: 2))
        let place = await bench.governor.reopen(spent, before: known, reported: [:], of: bench.book)
        #expect(try #require(place) > late.sequence)
        #expect(await bench.status("all", since: before) == [97, 1, 100], "what was settled while it was read counts")
        #expect(await bench.admit(cost: 3).refusedBy == "budget all")
        bench.clock.set(by: 3 * Bench.day)
        #expect(await bench.admit(cost: 1).refusedBy == "budget all" && bench.told.unread == 3)
    }

    @Test("What was told of a window before the clock was set is not told again")
    func thresholdsAfterClockSet() async throws {
        let bench = try Bench(budgets: [Sample.budget("all", 1_000) { $0.alerts.thresholds = [50, 75] }])
        let account = Bench.account("all")
        _ = await bench.governor.reopen([account: 600], before: [:], reported: [account: 50], of: bench.book)
        let first = try #require(await bench.admit(cost: 10).admission)
        await bench.governor.settle(first, Spending(cost: 1))
        #expect(bench.told.alerts.isEmpty)
        _ = await bench.governor.reopen(
            [account: 800], before: bench.governor.settledSums(), reported: [account: 75], of: bench.book)
        let second = try #require(await bench.admit(cost: 10).admission)
        await bench.governor.settle(second, Spending(cost: 1))
        #expect(bench.told.alerts.isEmpty)
    }
}

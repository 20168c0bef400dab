import Configuration
import Testing

@testable import Governance

@Suite("Accounts of sessions and tags that nobody uses at present")
struct RestingTests {
    private typealias Bench = GovernorBench
    private static let session = Sample.budget("run", 100, per: [.session]) {
        $0.window = .total
        $0.alerts.thresholds = [50, 75]
    }

    private static func subject(_ session: String, project: String = "atlas") -> RuleSubject {
        RuleSubject(
            principal: Sample.principal(), metadata: Metadata(["project": project]),
            target: Sample.subject().target, session: session)
    }

    private func spend(_ bench: Bench, _ subject: RuleSubject, _ cost: Int64) async throws -> Admission {
        let admission = try #require(await bench.admit(subject, cost: cost).admission)
        await bench.governor.settle(admission, Spending(cost: cost))
        return admission
    }

    /// So much later that the governor looks who rests. Its own timer may have it look earlier at those that are left over.
    private func sweep(_ bench: Bench, times: Int = 1) async {
        for _ in 0..<times {
            bench.clock.advance(5 * Bench.minute)
            await bench.governor.run { $0.tell() }
        }
    }

    private func leave(_ bench: Bench) async {
        while await bench.governor.run({ governor in
            governor.letGo(at: governor.now)
            return !governor.leaving.isEmpty
        }) {}
    }

    @Test("A session that rests is small, has no figures, and goes on where it stood")
    func sessions() async throws {
        let bench = try Bench(budgets: [Self.session, Sample.budget("person", 100_000, per: [.user])])
        for index in 0..<500 { _ = try await spend(bench, Self.subject("s\(index)"), 60) }
        await sweep(bench)
        #expect(await bench.governor.population.accounts == 501, "used since there was a sweep")
        _ = try await spend(bench, Self.subject("other"), 60)
        await sweep(bench)
        let population = await bench.governor.population
        #expect(population.accounts == 2 && population.resting == 500, "a person's account stays")
        #expect(bench.told.figures.keys.sorted() == ["person user=alice", "run session=other"])

        #expect(await bench.admit(Self.subject("s7"), cost: 41).refusedBy == "budget run")
        let told = bench.told.alerts.count
        let again = try await spend(bench, Self.subject("s7"), 14)
        #expect(bench.told.alerts.count == told, "50 percent was told before")
        let record = try #require(HoldRecord.parse(String(decoding: again.record, as: UTF8.self))?.first)
        #expect(record.settled == 60 && !record.isNew, "for the proof it is the same account")
        _ = try await spend(bench, Self.subject("s7"), 2)
        #expect(bench.told.alerts.count == told + 1)
        #expect(await bench.governor.population.resting == 499)
    }

    @Test("Who holds something does not rest")
    func held() async throws {
        let bench = try Bench(budgets: [Self.session])
        let held = try #require(await bench.admit(Self.subject("long"), cost: 60).admission)
        await sweep(bench, times: 3)
        #expect(await bench.governor.statuses().map(\.reserved) == [60])
        await bench.governor.settle(held, Spending(cost: 50))
        #expect(await bench.admit(Self.subject("long"), cost: 51).refusedBy == "budget run")
    }

    @Test("Of very many some leave at a time")
    func turns() async throws {
        let bench = try Bench(budgets: [Self.session])
        for index in 0..<2_500 { _ = try await spend(bench, Self.subject("s\(index)"), 1) }
        await sweep(bench)
        bench.clock.advance(5 * Bench.minute)
        let left = await bench.governor.run { governor in
            governor.tell()
            return governor.population.accounts
        }
        #expect(left == 1_500)
        _ = try await spend(bench, Self.subject("s0"), 1)
        _ = try await spend(bench, Self.subject("s2499"), 1)
        await leave(bench)
        #expect(await bench.governor.population.accounts == 2, "who is used meanwhile stays")
        #expect(await bench.admit(Self.subject("s0"), cost: 99).refusedBy == "budget run")
        #expect(await bench.admit(Self.subject("s1"), cost: 99).admission != nil)
    }

    @Test("Figures of tags that rest stay as long as they are few")
    func tags() async throws {
        let bench = try Bench(budgets: [Sample.budget("project", 100, per: [.metadata("project")])])
        for index in 0..<5 { _ = try await spend(bench, Self.subject("", project: "p\(index)"), 60) }
        await sweep(bench, times: 2)
        #expect(await bench.governor.population.resting == 5 && bench.told.figures.count == 5)
        for index in 0..<1_200 { _ = try await spend(bench, Self.subject("", project: "q\(index)"), 1) }
        await sweep(bench, times: 2)
        await leave(bench)
        #expect(bench.told.figures.count == 1_000)
        bench.clock.advance(Bench.day)
        await bench.governor.run { $0.renew() }
        #expect(bench.told.figures.isEmpty, "a new day")
    }

    @Test("A rule that changed begins with what the ledger has, one that stayed with what it had")
    func reloads() async throws {
        let bench = try Bench(budgets: [Self.session])
        _ = try await spend(bench, Self.subject("one"), 60)
        await sweep(bench, times: 2)
        var higher = Self.session
        higher.limit = 120
        let book = Sample.book(budgets: [higher])
        await bench.governor.replace(book, openings: [:])
        #expect(await bench.admit(Self.subject("one"), cost: 61, book: book).refusedBy == "budget run")
        #expect(await bench.admit(Self.subject("one"), cost: 60, book: book).admission != nil)
        var opus = higher
        opus.when.models = [Glob("*")]
        let narrow = Sample.book(budgets: [opus])
        _ = try await spend(bench, Self.subject("two"), 70)
        await sweep(bench, times: 2)
        let two = try #require(await bench.governor.settledSums().keys.first { $0.scope == "session=two" })
        await bench.governor.replace(narrow, openings: [two: 30])
        #expect(await bench.admit(Self.subject("two"), cost: 90, book: narrow).admission != nil)
    }

    @Test("What was spent is read while an account rests, is used, and rests again")
    func reopened() async throws {
        let bench = try Bench(budgets: [Self.session])
        _ = try await spend(bench, Self.subject("one"), 20)
        _ = try await spend(bench, Self.subject("two"), 20)
        await sweep(bench, times: 2)
        let known = await bench.governor.settledSums()
        let one = try #require(known.keys.first { $0.scope == "session=one" })
        let two = try #require(known.keys.first { $0.scope == "session=two" })
        #expect(known[one] == 20)
        _ = try await spend(bench, Self.subject("one"), 5)
        await sweep(bench, times: 2)
        _ = await bench.governor.reopen([one: 40, two: 10], before: known, reported: [one: 50], of: bench.book)
        let sums = await bench.governor.settledSums()
        #expect(sums[one] == 45 && sums[two] == 20)
        _ = try await spend(bench, Self.subject("one"), 10)
        #expect(!bench.told.alerts.contains { $0.status.id.scope == "session=one" }, "50 percent was reported before")
    }
}

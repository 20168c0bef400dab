import Configuration
import Testing

@testable import Governance

@Suite("The accounts of a caller, whatever is asked for")
struct StandingTests {
    @Test("Shown are budgets in money that begin anew, of rules that speak of the caller only")
    func selection() {
        let book = Sample.book(budgets: [
            Sample.budget("mine", 10, per: [.user, .metadata("project")]),
            Sample.budget("total", 10) { $0.window = .total },
            Sample.budget("tokens", 10) { $0.measure = .tokens },
            Sample.budget("opus", 10) { $0.when.models = [Glob("*opus*")] },
            Sample.budget("not-opus", 10) {
                var opus = RuleMatch()
                opus.models = [Glob("*opus*")]
                $0.when.not = [opus]
            },
            Sample.budget("each-model", 10, per: [.model]), Sample.budget("each-session", 10, per: [.user, .session]),
            Sample.budget("juniors", 10) { $0.when.groups = [Glob("junior")] },
            Sample.budget("others", 10) {
                var junior = RuleMatch()
                junior.groups = [Glob("junior")]
                $0.when.not = [junior]
            },
        ])
        let places = book.standingPlaces(of: Sample.principal(), Metadata(["project": "atlas"]))
        #expect(places.map { book.budget(at: $0).id } == ["mine", "others"])
        #expect(places.map(\.scope) == ["user=alice,metadata.project=atlas", ""])
    }

    @Test("Asking opens no account, and finds what was spent before, and raises")
    func asking() async throws {
        let id = GovernorBench.account("person", "user=alice")
        let bench = try GovernorBench(budgets: [Sample.budget("person", 100, per: [.user])], openings: [id: 60])
        let book = bench.book
        await bench.governor.replace(raises: [
            LimitRaise(rule: "person", scope: "", amount: 5, from: 0, until: .max),
            LimitRaise(rule: "person", scope: "user=eve", amount: 7, from: 0, until: .max),
        ])
        let places = book.standingPlaces(of: Sample.principal(), .none)
        let statuses = await bench.governor.statuses(at: places, of: book)
        #expect(statuses == [BudgetStatus(id: id, limit: 105, settled: 60, reserved: 0, exposure: 0)])
        #expect(await bench.governor.population.accounts == 0)
    }
}

import Configuration
import Testing
import Wire

@testable import Governance

@Suite struct SpendOpeningsTests {
    private static let now: Int64 = 1_795_000_000_000_000_000

    @Test("What had no price begins with what it reserved, else with the reserve of its rule")
    func unpriced() throws {
        let book = Sample.book(budgets: [
            Sample.budget("held", 1_000), Sample.budget("reserve", 1_000) { $0.unpricedReserve = 40 },
            Sample.budget("new", 1_000) { $0.unpricedReserve = 7 },
            Sample.budget("tokens", 1_000) { $0.measure = .tokens },
        ])
        let start = try #require(book.windowStarts(at: Self.now).first)
        let window = book.rules.zone.window(.day, containing: Self.now)
        var holds = ByteWriter()
        for (rule, amount) in [("held", 11), ("reserve", 13)] as [(String, Int64)] {
            let id = BudgetAccountID(rule: rule, unit: "cost_per_day", scope: "", window: window)
            let met = BudgetExamination(
                id: id, claim: BudgetBalance.Claim(amount: amount, worst: amount), balance: BudgetBalance(settled: 0),
                limit: 1_000, maximumOvershoot: nil, isNew: true, fits: true)
            HoldRecord(met).append(to: &holds)
        }
        let subject = Sample.subject()
        let openings = book.openings(
            of: [
                SpentBefore(subject: subject, since: start, cost: 0, tokens: 5, attempts: 1, holds: holds.text),
                SpentBefore(subject: subject, since: start, cost: 100, tokens: 50, attempts: 3),
            ], at: Self.now)
        func opening(_ rule: String, _ unit: String = "cost_per_day") -> Int64? {
            openings[BudgetAccountID(rule: rule, unit: unit, scope: "", window: window)]
        }
        #expect(opening("held") == 111)
        #expect(opening("reserve") == 113, "not what the rule says by now")
        #expect(opening("new") == 107, "the rule was not there then")
        #expect(opening("tokens", "tokens_per_day") == 55)
    }
}

import Testing
import Wire

@testable import Configuration
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
        let start = try #require(book.windowBounds(at: Self.now).first)
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
                // A price of 0 is a price.
                SpentBefore(subject: subject, since: start, cost: 0, tokens: 9, attempts: 4),
            ], at: Self.now)
        func opening(_ rule: String, _ unit: String = "cost_per_day") -> Int64? {
            openings[BudgetAccountID(rule: rule, unit: unit, scope: "", window: window)]
        }
        #expect(opening("held") == 111)
        #expect(opening("reserve") == 113, "not what the rule says by now")
        #expect(opening("new") == 107, "the rule was not there then")
        #expect(opening("tokens", "tokens_per_day") == 64)
    }

    @Test("What a clock that was ahead says of attempts counts in the windows that they began in, and in no other")
    func ahead() throws {
        let book = Sample.book(budgets: [
            Sample.budget("day", 1_000), Sample.budget("month", 1_000) { $0.window = .month },
            Sample.budget("total", 1_000) { $0.window = .total },
        ])
        let zone = book.rules.zone, bounds = book.windowBounds(at: Self.now)
        let day = zone.window(.day, containing: Self.now), month = zone.window(.month, containing: Self.now)
        #expect(bounds == [0, month.lowerBound, day.lowerBound, day.upperBound, month.upperBound, .max])
        let spent = zip(bounds, [1, 20, 300, 4_000, 50_000] as [Int64]).map { since, cost in
            SpentBefore(subject: Sample.subject(), since: since, cost: cost, tokens: 1, attempts: 1)
        }
        let openings = book.openings(of: spent, at: Self.now).map { "\($0.key.rule) \($0.value)" }.sorted()
        #expect(openings == ["day 300", "month 4320", "total 54321"])
    }

    @Test("Only budgets whose sums are not known are read for a reload")
    func changed() {
        let kept = Sample.budget("kept", 100), other = Sample.budget("other", 100, per: [.user])
        func changed(_ budgets: [BudgetRule], _ rates: [RateRule] = [], in zone: TimeZone = .utc) -> [String] {
            var rules = RuleSet()
            (rules.budgets, rules.rates, rules.zone) = (budgets, rates, zone)
            let read = RuleBook(rules).rules(changedSince: Sample.book(budgets: [kept, other]))
            #expect(read.rates.isEmpty && read.zone == zone)
            return read.budgets.map(\.id)
        }
        #expect(changed([other, kept], [Sample.rate("rpm", 1, .concurrent)]) == [])
        #expect(changed([kept]) == [] && changed([]) == [])
        let amounts = Sample.budget("kept", 5) {
            ($0.onExceed, $0.maximumOvershoot, $0.alerts.thresholds) = (.warn, 7, [50])
        }
        #expect(changed([amounts, other]) == [], "an account follows its limit by itself")
        let changes: [(inout BudgetRule) -> Void] = [
            { $0.when.teams = [Glob("platform")] }, { $0.appliesPer = [.team] }, { $0.window = .month },
            { $0.measure = .tokens }, { $0.unpricedReserve = 9 },
        ]
        for change in changes {
            #expect(changed([Sample.budget("kept", 100, change), other, Sample.budget("new", 1)]) == ["kept", "new"])
        }
        let ahead = TimeZone(name: "Ahead", transitions: [], firstOffset: 3_600)
        #expect(changed([kept, other], in: ahead) == ["kept", "other"])
    }
}

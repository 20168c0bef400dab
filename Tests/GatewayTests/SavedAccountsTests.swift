import Configuration
import Governance
import Ledger
import Testing

@testable import Gateway

@Suite("Accounts as they were saved, beside what the ledger's rows come to")
struct SavedAccountsTests {
    private static let now: Int64 = 1_795_000_000_000_000_000
    private static let book: RuleBook = {
        var rules = RuleSet(), total = BudgetRule(id: "all", limit: 50)
        total.window = .total
        rules.budgets = [BudgetRule(id: "day", limit: 100), total]
        return RuleBook(rules)
    }()
    private static let window = book.rules.zone.window(.day, containing: now)

    private static func id(_ scope: String, _ rule: String = "day") -> BudgetAccountID {
        BudgetAccountID(rule: rule, unit: "cost_per_day", scope: scope, window: window)
    }

    private static func row(
        _ scope: String, rule: String = "day", unit: String = "cost_per_day", limit: Int64 = 1, settled: Int64,
        reserved: Int64 = 0, start: Int64 = window.lowerBound
    ) -> BudgetAccountRow {
        var row = BudgetAccountRow(
            key: .init(rule: rule, scope: scope, windowStart: start), windowEnd: window.upperBound, unit: unit,
            limit: limit, updatedAt: 7)
        (row.settled, row.reserved, row.exposure) = (settled, reserved, reserved)
        return row
    }

    private static let raises = [LimitRaise(rule: "day", scope: "b", amount: 5, from: 0, until: .max)]

    private static func said(_ rows: [BudgetAccountRow]) -> [String] {
        rows.map { "\($0.key.rule) \($0.key.scope): \($0.settled) + \($0.reserved) of \($0.limit)" }
    }

    @Test("A saved account keeps its sums, another has the ledger's; limits are those of the rules with their raises")
    func shown() {
        let saved = [
            Self.row("b", settled: 7, reserved: 3), Self.row("gone", rule: "former", settled: 9),
            Self.row("c", unit: "tokens_per_day", settled: 9), Self.row("d", settled: 9, start: 0),
        ]
        let accounts = Self.book.accounts(
            [Self.id("b"): 6, Self.id("a"): 4], saved: saved, Self.raises, at: Self.now)
        #expect(Self.said(accounts) == ["day a: 4 + 0 of 100", "day b: 7 + 3 of 105"])
    }

    @Test("After a start what a dead process left is put right, and only that is written")
    func corrected() {
        let left = [
            Self.row("a", limit: 100, settled: 4), Self.row("b", limit: 100, settled: 4, reserved: 3),
            Self.row("c", limit: 100, settled: 2), Self.row("gone", rule: "former", settled: 9, reserved: 1),
        ]
        let rows = Self.book.corrections(
            of: left, [Self.id("a"): 4, Self.id("b"): 6], Self.raises, at: Self.now)
        #expect(
            Self.said(rows) == ["day b: 6 + 0 of 105", "day c: 0 + 0 of 100", "former gone: 9 + 0 of 1"])
        #expect(rows.allSatisfy { $0.exposure == 0 && $0.updatedAt == 7 }, "nobody has used them")
    }
}

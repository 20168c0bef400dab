import Configuration
import Governance
import Testing
import Wire

@testable import Gateway

@Suite("What Claude Code's usage display is told")
struct SpendUsageTests {
    private static func account(
        _ id: String, _ window: BudgetWindow, dollars settled: Int64, of limit: Int64, thresholds: [Int] = [75, 95]
    ) -> (rule: BudgetRule, status: BudgetStatus) {
        var rule = BudgetRule(id: id, limit: limit * 1_000_000_000)
        rule.window = window
        rule.alerts.thresholds = thresholds
        let id = BudgetAccountID(rule: id, unit: rule.unit, scope: "", window: 0..<86_400_000_000_000)
        let status = BudgetStatus(
            id: id, limit: rule.limit, settled: settled * 1_000_000_000, reserved: 7, exposure: 0)
        return (rule, status)
    }

    private static func limits(_ usage: SpendUsage) throws -> [String] {
        let limits = try #require(try JSONValue(parsing: usage.json).object?["limits"]?.array)
        return try limits.map { limit in
            let limit = try #require(limit.object)
            guard case .integer(let percent)? = limit["percent"] else { return "no percent" }
            return "\(limit["group"]?.string ?? "") \(percent) \(limit["severity"]?.string ?? "")"
        }
    }

    @Test("Of each window the budget nearest to its limit is shown, and the nearest of them first, with its money")
    func nearest() throws {
        let usage = SpendUsage([
            Self.account("m1", .month, dollars: 10, of: 100), Self.account("d", .day, dollars: 3, of: 4),
            Self.account("m2", .month, dollars: 60, of: 100), Self.account("w", .week, dollars: 9, of: 8),
        ])
        #expect(try Self.limits(usage) == ["weekly 100 warning", "daily 75 warning", "monthly 60 normal"])
        #expect(usage.json.contains(#""monthly_limit":800,"used_credits":900,"utilization":100"#))
    }

    @Test("Of two alike the one with less left is shown")
    func smaller() {
        let usage = SpendUsage([
            Self.account("small", .month, dollars: 0, of: 5), Self.account("large", .month, dollars: 0, of: 500),
        ])
        #expect(usage.json.contains(#""monthly_limit":500,"#))
    }

    @Test("Without thresholds nothing is a warning before the end")
    func thresholds() throws {
        let usage = SpendUsage([Self.account("d", .day, dollars: 99, of: 100, thresholds: [])])
        #expect(try Self.limits(usage) == ["daily 99 normal"])
        #expect(usage.json.contains(#""is_enabled":true,"monthly_limit":10000,"used_credits":9900,"utilization":99"#))
    }

    @Test("Without a budget there is nothing but nulls")
    func nothing() {
        let nulls = #""monthly_limit":null,"used_credits":null,"utilization":null,"currency":"USD""#
        #expect(SpendUsage([]).json == #"{"extra_usage":{"is_enabled":false,\#(nulls)},"limits":[]}"#)
    }
}

import Configuration
import Governance
import Wire

/// Budgets as Claude Code's `/usage` shows them: the answer to `GET /api/oauth/usage`. Of a day's, a week's and a month's budgets the
/// one that is nearest to its limit.
struct SpendUsage {
    private struct Limit {
        let rule: BudgetRule
        let status: BudgetStatus
        let percent: Int64

        /// From its end.
        func isFarther(than other: Limit) -> Bool {
            (percent, other.left) < (other.percent, left)
        }

        private var left: Int64 { status.limit - status.settled }
    }

    /// The one that is nearest to its limit first: the client shows the money of the first with the name of its window.
    private let limits: [Limit]

    /// - Parameter accounts: in nano-dollars, of windows that end.
    init(_ accounts: [(rule: BudgetRule, status: BudgetStatus)]) {
        let all = accounts.map { rule, status in
            let percent = BudgetBalance(settled: status.settled).settledPercent(of: status.limit)
            return Limit(rule: rule, status: status, percent: min(100, max(0, percent)))
        }
        limits = [BudgetWindow.day, .week, .month].compactMap { window in
            all.filter { $0.rule.window == window }.max { $0.isFarther(than: $1) }
        }.sorted { $1.isFarther(than: $0) }
    }

    /// Amounts are cents. `monthly_limit` is called so whatever the window.
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("extra_usage")
        write(limits.first, to: &writer)
        writer.key("limits")
        writer.beginArray()
        for limit in limits { write(limit: limit, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private func write(_ nearest: Limit?, to writer: inout JSONWriter) {
        func member(_ name: StaticString, _ value: Int64?) {
            writer.key(name)
            if let value { writer.value(value) } else { writer.null() }
        }
        writer.beginObject()
        writer.key("is_enabled")
        writer.value(!limits.isEmpty)
        member("monthly_limit", nearest.map { $0.status.limit / Self.cent })
        member("used_credits", nearest.map { $0.status.settled / Self.cent })
        member("utilization", nearest.map(\.percent))
        writer.member("currency", "USD")
        writer.endObject()
    }

    private func write(limit: Limit, to writer: inout JSONWriter) {
        let threshold = Int64(limit.rule.alerts.thresholds.first ?? 100)
        writer.beginObject()
        writer.member("kind", "spend")
        writer.member("group", "\(limit.rule.window.adjective ?? "")")
        writer.member("percent", limit.percent)
        writer.member("resets_at", RFC3339.text(limit.status.id.windowEnd, fraction: .milliseconds))
        writer.member("severity", limit.percent < threshold ? "normal" : "warning")
        writer.key("is_active")
        writer.value(true)
        writer.endObject()
    }

    /// In nano-dollars.
    private static let cent: Int64 = 10_000_000
}

import Configuration
import Gateway
import Ledger
import Wire

extension BudgetOverview {
    /// For programs: dollars with nine digits behind the point or tokens, and the same as integers.
    ///
    /// - Parameter rules: of the configuration.
    func json(_ rules: [BudgetRule]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("running")
        writer.value(isRunning)
        writer.key("accounts")
        writer.beginArray()
        for account in accounts { Self.write(account, to: &writer) }
        writer.endArray()
        writer.key("raises")
        writer.beginArray()
        for raise in raises {
            Self.write(raise, unit: rules.first { $0.id == raise.rule }?.unit, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private static func write(_ account: BudgetAccountRow, to writer: inout JSONWriter) {
        let amounts = [
            ("settled", account.settled), ("reserved", account.reserved), ("exposure", account.exposure),
            ("limit", account.limit),
        ]
        writer.beginObject()
        writer.member("rule", account.key.rule)
        writer.member("scope", account.key.scope)
        writer.member("unit", account.unit)
        for (name, value) in amounts {
            writer.key(string: name)
            writer.value(string: BudgetTable.exact(value, unit: account.unit))
        }
        for (name, value) in amounts { BudgetTable.write(name, value, unit: account.unit, to: &writer) }
        writer.member("window_start", RFC3339.text(account.key.windowStart, fraction: .none))
        if let end = account.windowEnd { writer.member("resets", RFC3339.text(end, fraction: .none)) }
        writer.endObject()
    }

    /// - Parameter unit: of its rule; `nil`: the configuration has it no more.
    private static func write(_ raise: BudgetRaise, unit: String?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", raise.id)
        writer.member("rule", raise.rule)
        writer.member("scope", raise.scope)
        writer.member("amount", raise.amount)
        if let unit {
            writer.member("unit", unit)
            BudgetTable.write("amount", raise.amount, unit: unit, to: &writer)
        }
        writer.member("until", RFC3339.text(raise.until, fraction: .none))
        writer.member("actor", raise.actor)
        writer.member("reason", raise.reason)
        writer.endObject()
    }
}

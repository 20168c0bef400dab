import Configuration
import Ledger
import Wire

/// Budget accounts and raises for people to read.
enum BudgetTable {
    static func render(_ accounts: [BudgetAccountRow]) -> String {
        var rows = [["BUDGET", "FOR", "SETTLED", "RESERVED", "EXPOSURE", "LIMIT", "USED", "UNIT", "BEGINS ANEW"]]
        for account in accounts {
            let share = account.limit > 0 ? Int(clamping: Int128(account.settled) * 100 / Int128(account.limit)) : 100
            rows.append([
                account.key.rule, account.key.scope.isEmpty ? "everybody" : account.key.scope,
                shown(account.settled, account.unit), shown(account.reserved, account.unit),
                shown(account.exposure, account.unit), shown(account.limit, account.unit), "\(share) %", account.unit,
                account.windowEnd.map { RFC3339.text($0, fraction: .none) } ?? "never",
            ])
        }
        return TextTable.render(rows)
    }

    static func render(_ raises: [BudgetRaise], _ rules: [BudgetRule]) -> String {
        var rows = [["RAISE", "BUDGET", "FOR", "BY", "UNTIL", "GIVEN BY", "REASON"]]
        for raise in raises {
            let unit = rules.first { $0.id == raise.rule }?.unit ?? ""
            rows.append([
                "\(raise.id)", raise.rule, raise.scope.isEmpty ? "everybody" : raise.scope, shown(raise.amount, unit),
                RFC3339.text(raise.until, fraction: .none), raise.actor, raise.reason,
            ])
        }
        return TextTable.render(rows)
    }

    /// As reports show amounts: dollars, rounded to four places, or tokens.
    static func shown(_ value: Int64, _ unit: String) -> String {
        BudgetRule.isMoney(unit: unit) ? Money.short(value) : Money.grouped(value)
    }

    /// Dollars with nine digits behind the point, or tokens.
    static func exact(_ value: Int64, unit: String) -> String {
        BudgetRule.isMoney(unit: unit) ? NanoText.exact(value) : "\(value)"
    }

    /// Writes an amount as an integer under a name that says of what: `settled_nano_usd`, `settled_tokens`.
    static func write(_ name: String, _ value: Int64, unit: String, to writer: inout JSONWriter) {
        writer.key(string: name + (BudgetRule.isMoney(unit: unit) ? "_nano_usd" : "_tokens"))
        writer.value(value)
    }
}

import Configuration
import Governance
import Ledger
import Wire

extension BudgetVerification {
    /// Nothing was found that does not add up.
    package var isProved: Bool { replay.findings.isEmpty && unreadable == 0 }

    private var accounts: [(id: BudgetAccountID, balance: BudgetBalance)] {
        replay.balances.map { ($0.key, $0.value) }
            .sorted { ($0.id.rule, $0.id.scope, $0.id.windowStart) < ($1.id.rule, $1.id.scope, $1.id.windowStart) }
    }

    /// For people.
    package var text: String {
        var lines = [
            "\(replay.admissions) admissions and \(replay.refusals) refusals on \(replay.balances.count) accounts, over \(replay.starts) starts:"
        ]
        for finding in replay.findings.prefix(100) {
            let account = finding.account.map { "\($0.rule) \($0.scope)" } ?? ""
            let request = finding.requestID == 0 ? "" : RequestID(rawValue: finding.requestID).description
            lines.append("  \(request) \(account): \(finding.sentence)")
        }
        if replay.findings.count > 100 { lines.append("  and \(replay.findings.count - 100) more") }
        if unreadable > 0 { lines.append("  \(unreadable) records cannot be read") }
        if !replay.openings.isEmpty {
            lines.append(
                "  \(replay.openings.count) accounts began with what was spent before the time that was asked for, or before their rule was there"
            )
        }
        if replay.uncompared > 0 {
            lines.append(
                "  \(replay.uncompared) sums of accounts cannot be compared: decisions of the same moment were lost with their process, or are not written yet"
            )
        }
        lines.append(isProved ? "each of them was right" : "NOT PROVED")
        return lines.joined(separator: "\n")
    }

    /// For programs. Amounts are nano-dollars or tokens.
    package var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("admissions", Int64(replay.admissions))
        writer.member("refusals", Int64(replay.refusals))
        writer.member("starts", Int64(replay.starts))
        writer.member("unreadable", Int64(unreadable))
        writer.member("uncompared", Int64(replay.uncompared))
        writer.member("openings", Int64(replay.openings.count))
        writer.key("findings")
        writer.beginArray()
        for finding in replay.findings {
            writer.beginObject()
            writer.member("order", finding.sequence)
            writer.member("request_id", RequestID(rawValue: finding.requestID).description)
            writer.member("rule", finding.account?.rule ?? "")
            writer.member("scope", finding.account?.scope ?? "")
            writer.member("problem", finding.sentence)
            writer.endObject()
        }
        writer.endArray()
        writer.key("accounts")
        writer.beginArray()
        for (id, balance) in accounts {
            writer.beginObject()
            writer.member("rule", id.rule)
            writer.member("scope", id.scope)
            writer.member("unit", id.unit)
            writer.member("window_start", RFC3339.text(id.windowStart, fraction: .none))
            writer.member("settled", balance.settled)
            writer.member("largest_exposure", replay.exposures[id] ?? 0)
            writer.member("largest_overshoot", replay.overshoots[id] ?? 0)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }
}

import Configuration
import Gateway
import Wire

extension Explanation {
    /// For people.
    var text: String {
        var lines = ["\(question.model) for \(caller): \(leads)"]
        for (place, candidate) in candidates.enumerated() {
            lines.append("")
            lines += candidate.lines(place + 1)
        }
        lines.append("")
        lines.append(verdict)
        return lines.map(TerminalText.shown).joined(separator: "\n")
    }

    private var caller: String {
        var parts: [String] = []
        func add(_ name: String, _ value: String) {
            if !value.isEmpty { parts.append("\(name) \(value)") }
        }
        add("user", question.user)
        add("team", question.team)
        add("groups", question.groups.joined(separator: ","))
        add("key", question.keyID)
        add("session", question.session)
        for (name, value) in question.keyMetadata.merging(question.metadata, uniquingKeysWith: { $1 })
            .sorted(by: { $0.key < $1.key })
        {
            parts.append("\(name)=\(value)")
        }
        return parts.isEmpty ? "anybody" : parts.joined(separator: ", ")
    }

    private var leads: String {
        if let strategy, let reason { return "\(strategy), \(reason)" }
        return candidates.first.map { "leads to \($0.name)" } ?? "is not routed"
    }

    private var verdict: String {
        guard isServed else { return candidates.isEmpty ? "nothing serves it" : "nothing would serve it" }
        guard let chosen else { return "one of them would serve it" }
        return "\(chosen.name) would serve it"
    }
}

extension Explanation.Candidate {
    fileprivate func lines(_ place: Int) -> [String] {
        var head = "\(place). \(name)"
        if let weight { head += "  weight \(weight)" }
        if let score { head += "  score \((score * 1_000).rounded() / 1_000)" }
        var lines = [
            head, "   access   \(obstacle.map { "denied by \($0)" } ?? "allowed")",
            "   price    \(price ?? "unpriced")",
        ]
        if needsLogin { lines.append("   login    needed at Anthropic: the account has no credential") }
        lines += table("budgets", budgets.map(\.cells))
        lines += table("limits", limits.map(\.cells))
        lines += runaways.map { "   \($0)" }
        if !asides.isEmpty {
            lines.append("   not about it: \(asides.map { "\($0.rule) (\($0.condition))" }.joined(separator: ", "))")
        }
        return lines
    }

    private func table(_ name: String, _ rows: [[String]]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let rendered = TextTable.render(rows).split(separator: "\n")
        return ["   \(name)"] + rendered.map { "     \($0)" }
    }
}

extension Explanation.Budget {
    fileprivate var cells: [String] {
        let begins = resets.map { "begins anew \(RFC3339.text($0, fraction: .none))" } ?? "never begins anew"
        return [
            rule, scope.isEmpty ? "everybody" : scope, unit, "\(shown(settled)) of \(shown(limit)) settled",
            "\(shown(left)) left", begins, onExceed + (refuses ? ": refuses" : ""),
        ]
    }

    private func shown(_ value: Int64) -> String { BudgetTable.shown(value, unit) }
}

extension Explanation.Limit {
    fileprivate var cells: [String] { [rule, scope.isEmpty ? "everybody" : scope, "\(limit) \(unit)", onLimit] }
}

extension RuleSet {
    /// A line for each rule with all that it says and no secret, so that two sets can be compared line by line.
    package var summary: [String] {
        var lines: [String] = []
        lines += access.map(\.summary)
        lines += budgets.map(\.summary)
        lines += rates.map(\.summary)
        lines += runaways.map(\.summary)
        lines += contents.map(\.summary)
        let locked = metadata.fromCredential.map(\.description).joined(separator: ",")
        return lines + ["metadata: from_credential=\(locked)", "time_zone: \(zone.name)"]
    }
}

extension RuleMatch {
    /// What it is about, the same for all that are about the same.
    package var key: String {
        var parts: [String] = []
        func add(_ name: String, _ globs: [Glob]) {
            if !globs.isEmpty {
                parts.append("\(name)=\(Set(globs.map(\.description)).sorted().joined(separator: ","))")
            }
        }
        add("users", users)
        add("teams", teams)
        add("groups", groups)
        add("keys", keys)
        add("virtual_accounts", virtualAccounts)
        add("models", models)
        add("providers", providers)
        for (name, values) in metadata.sorted(by: { $0.key < $1.key }) { add("metadata.\(name)", values) }
        for match in not { parts.append("not(\(match.key))") }
        return parts.joined(separator: " ")
    }

    /// Behind what a rule says.
    fileprivate var clause: String { self == RuleMatch() ? "" : " when \(key)" }
}

extension [ScopeDimension] {
    fileprivate var clause: String { isEmpty ? "" : " per \(map(\.text).sorted().joined(separator: "+"))" }
}

extension ModelSet {
    fileprivate var summary: String {
        var match = RuleMatch()
        match.models = models
        match.providers = providers
        return match.key
    }
}

extension AccessRule {
    package var summary: String {
        let allowed = allow.map { " allow \($0.summary)" } ?? "", denied = deny.map { " deny \($0.summary)" } ?? ""
        return "access \(id):\(allowed)\(denied)\(when.clause)"
    }
}

extension BudgetRule {
    package var summary: String {
        var terms = "\(amount(limit)) \(unit)\(appliesPer.clause) \(onExceed.rawValue)\(reserve)"
        if let maximumOvershoot { terms += " max_overshoot=\(amount(maximumOvershoot))" }
        return "budget \(id): \(terms) alerts=\(alerts)\(when.clause)"
    }

    /// What the sums of its accounts depend on: with another limit they are the same.
    package var sumsSummary: String { "budget \(id): \(unit)\(appliesPer.clause)\(reserve)\(when.clause)" }

    private var reserve: String { unpricedReserve.map { " unpriced_reserve=\(amount($0))" } ?? "" }

    private func amount(_ value: Int64) -> String { measure == .cost ? "$\(NumberText.dollars(value))" : "\(value)" }
}

extension RateRule {
    package var summary: String {
        var line = "rate_limit \(id): \(limit) \(unit)\(appliesPer.clause) \(onLimit.rawValue)"
        if onLimit == .queue { line += " queue_timeout=\(queueTimeout / 1_000_000)ms max_queue=\(maximumQueue)" }
        return line + when.clause
    }
}

extension RunawayRule {
    package var summary: String {
        var line = "runaway \(id):"
        if let sameToolCalls { line += " same_tool_calls=\(sameToolCalls)" }
        if let callsWithoutEdit { line += " calls_without_edit=\(callsWithoutEdit) context_tokens=\(contextTokens)" }
        return "\(line) \(onExceed.rawValue)\(when.clause)"
    }
}

extension ContentRule {
    package var summary: String {
        let what = parts.map(\.rawValue).joined(separator: "+")
        return "content_capture \(id): \(what) sample=\(sample) max_size=\(maximumBytes) client=\(client.rawValue) "
            + "redact=\(redactions.map(\.pattern.text).joined(separator: "|"))\(when.clause)"
    }
}

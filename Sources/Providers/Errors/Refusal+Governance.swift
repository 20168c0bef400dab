import Configuration

/// A limit of Tollgate's own as a client is told of it.
package struct LimitNotice: Sendable, Equatable {
    package let rule: String
    /// `user=alice`; empty: for all.
    package let scope: String
    /// `a day`, `a month`; empty where there is no window.
    package let period: String
    /// What was used, what is held for requests in flight, and the limit, ready to be read.
    package let used: String
    package let held: String
    package let limit: String

    package init(rule: String, scope: String, period: String, used: String, held: String, limit: String) {
        self.rule = rule
        self.scope = scope
        self.period = period
        self.used = used
        self.held = held
        self.limit = limit
    }

    private var whose: String { scope.isEmpty ? "" : " (\(scope))" }

    fileprivate var sentence: String {
        let per = period.isEmpty ? "" : " \(period)"
        return "`\(rule)`\(whose): \(used) used and \(held) held by requests in flight, of \(limit)\(per)"
    }
}

extension Refusal {
    // MARK: Access

    /// Claude Code shows a `policy_blocked` at once; a 403 would send people to `/login`.
    package static func modelNotAllowed(_ model: String, rule: String, allowed: [String]) -> Refusal {
        byRule(rule, "policy_blocked", "The model \(model) \(denial(rule, allowed))")
    }

    /// With the words upon which Claude Code sends the request again without its advisor.
    package static func consultedModelNotAllowed(
        _ consulted: ConsultedModel, rule: String, allowed: [String]
    ) -> Refusal {
        guard let tool = consulted.tool else {
            return byRule(rule, "policy_blocked", "fallbacks: the model \(consulted.name) \(denial(rule, allowed))")
        }
        return byRule(
            rule, "invalid_request_error",
            "tools: Input tag '\(tool)' cannot be taken: its model \(consulted.name) \(denial(rule, allowed))")
    }

    private static func denial(_ rule: String, _ allowed: [String]) -> String {
        let shown = allowed.prefix(20).joined(separator: ", ") + (allowed.count > 20 ? ", …" : "")
        let choice = shown.isEmpty ? "No model is allowed for this key." : "Allowed: \(shown)."
        return "is not allowed for you by the rule `\(rule)`. \(choice)"
    }

    private static func byRule(_ rule: String, _ type: StaticString, _ message: String) -> Refusal {
        var refusal = Refusal(400, type, message)
        refusal.rule = rule
        return refusal
    }

    // MARK: Budgets

    /// - Parameters:
    ///   - needed: what the request would have held, ready to be read.
    ///   - resetsAt: in words; `nil`: never.
    ///   - seconds: until then.
    ///   - unixSeconds: the same moment.
    ///   - periodName: `daily`, `weekly`, `monthly`; `nil` for a budget that never begins anew.
    package static func budgetSpent(
        _ notice: LimitNotice, needed: String, resetsAt: String?, seconds: Int?, unixSeconds: Int64,
        periodName: StaticString?
    ) -> Refusal {
        let reset = resetsAt.map { "It begins anew at \($0)" } ?? "It does not begin anew by itself"
        var refusal = Refusal(
            429, "billing_error",
            "Budget spent: \(notice.sentence); this request needs about \(needed). \(reset); who runs this gateway can raise it."
        )
        refusal.rule = notice.rule
        refusal.retryAfter = seconds
        refusal.fields = [
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-overage-utilization", "1"),
            ("anthropic-ratelimit-unified-overage-surpassed-threshold", "1"),
            ("anthropic-ratelimit-unified-overage-disabled-reason", "org_spend_cap_reached"),
        ]
        if let periodName {
            refusal.fields += [
                ("anthropic-ratelimit-unified-reset", "\(unixSeconds)"),
                ("anthropic-ratelimit-unified-overage-reset", "\(unixSeconds)"),
                ("anthropic-ratelimit-unified-overage-period", "\(periodName)"),
            ]
        }
        return refusal
    }

    /// A budget in dollars is about a model without a price.
    package static func unpricedModel(_ model: String, rule: String) -> Refusal {
        var refusal = Refusal(
            429, "billing_error",
            "The budget `\(rule)` counts dollars, and the model \(model) has no price here; who runs this gateway can give it one, or an unpriced_reserve to the budget."
        )
        refusal.rule = rule
        return refusal
    }

    // MARK: Limits

    /// - Parameter seconds: until the request could fit, rounded up. Claude Code waits up to sixty; beyond that it is to show the
    ///   message at once. `nil`: it never fits.
    package static func overLimit(_ notice: LimitNotice, unit: String, seconds: Int?, waited: Int) -> Refusal {
        let queued = waited > 0 ? " after \(waited) s in the queue" : ""
        let when = seconds.map { "Try again in \($0) s." } ?? "The request is larger than the limit itself."
        var refusal = Refusal(
            429, "rate_limit_error", "Over the limit\(queued): \(notice.sentence) (\(unit)). \(when)",
            isFinal: (seconds ?? .max) > 60)
        refusal.rule = notice.rule
        refusal.retryAfter = seconds
        return refusal
    }

    // MARK: Brakes

    /// A session that runs in circles; the model and the developer read it.
    package static func runaway(_ rule: String, _ observation: String) -> Refusal {
        var refusal = Refusal(
            400, "policy_blocked",
            "Stopped by the rule `\(rule)`: \(observation). Say what should be done differently, or begin a new conversation."
        )
        refusal.rule = rule
        return refusal
    }

    // MARK: Metadata

    package static func lockedTag(_ name: String) -> Refusal {
        var refusal = Refusal(
            400, "invalid_request_error",
            "x-tollgate-metadata: the tag `\(name)` is set by the credential here and cannot be changed by a request; leave it out."
        )
        refusal.rule = "metadata.from_credential"
        return refusal
    }
}

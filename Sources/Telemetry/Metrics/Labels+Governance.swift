/// The labels of the metrics about budgets, limits and routes, so that the same thing is called the same everywhere.
extension Labels {
    package enum Unit: String, Sendable {
        case nanoUSD = "nano_usd"
        case token
    }

    package enum Decision: String, Sendable {
        case admitted, refused, warned, queued
    }

    /// An account of a budget; `scope` as people write it: `user=alice`, empty for one that is for all.
    package static func budget(rule: String, scope: String, unit: Unit) -> Labels {
        Labels().adding("tollgate.rule.id", rule).adding("tollgate.budget.scope", scope, atMost: 1_024)
            .adding("tollgate.unit", unit.rawValue)
    }

    /// What a rule decided.
    package static func decision(rule: String, _ decision: Decision) -> Labels {
        Labels().adding("tollgate.rule.id", rule).adding("tollgate.decision", decision.rawValue)
    }

    /// A rule with a queue.
    package static func rule(_ rule: String) -> Labels { Labels().adding("tollgate.rule.id", rule) }

    /// A target that was given up, and why: a status, `connect`, `timeout`.
    package static func fallback(model: String, target: String, reason: String) -> Labels {
        Labels().adding("tollgate.model.requested", model).adding("tollgate.target", target)
            .adding("error.type", reason)
    }

    /// A target's breaker; for transitions also the state that it went to.
    package static func breaker(target: String, to state: String = "") -> Labels {
        Labels().adding("tollgate.target", target).adding("tollgate.breaker.to", state)
    }

    /// How something ended: `ok`, `failed`, `sent`, `dropped`.
    package static func result(_ result: String) -> Labels { Labels().adding("tollgate.result", result) }

    /// What was dropped, and why.
    package static func dropped(_ signal: String, _ reason: String) -> Labels {
        Labels().adding("reason", reason).adding("signal", signal)
    }

    /// A stage of a request.
    package static func stage(_ name: String) -> Labels { Labels().adding("tollgate.stage", name) }

    /// Whether spans are recorded.
    package static func sampling(_ result: String) -> Labels {
        Labels().adding("otel.span.sampling_result", result)
    }
}

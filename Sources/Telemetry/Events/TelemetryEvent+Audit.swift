import Transport
import Wire

extension TelemetryEvent {
    /// A change that somebody made, or that the gateway made itself.
    /// - Parameters:
    ///   - action: what was done: `key.issue`, `key.revoke`, `budget.raise`, `config.reload`, `config.reload_failed`, `start`.
    ///   - actor: who did it; empty if it is not known.
    ///   - subject: what it was done to: a key's id, a rule's.
    ///   - severity: `.warning` for what went wrong.
    ///   - details: a JSON object; empty if there is nothing more to say. It is sent as it is, so no secrets.
    package static func audit(
        action: String, actor: String, subject: String, details: String = "", severity: LogSeverity = .info,
        at time: Int64 = wallClockNanoseconds()
    ) -> TelemetryEvent {
        var event = audit(action, severity, at: time, actor: actor, subject: subject)
        event.add("tollgate.audit.details", details)
        return event
    }

    /// A request that was refused.
    package struct Refusal: Sendable {
        /// The `request-id` of the answer.
        package let requestID: String
        /// The error's type in the answer.
        package let type: String
        /// The rule that refused; empty if none did.
        package var rule = ""
        package var user = ""
        package var team = ""
        /// The model that was asked for.
        package var subject = ""
        /// What the client reads.
        package var message = ""
        /// A JSON object.
        package var details = ""

        package init(requestID: String, type: String) {
            self.requestID = requestID
            self.type = type
        }
    }

    package static func refusal(
        _ refusal: Refusal, trace: TraceID?, span: SpanID?, at time: Int64 = wallClockNanoseconds()
    ) -> TelemetryEvent {
        var event = audit("refuse", .warning, at: time, actor: refusal.user, subject: refusal.subject)
        if !refusal.message.isEmpty { event.body = refusal.message }
        event.trace = trace
        event.span = span
        event.add("tollgate.rule.id", refusal.rule)
        event.add(.requestID, refusal.requestID)
        event.add(.errorType, refusal.type)
        event.add(.userID, refusal.user)
        event.add(.team, refusal.team)
        event.add("tollgate.audit.details", refusal.details)
        return event
    }

    private static func audit(
        _ action: String, _ severity: LogSeverity, at time: Int64, actor: String, subject: String
    ) -> TelemetryEvent {
        let sentence = action + (subject.isEmpty ? "" : " \(subject)") + (actor.isEmpty ? "" : " by \(actor)")
        var event = TelemetryEvent("tollgate.audit", severity, sentence, at: time)
        event.add("tollgate.audit.action", action)
        event.add("tollgate.audit.actor", actor)
        event.add("tollgate.audit.subject", subject)
        return event
    }

    /// A budget's account has reached a threshold.
    package static func budgetAlert(_ alert: BudgetAlert) -> TelemetryEvent {
        var event = TelemetryEvent("tollgate.budget.alert", .warning, alert.sentence, at: alert.at)
        event.add("tollgate.rule.id", alert.rule)
        event.add("tollgate.budget.scope", alert.scope)
        event.add("tollgate.budget.threshold_percent", Int64(alert.threshold))
        event.add("tollgate.budget.settled", alert.settled)
        event.add("tollgate.budget.limit", alert.limit)
        event.add("tollgate.unit", (alert.isMoney ? Labels.Unit.nanoUSD : .token).rawValue)
        event.add("tollgate.budget.unit", alert.unit)
        if let end = alert.windowEnd { event.add("tollgate.budget.reset", RFC3339.text(end, fraction: .none)) }
        return event
    }
}

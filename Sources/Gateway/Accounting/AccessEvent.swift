import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Wire

extension LoopWorker {
    /// The access log as OTLP: the same facts as the line on standard error, found by trace and span.
    func emitAccess(_ exchange: Exchange) {
        guard telemetry.recordsEvents, includes(exchange, exchange.setting.snapshot.telemetry.logs.access) else {
            return
        }
        let status = exchange.statusForRecords
        var event = TelemetryEvent(
            "tollgate.access", exchange.severity, "\(exchange.spanName) \(status)",
            at: wall(exchange.endedAt, exchange), trace: exchange.trace.traceID, span: exchange.trace.serverSpan)
        event.add("tollgate.request.id", exchange.id.description)
        event.add("http.route", "\(exchange.route)")
        event.add("http.response.status_code", Int64(status))
        event.add("tollgate.duration_ns", exchange.endedAt - exchange.startedAt)
        if let refusal = exchange.refusal {
            event.add("error.type", "\(refusal.type)")
            event.add("tollgate.rule.id", refusal.rule)
        }
        if !exchange.budgetWarnings.isEmpty { event.add("tollgate.admission.warnings", exchange.warnedBy) }
        addCaller(exchange, to: &event)
        addAnswer(exchange, to: &event)
        telemetry.emit(event)
    }

    private func addCaller(_ exchange: Exchange, to event: inout TelemetryEvent) {
        if exchange.isRequest {
            event.add("session.id", String(decoding: exchange.text(exchange.facts.sessionID), as: UTF8.self))
        }
        guard let principal = exchange.principal else {
            if !exchange.refusedKeyID.isEmpty { event.add("tollgate.key.id", exchange.refusedKeyID) }
            return
        }
        event.add("user.id", principal.user)
        event.add("tollgate.team", principal.team)
        event.add("tollgate.key.id", principal.keyID)
    }

    private func addAnswer(_ exchange: Exchange, to event: inout TelemetryEvent) {
        if let routed = exchange.routed { event.add("tollgate.model.requested", routed.requested) }
        guard let attempt = exchange.lastAttempt else { return }
        event.add("tollgate.provider", exchange.setting.accounts[attempt.routed.account].name)
        event.add("tollgate.attempts", Int64(exchange.attempts.count))
        event.add("tollgate.outcome", "\(attempt.outcome.name)")
        if exchange.refusal == nil, attempt.outcome != .clientGone { event.add("error.type", attempt.errorType) }
        event.add("tollgate.upstream.error", String(attempt.upstreamError.prefix(SpanLimits.errorCharacters)))
        let usage = exchange.usage
        event.add("tollgate.tokens.input", usage.totalInput)
        event.add("tollgate.tokens.output", usage.output)
        event.add("tollgate.cost.nano_usd", exchange.costNanoUSD)
    }

    /// Whether an access log of that extent tells of it.
    func includes(_ exchange: Exchange, _ extent: AccessLog) -> Bool {
        switch extent {
        case .off: false
        case .errors: exchange.hasFailed || !exchange.budgetWarnings.isEmpty
        case .all: true
        }
    }
}

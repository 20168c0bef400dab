import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Wire

extension LoopWorker {
    /// account, of a request that was refused by a rule or for want of a credential: a line in the audit, and an event.
    func auditRefusal(_ exchange: Exchange) {
        for decision in exchange.decisions { write(decision, exchange) }
        guard let refusal = exchange.refusal, !refusal.rule.isEmpty || refusal.status == 401 else { return }
        var details = [
            ("rule", refusal.rule), ("type", "\(refusal.type)"), ("message", refusal.message),
            ("team", exchange.principal?.team ?? ""),
            ("key_id", exchange.principal?.keyID ?? exchange.refusedKeyID),
        ]
        if exchange.decisions.isEmpty,
            let passedOver = exchange.principal == nil ? auditAllowance.take(at: exchange.startedAt) : 0
        {
            if passedOver > 0 { details.append(("passed_over", "\(passedOver)")) }
            write(
                AuditEntry(
                    at: exchange.startedWall, actor: actor(exchange), action: "refuse", subject: subject(exchange),
                    details: AuditDetails.json([("request_id", exchange.id.description)] + details)))
        }
        guard telemetry.recordsEvents else { return }
        var event = TelemetryEvent.Refusal(requestID: exchange.id.description, type: "\(refusal.type)")
        event.rule = refusal.rule
        event.user = exchange.principal?.user ?? ""
        event.team = exchange.principal?.team ?? ""
        event.subject = subject(exchange)
        event.message = refusal.message
        telemetry.emit(
            .refusal(event, trace: exchange.trace.traceID, span: exchange.trace.serverSpan, at: exchange.startedWall))
    }

    /// A refusal of the governor's, with all that is needed to take the decision again.
    private func write(_ decision: AdmissionRefusal, _ exchange: Exchange) {
        var details = [
            ("request_id", exchange.id.description), ("rule", decision.ruleID),
            ("key_id", exchange.principal?.keyID ?? ""),
            ("team", exchange.principal?.team ?? ""),
        ]
        if case .budget(let met, _) = decision.reason {
            var record = ByteWriter()
            HoldRecord(met).append(to: &record)
            details.append(("account", record.text))
        }
        write(
            AuditEntry(
                at: decision.at, actor: actor(exchange), action: "refuse", subject: subject(exchange),
                details: AuditDetails.json(details), order: decision.sequence))
    }

    private func write(_ entry: AuditEntry) { writer.audit([entry]) }

    private func actor(_ exchange: Exchange) -> String { exchange.principal?.holder ?? "" }

    private func subject(_ exchange: Exchange) -> String { exchange.routed?.requested ?? "" }
}

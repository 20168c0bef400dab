import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// account: spans, figures and the log line, with the ids and the numbers of the row.
    func account(_ exchange: Exchange) {
        let isChosen = !exchange.isTelemetry && isKept(exchange), isKept = telemetry.records && isChosen
        measure(exchange, isKept: isKept)
        if exchange.isTelemetry { return }
        auditRefusal(exchange)
        if isKept { tellClientTelemetry(exchange) }
        observe(exchange, isKept: isChosen)
        if isKept { recordSpans(exchange) }
        writeLog(exchange)
        emitAccess(exchange)
        emitContent(exchange)
    }

    /// Sampled, or too interesting to be left out: what failed, or was slow, is kept although its trace was not chosen.
    func isKept(_ exchange: Exchange) -> Bool {
        let traces = exchange.setting.snapshot.telemetry.traces
        if exchange.trace.isSampled { return true }
        guard traces.keepsMore else { return false }
        if traces.keepsErrors, exchange.hasFailed { return true }
        return traces.keepsSlowerThan.map { exchange.endedAt - exchange.startedAt >= $0 } ?? false
    }

    /// What the client says of this request will find its spans, if it may say anything.
    private func tellClientTelemetry(_ exchange: Exchange) {
        guard exchange.operation == .messages, exchange.setting.snapshot.telemetry.clients.receives else { return }
        finishedCalls.add(
            FinishedCall(
                id: exchange.id, place: .init(trace: exchange.trace.traceID, span: exchange.trace.serverSpan)))
    }

    // MARK: Log

    private func writeLog(_ exchange: Exchange) {
        let status = exchange.statusForRecords
        guard includes(exchange, exchange.setting.snapshot.logs.access) else { return }
        telemetry.log.write(exchange.severity, "request", isMirrored: false) { line in
            line.member("request_id", exchange.id.description)
            line.member("trace_id", exchange.trace.traceID.text)
            line.member("span_id", exchange.trace.serverSpan.text)
            line.member("method", exchange.isRequest ? "\(exchange.channel.head.method.name)" : "")
            line.member("route", "\(exchange.route)")
            line.member("status", Int64(status))
            line.member("duration_ms", (exchange.endedAt - exchange.startedAt) / 1_000_000)
            if let principal = exchange.principal {
                line.member("user", principal.user)
                line.member("key_id", principal.keyID)
            } else if !exchange.refusedKeyID.isEmpty {
                line.member("key_id", exchange.refusedKeyID)
            }
            if let routed = exchange.routed { line.member("model", routed.requested) }
            if let way = exchange.way {
                line.member("target", way.targetName)
                line.member("attempts", Int64(exchange.attempts.count))
            }
            if let attempt = exchange.lastAttempt {
                line.member("outcome", "\(attempt.outcome.name)")
                if !attempt.errorType.isEmpty { line.member("error_type", attempt.errorType) }
                if !attempt.upstreamError.isEmpty {
                    line.member("upstream_error", String(attempt.upstreamError.prefix(SpanLimits.errorCharacters)))
                }
                let usage = exchange.usage
                line.member("input_tokens", usage.totalInput)
                line.member("output_tokens", usage.output)
                line.member("cost_nano_usd", exchange.costNanoUSD)
            }
            if let refusal = exchange.refusal {
                line.member("refusal", "\(refusal.type)")
                if !refusal.rule.isEmpty { line.member("rule", refusal.rule) }
            }
            if !exchange.budgetWarnings.isEmpty { line.member("rules_warned", exchange.warnedBy) }
        }
    }
}

extension Exchange {
    /// The status the client got; 499 for one that left before it got any.
    var statusForRecords: Int { channel.status == 0 ? 499 : channel.status }

    /// The attempt that an answer of success broke off with: the client got its `error` event, or an end without one.
    var broken: Attempt? {
        guard refusal == nil, statusForRecords < 400, let last = lastAttempt, last.outcome.isError else { return nil }
        return last
    }

    /// Of its lines in logs.
    var severity: LogSeverity { statusForRecords >= 500 || broken != nil ? .warning : .info }

    /// Somebody was told an error, or an attempt ended in one.
    var hasFailed: Bool {
        statusForRecords >= 400 || attempts.contains { $0.outcome != .ok && $0.outcome != .clientGone }
    }

    /// What all its attempts are charged.
    var usage: TokenUsage {
        var usage = TokenUsage()
        for attempt in attempts { usage.add(attempt.bill.usage) }
        return usage
    }

    /// What all its attempts cost, nano-dollars.
    var costNanoUSD: Int64 { attempts.reduce(0) { $0.addingSaturated($1.bill.cost.value) } }

    /// The rules that would have refused it, each once, with commas between; empty: none.
    var warnedBy: String {
        var rules: [String] = []
        for rule in budgetWarnings where !rules.contains(rule) { rules.append(rule) }
        return rules.joined(separator: ",")
    }

    /// `{method} {route}`, or the method alone where there is no route.
    var spanName: StaticString {
        switch operation {
        case .messages?: return "POST /v1/messages"
        case .countTokens?: return "POST /v1/messages/count_tokens"
        case nil: break
        }
        guard isRequest, channel.head.method != .other else { return "HTTP" }
        if channel.head.method == .get {
            if route.utf8Start == RequestRoute.models.pattern.utf8Start { return "GET /v1/models" }
        }
        return channel.head.method.name
    }
}

extension HTTPMethod {
    /// For `http.request.method`: unknown ones are `_OTHER`.
    var name: StaticString { self == .other ? "_OTHER" : text }
}

extension Stage {
    var durationKey: AttributeKey {
        switch self {
        case .accept: .stageAccept
        case .identify: .stageIdentify
        case .route: .stageRoute
        case .admit: .stageAdmit
        case .relay: .stageRelay
        case .settle: .stageSettle
        case .account: .stageAccount
        }
    }
}

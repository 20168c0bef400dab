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
        measure(exchange)
        auditRefusal(exchange)
        observe(exchange)
        if exchange.trace.isSampled, telemetry.records {
            for attempt in exchange.attempts { recordAttempt(attempt, exchange, &telemetry.spans) }
            recordStages(exchange)
            recordRequest(exchange, &telemetry.spans)
            telemetry.recorded()
        }
        writeLog(exchange)
    }

    // MARK: Spans

    private func wall(_ monotonic: Int64, _ exchange: Exchange) -> Int64 {
        exchange.startedWall + (monotonic - exchange.startedAt)
    }

    private func recordRequest(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        let channel = exchange.channel, head = channel.head
        let status = exchange.statusForRecords
        spans.begin(
            .server, trace: exchange.trace.traceID, span: exchange.trace.serverSpan, parent: exchange.trace.parent,
            parentIsRemote: true, from: exchange.startedWall, to: wall(exchange.endedAt, exchange), isError: status >= 500,
            name: exchange.spanName)
        spans.text(.httpRequestMethod, exchange.isRequest ? head.method.name : "_OTHER")
        if exchange.isRequest { spans.text(.urlPath, channel.headBytes(head.path)) }
        spans.text(.httpRoute, exchange.route)
        spans.text(.urlScheme, channel.stream.isEncrypted ? "https" : "http")
        spans.text(.networkProtocolVersion, head.minorVersion == 0 ? "1.0" : "1.1")
        spans.integer(.httpResponseStatusCode, Int64(status))
        spans.text(.clientAddress, channel.peerHost)
        spans.integer(.clientPort, Int64(channel.stream.peer.port))
        withUnsafeTemporaryAllocation(byteCount: RequestID.textLength, alignment: 1) { buffer in
            exchange.id.write(into: buffer)
            spans.text(.requestID, UnsafeRawBufferPointer(buffer))
        }
        if let refusal = exchange.refusal {
            spans.text(.refusal, refusal.type)
            spans.text(.ruleID, refusal.rule)
            spans.text(.errorType, refusal.type)
        } else if status >= 500 {
            spans.text(.errorType, "\(status)")
        }
        recordClient(exchange, &spans)
        recordSubject(exchange, &spans)
        spans.text(.admissionWarnings, exchange.warnedBy)
        recordDurations(exchange, &spans)
        spans.end()
    }

    private func recordClient(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        guard exchange.isRequest else { return }
        let facts = exchange.facts
        spans.text(.userAgent, exchange.text(facts.userAgent))
        spans.text(.conversationID, exchange.text(facts.sessionID))
        spans.text(.sessionID, exchange.text(facts.sessionID))
        spans.text(.agentID, exchange.text(facts.agentID))
        spans.text(.parentAgentID, exchange.text(facts.parentAgentID))
        spans.text(.agentType, exchange.text(facts.agentType))
        spans.text(.requestClass, exchange.text(facts.requestClass))
        spans.text(.promptID, exchange.text(facts.promptID))
        spans.text(.toolDurations, exchange.text(facts.toolDurations))
    }

    private func recordSubject(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        if let principal = exchange.principal {
            spans.text(.userID, principal.user)
            spans.text(.team, principal.team)
            spans.text(.keyID, principal.keyID)
        }
        if let project = exchange.metadata.project { spans.text(.project, project) }
        for tag in exchange.metadata.tags {
            spans.text(prefix: "tollgate.metadata.", tag.name, tag.value)
        }
        guard let routed = exchange.routed else { return }
        spans.text(.modelRequested, routed.requested)
        spans.text(.provider, exchange.setting.accounts[routed.account].name)
        if let way = exchange.way { record(way, &spans) }
        spans.integer(.httpRequestBodySize, Int64(exchange.bodyBytes))
        spans.integer(.costNanoUSD, exchange.attempts.reduce(0) { $0 + $1.bill.cost.value })
    }

    /// Every decision about where the request went: what could be chosen, how it scored, and what was chosen and why.
    private func record(_ way: RouteWay, _ spans: inout SpanRecorder) {
        spans.text(.routeModel, way.model.name)
        spans.text(.routeStrategy, way.model.routing.strategy.rawValue)
        spans.text(.routeCandidates, way.plan.text(way.model.known))
        spans.text(.routeTarget, way.targetName)
        spans.text(.routeReason, way.reason)
    }

    private func recordDurations(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        for entry in exchange.stages.entries {
            spans.integer(entry.stage.durationKey, entry.end - entry.begin)
        }
    }

    /// Stages that took time are spans of their own; the others are numbers on the request's.
    private func recordStages(_ exchange: Exchange) {
        for entry in exchange.stages.entries
        where entry.end - entry.begin >= Self.stageThreshold && entry.stage != .relay {
            telemetry.spans.begin(
                .stage, trace: exchange.trace.traceID, span: telemetry.nextSpanID(), parent: exchange.trace.serverSpan,
                from: wall(entry.begin, exchange), to: wall(entry.end, exchange), isError: false, name: entry.stage.name
            )
            telemetry.spans.end()
        }
    }

    private static let stageThreshold: Int64 = 1_000_000

    private func recordAttempt(_ attempt: Attempt, _ exchange: Exchange, _ spans: inout SpanRecorder) {
        let routed = attempt.routed
        let account = exchange.setting.accounts[routed.account]
        let begin = wall(attempt.startedAt, exchange)
        spans.begin(
            .client, trace: exchange.trace.traceID, span: attempt.span, parent: exchange.trace.serverSpan, from: begin,
            to: begin + attempt.duration, isError: attempt.outcome != .ok && attempt.outcome != .clientGone,
            name: exchange.operation == .countTokens ? "count_tokens " : "chat ", routed.upstream)
        spans.text(.operationName, exchange.operation == .countTokens ? "count_tokens" : "chat")
        spans.text(.providerName, account.providerName)
        spans.text(.requestModel, routed.upstream)
        if routed.isStreamed { spans.yes(.requestStream) }
        spans.text(.conversationID, exchange.text(exchange.facts.sessionID))
        spans.text(.serverAddress, account.endpoint.host)
        spans.integer(.serverPort, Int64(account.endpoint.port))
        spans.text(.provider, account.name)
        spans.integer(.attemptOrdinal, Int64(attempt.ordinal))
        if attempt.status > 0 { spans.integer(.httpResponseStatusCode, Int64(attempt.status)) }
        spans.text(.upstreamRequestID, attempt.upstreamRequestID)
        spans.text(.outcome, attempt.outcome.name)
        if attempt.isReused { spans.yes(.connectionReused) }
        spans.text(.errorType, attempt.outcome == .clientGone ? "" : attempt.errorType)
        spans.text(.upstreamError, String(attempt.upstreamError.prefix(Self.longestError)))
        recordAnswer(attempt, routed, &spans)
        spans.text(.routeReason, attempt.reason)
        if let admission = attempt.admission {
            spans.integer(.admissionAccounts, Int64(admission.accountCount))
            if let reserved = admission.reservedCost { spans.integer(.admissionReserved, reserved) }
        }
        if let receipt = attempt.receipt { record(receipt, at: begin, &spans) }
        spans.end()
    }

    private static let longestError = 1_000

    /// What became of the parts of a request that was translated.
    private func record(_ receipt: FidelityReceipt, at time: Int64, _ spans: inout SpanRecorder) {
        spans.event("tollgate.fidelity", at: time)
        for fidelity in Fidelity.allCases {
            let names = receipt.features(fidelity).map { "\($0.name)" }.joined(separator: ",")
            if !names.isEmpty { spans.text(prefix: "tollgate.fidelity.", "\(fidelity.name)", names) }
        }
    }

    private func recordAnswer(_ attempt: Attempt, _ routed: RoutedModel, _ spans: inout SpanRecorder) {
        guard attempt.meter != nil else { return }
        spans.text(.responseModel, attempt.facts.model)
        spans.text(.responseID, attempt.facts.id)
        spans.list(.finishReasons, attempt.outcome == .ok ? attempt.facts.stopReason : "error")
        if routed.isStreamed, let first = attempt.firstByteAt {
            spans.double(.timeToFirstChunk, Double(first - attempt.startedAt) / 1e9)
        }
        guard attempt.bill.isReported else { return }
        let usage = attempt.bill.usage
        spans.integer(.inputTokens, usage.totalInput)
        spans.integer(.outputTokens, usage.output)
        spans.integer(.cacheReadTokens, usage.cacheRead)
        spans.integer(.cacheCreationTokens, usage.cacheWrite5m + usage.cacheWrite1h)
        spans.integer(.costNanoUSD, attempt.bill.cost.value)
        if attempt.bill.isEstimated { spans.yes(.usageEstimated) }
    }

    // MARK: Log

    private func writeLog(_ exchange: Exchange) {
        let status = exchange.statusForRecords
        let isFailure = status >= 400 || exchange.lastAttempt.map { $0.outcome != .ok } ?? false
        switch exchange.setting.snapshot.logs.access {
        case .off: return
        case .errors where !isFailure && exchange.budgetWarnings.isEmpty: return
        case .errors, .all: break
        }
        telemetry.log.write(status >= 500 ? .warning : .info, "request") { line in
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
                    line.member("upstream_error", String(attempt.upstreamError.prefix(Self.longestError)))
                }
                line.member("input_tokens", attempt.bill.usage.totalInput)
                line.member("output_tokens", attempt.bill.usage.output)
                line.member("cost_nano_usd", attempt.bill.cost.value)
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
        guard isRequest else { return "HTTP" }
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

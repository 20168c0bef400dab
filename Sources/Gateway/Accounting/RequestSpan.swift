import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

/// How much of a text goes into spans and log lines.
enum SpanLimits {
    /// Of what an upstream wrote of its error.
    static let errorCharacters = 1_000
    /// Of a member of a client's baggage.
    static let baggageCharacters = 256
}

/// The SERVER span of a request, and the stages below it.
extension LoopWorker {
    func recordSpans(_ exchange: Exchange) {
        for attempt in exchange.attempts { recordAttempt(attempt, exchange, &telemetry.spans) }
        recordStages(exchange)
        recordRequest(exchange, &telemetry.spans)
        telemetry.recorded()
    }

    func wall(_ monotonic: Int64, _ exchange: Exchange) -> Int64 {
        exchange.startedWall + (monotonic - exchange.startedAt)
    }

    private func recordRequest(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        let channel = exchange.channel, head = channel.head
        let status = exchange.statusForRecords
        spans.begin(
            .server, trace: exchange.trace.traceID, span: exchange.trace.serverSpan, parent: exchange.trace.parent,
            parentIsRemote: exchange.trace.clientParent != nil, from: exchange.startedWall,
            to: wall(exchange.endedAt, exchange),
            isError: status >= 500 || exchange.broken != nil,
            name: exchange.spanName)
        spans.text(.httpRequestMethod, exchange.isRequest ? head.method.name : "_OTHER")
        if exchange.isRequest {
            recordPath(exchange, &spans)
            if head.method == .other { spans.text(.httpRequestMethodOriginal, originalMethod(channel)) }
        }
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
        } else if let broken = exchange.broken {
            spans.text(.errorType, broken.errorType)
        }
        if exchange.operation != nil { spans.text(.openInferenceKind, "CHAIN") }
        recordClient(exchange, &spans)
        recordBaggage(exchange, &spans)
        recordSubject(exchange, &spans)
        spans.text(.admissionWarnings, exchange.warnedBy)
        recordDurations(exchange, &spans)
        spans.end()
    }

    /// A method that nobody knows may be long.
    private func originalMethod(_ channel: ServerChannel) -> UnsafeRawBufferPointer {
        let method = channel.headBytes(channel.head.methodRange)
        return method.slice(0..<min(method.count, 32))
    }

    /// A path that no route knows may be anything, a key as well.
    private func recordPath(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        let path = exchange.channel.headBytes(exchange.channel.head.path)
        if exchange.operation == nil, CredentialForm.isKnown(path) { return spans.text(.urlPath, "/…") }
        spans.text(.urlPath, path)
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

    /// Of the client's baggage what the configuration names.
    private func recordBaggage(_ exchange: Exchange, _ spans: inout SpanRecorder) {
        let names = exchange.setting.snapshot.telemetry.traces.baggage
        guard !names.isEmpty, exchange.isRequest else { return }
        for name in names {
            guard let value = baggage(name, exchange), !value.isEmpty else { continue }
            spans.text(prefix: "", name, String(value.prefix(SpanLimits.baggageCharacters)))
        }
    }

    private func baggage(_ name: String, _ exchange: Exchange) -> String? {
        for header in exchange.channel.head.values(.baggage) {
            if let value = Baggage.value(of: name, in: exchange.text(header)) { return value }
        }
        return nil
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
        spans.integer(.costNanoUSD, exchange.costNanoUSD)
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
}

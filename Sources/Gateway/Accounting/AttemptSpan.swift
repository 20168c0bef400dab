import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

/// The CLIENT span of an attempt: the only one with token counts.
extension LoopWorker {
    func recordAttempt(_ attempt: Attempt, _ exchange: Exchange, _ spans: inout SpanRecorder) {
        let routed = attempt.routed
        let begin = wall(attempt.startedAt, exchange)
        spans.begin(
            .client, trace: exchange.trace.traceID, span: attempt.span, parent: exchange.trace.serverSpan, from: begin,
            to: begin + attempt.duration, isError: attempt.outcome != .ok && attempt.outcome != .clientGone,
            name: exchange.operation == .countTokens ? "count_tokens " : "chat ", routed.upstream)
        recordCall(attempt, exchange, &spans)
        recordEnd(attempt, &spans)
        recordTimes(attempt, &spans)
        recordAnswer(attempt, &spans)
        recordBill(attempt, exchange, &spans)
        spans.text(.routeReason, attempt.reason)
        if let admission = attempt.admission {
            spans.integer(.admissionAccounts, Int64(admission.accountCount))
            if let reserved = admission.reservedCost { spans.integer(.admissionReserved, reserved) }
        }
        if let receipt = attempt.receipt { record(receipt, at: begin, &spans) }
        recordLinks(attempt, exchange, &spans)
        spans.end()
    }

    /// What was asked, of whom, for whom.
    private func recordCall(_ attempt: Attempt, _ exchange: Exchange, _ spans: inout SpanRecorder) {
        let routed = attempt.routed, account = exchange.setting.accounts[routed.account]
        spans.text(.operationName, exchange.operation == .countTokens ? "count_tokens" : "chat")
        spans.text(.providerName, account.providerName)
        spans.text(.requestModel, routed.upstream)
        if routed.isStreamed { spans.yes(.requestStream) }
        if let maximum = exchange.maximumOutput { spans.integer(.requestMaximumTokens, maximum) }
        let parameters = exchange.parameters
        if let temperature = parameters.temperature { spans.double(.requestTemperature, temperature) }
        if let topP = parameters.topP { spans.double(.requestTopP, topP) }
        if let topK = parameters.topK { spans.integer(.requestTopK, topK) }
        spans.text(.requestReasoningLevel, parameters.effort)
        let session = exchange.text(exchange.facts.sessionID)
        spans.text(.conversationID, session)
        spans.text(.sessionID, session)
        if let principal = exchange.principal { spans.text(.userID, principal.user) }
        spans.text(.serverAddress, account.endpoint.host)
        spans.integer(.serverPort, Int64(account.endpoint.port))
        spans.text(.provider, account.name)
        spans.integer(.attemptOrdinal, Int64(attempt.ordinal))
        if attempt.ordinal > 0 { spans.integer(.httpResendCount, Int64(attempt.ordinal)) }
    }

    private func recordEnd(_ attempt: Attempt, _ spans: inout SpanRecorder) {
        if attempt.status > 0 { spans.integer(.httpResponseStatusCode, Int64(attempt.status)) }
        spans.text(.upstreamRequestID, attempt.upstreamRequestID)
        spans.text(.outcome, attempt.outcome.name)
        if attempt.isReused { spans.yes(.connectionReused) }
        spans.text(.errorType, attempt.outcome == .clientGone ? "" : attempt.errorType)
        spans.text(.upstreamError, String(attempt.upstreamError.prefix(SpanLimits.errorCharacters)))
    }

    /// Where the time went: until there was a connection, until the request had gone out, until the answer's head came.
    private func recordTimes(_ attempt: Attempt, _ spans: inout SpanRecorder) {
        guard let connected = attempt.connectedAt else { return }
        spans.integer(.attemptConnect, connected - attempt.startedAt)
        guard let sent = attempt.sentAt else { return }
        spans.integer(.attemptSend, sent - connected)
        guard let head = attempt.headAt else { return }
        spans.integer(.attemptWait, head - sent)
    }

    private func recordAnswer(_ attempt: Attempt, _ spans: inout SpanRecorder) {
        guard attempt.meter != nil else { return }
        spans.text(.responseModel, attempt.facts.model)
        spans.text(.responseID, attempt.facts.id)
        spans.list(.finishReasons, attempt.outcome == .ok ? attempt.facts.stopReason : "error")
        if attempt.routed.isStreamed, let first = attempt.firstByteAt {
            spans.double(.timeToFirstChunk, Double(first - attempt.startedAt) / 1e9)
        }
    }

    /// What it is charged, as in its row: also by an estimate, where the upstream said nothing that could be counted.
    private func recordBill(_ attempt: Attempt, _ exchange: Exchange, _ spans: inout SpanRecorder) {
        let bill = attempt.bill
        guard bill.isReported || bill.isEstimated else { return }
        let traces = exchange.setting.snapshot.telemetry.traces
        switch traces.usage {
        case .never: break
        case .withoutParent where exchange.trace.clientParent != nil: break
        case .withoutParent, .always:
            if bill.isReported { recordUsage(attempt, names: traces.names, &spans) }
            if !bill.isUnpriced { spans.double(.usageCost, Double(bill.cost.value) / 1e9) }
        }
        if bill.isReported { recordCache(bill.usage, &spans) }
        spans.integer(.costNanoUSD, bill.cost.value)
        if bill.isEstimated { spans.yes(.usageEstimated) }
    }

    private func recordUsage(_ attempt: Attempt, names: TraceSetting.Names, _ spans: inout SpanRecorder) {
        let usage = attempt.bill.usage
        spans.integer(.inputTokens, usage.totalInput)
        spans.integer(.outputTokens, usage.output)
        spans.integer(.cacheReadTokens, usage.cacheRead)
        let written = usage.cacheWrite5m + usage.cacheWrite1h
        if names != .latest { spans.integer(.cacheCreationTokens, written) }
        if names != .v141 { spans.integer(.cacheWriteTokens, written) }
        if let reasoning = attempt.facts.reducer.reasoningOutput { spans.integer(.reasoningTokens, reasoning) }
    }

    /// How much of the prompt was read from the provider's cache.
    private func recordCache(_ usage: TokenUsage, _ spans: inout SpanRecorder) {
        let all = usage.totalInput
        guard all > 0 else { return }
        let written = usage.cacheWrite5m + usage.cacheWrite1h
        let outcome: StaticString =
            usage.cacheRead * 2 >= all ? "hit" : usage.cacheRead > 0 ? "partial" : written > 0 ? "written" : "none"
        spans.text(.cacheOutcome, outcome)
        spans.double(.cacheReadRatio, Double(usage.cacheRead) / Double(all))
    }

    /// What became of the parts of a request that was translated.
    private func record(_ receipt: FidelityReceipt, at time: Int64, _ spans: inout SpanRecorder) {
        spans.event("tollgate.fidelity", at: time)
        for fidelity in Fidelity.allCases {
            let names = receipt.features(fidelity).map { "\($0.name)" }.joined(separator: ",")
            if !names.isEmpty { spans.text(prefix: "tollgate.fidelity.", "\(fidelity.name)", names) }
        }
    }

    /// To the attempt that this one repeats, and to what the upstream itself recorded of it.
    private func recordLinks(_ attempt: Attempt, _ exchange: Exchange, _ spans: inout SpanRecorder) {
        if attempt.ordinal > 0 {
            spans.link(trace: exchange.trace.traceID, span: exchange.attempts[attempt.ordinal - 1].span)
            spans.text(.linkType, "retry_of")
        }
        if let upstream = attempt.upstreamTrace {
            spans.link(trace: upstream.traceID, span: upstream.spanID)
            spans.text(.linkType, "upstream")
        }
    }
}

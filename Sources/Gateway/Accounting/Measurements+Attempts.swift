import Ledger
import Providers
import Telemetry
import Transport

extension Measurements {
    struct AttemptKey: Hashable {
        let route: ObjectIdentifier
        let operation: Operation?
        let answered: String
        let error: String
        let outcome: Outcome
        let status: Int
    }
    struct AttemptEntry {
        /// Kept alive: the key knows it by its address.
        let route: KnownRoutes.Route
        let count: Int
        let duration: Int
        let requestSize: Int
        let responseSize: Int
        let model: InferenceSeries?
    }
    /// How a model is called in labels: what nobody knows and nobody answers for has no series of its own.
    static func label(_ routed: RoutedModel, _ name: String, isAnswered: Bool) -> String {
        routed.isKnown || isAnswered ? name : "_other"
    }

    /// The model that was asked upstream.
    static func label(_ attempt: Attempt) -> String {
        label(attempt.routed, attempt.routed.upstream, isAnswered: attempt.status == 200)
    }

    /// The GenAI set.
    struct InferenceSeries {
        let operationDuration: Int
        let inferenceDuration: Int
        let operationFirstChunk: Int
        let inferenceFirstChunk: Int
        let operationChunkGap: Int
        let inferenceChunkGap: Int
        let inputHistogram: Int
        let outputHistogram: Int
        let operationInput: Int
        let operationOutput: Int
        let input: Int
        let output: Int
        let cacheRead: Int
        let cacheWrite: Int
        let reasoning: Int
    }
}

/// Attempts upstream.
extension LoopWorker {
    func measure(_ attempt: Attempt, _ exchange: Exchange) {
        let account = exchange.setting.accounts[attempt.routed.account]
        let entry = entry(attempt, exchange, account)
        let seconds = Double(attempt.duration) / 1e9
        telemetry.figures.add(.attempts, 1, at: entry.count)
        telemetry.figures.record(.clientDuration, seconds, at: entry.duration)
        telemetry.figures.record(.clientRequestSize, Double(exchange.bodyBytes), at: entry.requestSize)
        telemetry.figures.record(.clientResponseSize, Double(attempt.meter?.bytes ?? 0), at: entry.responseSize)
        if attempt.connectedAt != nil {
            let series = series(account)
            telemetry.figures.add(.leases, 1, at: attempt.isReused ? series.reused : series.fresh)
        }
        guard let series = entry.model else { return }
        telemetry.figures.record(.clientOperationDuration, seconds, at: series.operationDuration)
        telemetry.figures.record(.clientInferenceDuration, seconds, at: series.inferenceDuration)
        measureChunks(attempt, series)
        if attempt.bill.isUnpriced {
            telemetry.figures.add(.unpriced, 1, Labels().adding("gen_ai.request.model", Measurements.label(attempt)))
        }
        measureTokens(attempt, series)
        spend(attempt, exchange, account)
    }

    private func measureChunks(_ attempt: Attempt, _ series: Measurements.InferenceSeries) {
        guard attempt.routed.isStreamed, let first = attempt.firstByteAt else { return }
        let wait = Double(first - attempt.startedAt) / 1e9
        telemetry.figures.record(.clientFirstChunk, wait, at: series.operationFirstChunk)
        telemetry.figures.record(.inferenceFirstChunk, wait, at: series.inferenceFirstChunk)
        guard let events = attempt.meter?.eventCount, events > 1 else { return }
        let gap = Double(attempt.endedAt - first) / Double(events - 1) / 1e9
        telemetry.figures.record(.clientChunkGap, gap, at: series.operationChunkGap)
        telemetry.figures.record(.inferenceChunkGap, gap, at: series.inferenceChunkGap)
    }

    private func measureTokens(_ attempt: Attempt, _ series: Measurements.InferenceSeries) {
        let usage = attempt.bill.usage, isReported = attempt.bill.isReported
        if isReported || !attempt.errorType.isEmpty {
            telemetry.figures.record(
                .operationInput, isReported ? Double(usage.totalInput) : 0, at: series.operationInput)
            telemetry.figures.record(
                .operationOutput, isReported ? Double(usage.output) : 0, at: series.operationOutput)
        }
        guard isReported else { return }
        telemetry.figures.record(.clientTokenUsage, Double(usage.totalInput), at: series.inputHistogram)
        telemetry.figures.record(.clientTokenUsage, Double(usage.output), at: series.outputHistogram)
        telemetry.figures.add(.inferenceInput, usage.totalInput, at: series.input)
        telemetry.figures.add(.inferenceOutput, usage.output, at: series.output)
        telemetry.figures.add(.inferenceCacheRead, usage.cacheRead, at: series.cacheRead)
        telemetry.figures.add(.inferenceCacheWrite, usage.cacheWrite5m + usage.cacheWrite1h, at: series.cacheWrite)
        telemetry.figures.add(.inferenceReasoning, usage.thinking, at: series.reasoning)
    }

    private func entry(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount
    ) -> Measurements.AttemptEntry {
        let answered = attempt.facts.model, route = attempt.routed.route
        let error = attempt.outcome == .clientGone ? "" : attempt.errorType
        let key = Measurements.AttemptKey(
            route: ObjectIdentifier(route), operation: exchange.operation, answered: answered, error: error,
            outcome: attempt.outcome, status: attempt.status)
        if let known = measurements.attempts[key] { return known }
        let place = Labels().adding("server.address", account.endpoint.host)
            .adding("server.port", Int(account.endpoint.port))
        var sent = Labels().adding("http.request.method", "POST").adding(place)
        if attempt.status > 0 { sent = sent.adding("http.response.status_code", attempt.status) }
        sent = sent.adding("error.type", error)
        let model = Measurements.label(attempt)
        let counted = Labels().adding("tollgate.provider", account.name)
            .adding("gen_ai.request.model", model).adding("tollgate.outcome", "\(attempt.outcome.name)")
            .adding("error.type", error)
        let made = Measurements.AttemptEntry(
            route: route,
            count: telemetry.figures.index(.attempts, counted),
            duration: telemetry.figures.index(.clientDuration, sent),
            requestSize: telemetry.figures.index(.clientRequestSize, sent),
            responseSize: telemetry.figures.index(.clientResponseSize, sent),
            model: exchange.operation == .messages
                ? inference(
                    Labels().adding("gen_ai.operation.name", "chat")
                        .adding("gen_ai.provider.name", account.providerName)
                        .adding("gen_ai.request.model", model).adding("gen_ai.response.model", answered)
                        .adding(place), error: error) : nil)
        measurements.attempts.keep(made, for: key, atMost: Measurements.capacity)
        return made
    }

    private func inference(_ tokens: Labels, error: String) -> Measurements.InferenceSeries {
        let durations = tokens.adding("error.type", error), counted = tokens.adding("gen_ai.token.modality", "unknown")
        func find(_ instrument: Instrument, _ labels: Labels) -> Int { telemetry.figures.index(instrument, labels) }
        return Measurements.InferenceSeries(
            operationDuration: find(.clientOperationDuration, durations),
            inferenceDuration: find(.clientInferenceDuration, durations),
            operationFirstChunk: find(.clientFirstChunk, durations),
            inferenceFirstChunk: find(.inferenceFirstChunk, durations),
            operationChunkGap: find(.clientChunkGap, durations),
            inferenceChunkGap: find(.inferenceChunkGap, durations),
            inputHistogram: find(.clientTokenUsage, tokens.adding("gen_ai.token.type", "input")),
            outputHistogram: find(.clientTokenUsage, tokens.adding("gen_ai.token.type", "output")),
            operationInput: find(.operationInput, durations),
            operationOutput: find(.operationOutput, durations),
            input: find(.inferenceInput, counted), output: find(.inferenceOutput, counted),
            cacheRead: find(.inferenceCacheRead, counted), cacheWrite: find(.inferenceCacheWrite, counted),
            reasoning: find(.inferenceReasoning, counted))
    }
}

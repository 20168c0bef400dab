/// The metrics we send. Names, units and bounds: OpenTelemetry's semantic conventions; both generations of the GenAI names, so
/// that dashboards of either kind work.
package enum Instrument: Int, CaseIterable, Sendable {
    case serverDuration, activeRequests
    case clientOperationDuration, clientInferenceDuration, clientTokenUsage
    case clientFirstChunk, inferenceFirstChunk
    case inferenceInput, inferenceOutput, inferenceCacheRead, inferenceCacheWrite
    case requests, refusals, cost, unpriced, connectionsRefused, connectionFaults, ledgerRefusals, telemetryDropped
    // Governance
    case budgetSettled, budgetReserved, budgetLimit, budgetExposure, budgetDecisions
    case rateLimitDecisions, rateLimitQueue, admissionDuration
    case routeFallbacks, retries, breakerState, breakerTransitions
    case configReloads, configReloadSuccess, auditDropped, alerts
    case keySetFetches
    // The exporter itself
    case spansExported, logsExported, pointsExported, spansInflight, logsInflight, pointsInflight, exportDuration
    case spanQueueSize, spanQueueCapacity, spansProcessed, logQueueSize, logQueueCapacity, logsProcessed
    case spoolBytes, spoolRecords, spoolOldestAge

    enum Kind: Equatable {
        case histogram([Double])
        /// Only grows.
        case counter
        /// Counted up and down.
        case upDown
        /// Set to what is at the moment.
        case gauge(Gathering)
    }

    /// What the same series of several loops is together.
    enum Gathering: Equatable {
        /// Each loop has a part of it.
        case sum
        /// The worst of them counts.
        case maximum
    }

    var name: StaticString {
        switch self {
        case .serverDuration: "http.server.request.duration"
        case .activeRequests: "http.server.active_requests"
        case .clientOperationDuration: "gen_ai.client.operation.duration"
        case .clientInferenceDuration: "gen_ai.client.inference.duration"
        case .clientTokenUsage: "gen_ai.client.token.usage"
        case .clientFirstChunk: "gen_ai.client.operation.time_to_first_chunk"
        case .inferenceFirstChunk: "gen_ai.client.inference.time_to_first_chunk"
        case .inferenceInput: "gen_ai.client.inference.usage.input_tokens"
        case .inferenceOutput: "gen_ai.client.inference.usage.output_tokens"
        case .inferenceCacheRead: "gen_ai.client.inference.usage.cache_read.input_tokens"
        case .inferenceCacheWrite: "gen_ai.client.inference.usage.cache_write.input_tokens"
        case .retries: "tollgate.route.retries"
        case .requests: "tollgate.requests"
        case .refusals: "tollgate.refusals"
        case .cost: "tollgate.cost"
        case .unpriced: "tollgate.unpriced.requests"
        case .connectionsRefused: "tollgate.connections.refused"
        case .connectionFaults: "tollgate.connections.faults"
        case .ledgerRefusals: "tollgate.ledger.refusals"
        case .telemetryDropped: "tollgate.telemetry.dropped"
        case .budgetSettled: "tollgate.budget.settled"
        case .budgetReserved: "tollgate.budget.reserved"
        case .budgetLimit: "tollgate.budget.limit"
        case .budgetExposure: "tollgate.budget.exposure"
        case .budgetDecisions: "tollgate.budget.decisions"
        case .rateLimitDecisions: "tollgate.rate_limit.decisions"
        case .rateLimitQueue: "tollgate.rate_limit.queue"
        case .admissionDuration: "tollgate.admission.duration"
        case .routeFallbacks: "tollgate.route.fallbacks"
        case .breakerState: "tollgate.breaker.state"
        case .breakerTransitions: "tollgate.breaker.transitions"
        case .configReloads: "tollgate.config.reloads"
        case .configReloadSuccess: "tollgate.config.last_reload.success"
        case .auditDropped: "tollgate.audit.dropped"
        case .alerts: "tollgate.alerts"
        case .keySetFetches: "tollgate.token_keys.fetches"
        case .spansExported: "otel.sdk.exporter.span.exported"
        case .logsExported: "otel.sdk.exporter.log.exported"
        case .pointsExported: "otel.sdk.exporter.metric_data_point.exported"
        case .spansInflight: "otel.sdk.exporter.span.inflight"
        case .logsInflight: "otel.sdk.exporter.log.inflight"
        case .pointsInflight: "otel.sdk.exporter.metric_data_point.inflight"
        case .exportDuration: "otel.sdk.exporter.operation.duration"
        case .spanQueueSize: "otel.sdk.processor.span.queue.size"
        case .spanQueueCapacity: "otel.sdk.processor.span.queue.capacity"
        case .spansProcessed: "otel.sdk.processor.span.processed"
        case .logQueueSize: "otel.sdk.processor.log.queue.size"
        case .logQueueCapacity: "otel.sdk.processor.log.queue.capacity"
        case .logsProcessed: "otel.sdk.processor.log.processed"
        case .spoolBytes: "tollgate.telemetry.spool.bytes"
        case .spoolRecords: "tollgate.telemetry.spool.records"
        case .spoolOldestAge: "tollgate.telemetry.spool.oldest_age"
        }
    }

    var unit: StaticString {
        switch self {
        case .serverDuration, .clientOperationDuration, .clientInferenceDuration, .clientFirstChunk,
            .inferenceFirstChunk, .admissionDuration:
            "s"
        case .activeRequests, .requests, .refusals, .unpriced, .ledgerRefusals, .budgetDecisions, .rateLimitDecisions,
            .rateLimitQueue, .retries:
            "{request}"
        case .clientTokenUsage, .inferenceInput, .inferenceOutput, .inferenceCacheRead, .inferenceCacheWrite: "{token}"
        case .cost: "{nano_usd}"
        case .connectionsRefused, .connectionFaults: "{connection}"
        case .telemetryDropped: "{item}"
        // Money or tokens; the label `tollgate.unit` says which.
        case .budgetSettled, .budgetReserved, .budgetLimit, .budgetExposure: "1"
        case .breakerState, .configReloadSuccess: "1"
        case .routeFallbacks: "{fallback}"
        case .breakerTransitions: "{transition}"
        case .configReloads: "{reload}"
        case .auditDropped: "{event}"
        case .alerts: "{alert}"
        case .keySetFetches: "{fetch}"
        case .spansExported, .spansInflight, .spanQueueSize, .spanQueueCapacity, .spansProcessed: "{span}"
        case .logsExported, .logsInflight, .logQueueSize, .logQueueCapacity, .logsProcessed: "{log_record}"
        case .pointsExported, .pointsInflight: "{data_point}"
        case .exportDuration, .spoolOldestAge: "s"
        case .spoolBytes: "By"
        case .spoolRecords: "{record}"
        }
    }

    var kind: Kind {
        switch self {
        case .serverDuration: .histogram(Self.serverBounds)
        case .clientOperationDuration, .clientInferenceDuration, .clientFirstChunk, .inferenceFirstChunk:
            .histogram(Self.operationBounds)
        case .clientTokenUsage: .histogram(Self.tokenBounds)
        case .admissionDuration: .histogram(Self.admissionBounds)
        case .exportDuration: .histogram(Self.exportBounds)
        case .activeRequests, .rateLimitQueue: .upDown
        case .spansInflight, .logsInflight, .pointsInflight, .spanQueueSize, .spanQueueCapacity, .logQueueSize,
            .logQueueCapacity:
            .upDown
        case .spoolBytes, .spoolRecords: .gauge(.sum)
        case .spoolOldestAge: .gauge(.maximum)
        case .budgetSettled, .budgetReserved, .budgetLimit, .budgetExposure: .gauge(.sum)
        case .breakerState, .configReloadSuccess: .gauge(.maximum)
        default: .counter
        }
    }

    /// It says what is, not what was added.
    var isLevel: Bool { kind == .upDown || isGauge }

    var isGauge: Bool {
        if case .gauge = kind { return true }
        return false
    }

    /// The convention's, and longer ones: streams last minutes.
    private static let serverBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600,
    ]
    private static let exportBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    private static let operationBounds = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]
    private static let tokenBounds: [Double] = [
        1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ]
    /// From microseconds, for counting alone, to the longest wait in a queue.
    private static let admissionBounds = [
        0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1, 1, 5, 10, 30, 60, 300,
    ]
}

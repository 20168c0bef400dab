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
    // Clients' own telemetry
    case clientTelemetryItems, clientTelemetryDropped, clientTelemetryEdited, clientTelemetryJoined
    case claudeSessions, claudeCommits, claudePullRequests, claudeLines, claudeEdits, claudeActiveTime, claudeCost
    // Sessions
    case toolDuration, executeToolDuration, invokeAgentDuration, activeSessions
    // Cache forensics, and what is lost of it and of tools
    case cacheBreaks, cacheRebilledTokens, cacheRebilledCost, ledgerDropped
    // GenAI, HTTP
    case clientChunkGap, inferenceChunkGap, operationInput, operationOutput, inferenceReasoning, modelDuration,
        firstToken, outputToken, serverRequestSize, serverResponseSize, clientDuration, clientRequestSize,
        clientResponseSize, clientActive, clientConnections, clientConnectionDuration
    // Money, time, providers
    case tokens, cacheSaved, cacheSurcharge, overhead, stage, attempts, leases, poolWaiting, providerLimit,
        providerRemaining
    // The gateway itself
    case buildInfo, connectionsOpen, connectionsLimit, loopLag, loopTime, ledgerRows, ledgerTransactions,
        ledgerFaults, ledgerWaiting, auditWaiting, journalCapacity, journalFree, configReloadTime, certificateEnd,
        processTime, processMemory, processThreads, processDescriptors, processUptime
    // Telemetry itself
    case metricsOverflow, spansStarted, spansLive, collectionDuration
    // The exporter itself
    case spansExported, logsExported, pointsExported, spansInflight, logsInflight, pointsInflight, exportDuration
    case spanQueueSize, spanQueueCapacity, spansProcessed, logQueueSize, logQueueCapacity, logsProcessed
    case spoolBytes, spoolRecords, spoolOldestAge
    // Bodies of requests
    case bodyRoomUsed, bodyRoomLimit, bodyRoomWaiting

    enum Kind: Equatable {
        case histogram([Double])
        /// Only grows.
        case counter
        /// Counted up and down.
        case upDown
        /// Set to what is at the moment.
        case gauge(Gathering)
        /// The same, of parts that add up: sent as a sum that is counted up and down.
        case observed
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
        case .clientTelemetryItems: "tollgate.client_telemetry.items"
        case .clientTelemetryDropped: "tollgate.client_telemetry.dropped"
        case .clientTelemetryEdited: "tollgate.client_telemetry.edited"
        case .clientTelemetryJoined: "tollgate.client_telemetry.joined"
        case .claudeSessions: "tollgate.claude_code.sessions"
        case .claudeCommits: "tollgate.claude_code.commits"
        case .claudePullRequests: "tollgate.claude_code.pull_requests"
        case .claudeLines: "tollgate.claude_code.lines"
        case .claudeEdits: "tollgate.claude_code.edits"
        case .claudeActiveTime: "tollgate.claude_code.active_time"
        case .claudeCost: "tollgate.claude_code.cost"
        case .toolDuration: "tollgate.tool.duration"
        case .executeToolDuration: "gen_ai.execute_tool.duration"
        case .invokeAgentDuration: "gen_ai.invoke_agent.duration"
        case .activeSessions: "tollgate.sessions.active"
        case .clientChunkGap: "gen_ai.client.operation.time_per_output_chunk"
        case .inferenceChunkGap: "gen_ai.client.inference.time_per_output_chunk"
        case .operationInput: "gen_ai.client.inference.operation.input_tokens"
        case .operationOutput: "gen_ai.client.inference.operation.output_tokens"
        case .inferenceReasoning: "gen_ai.client.inference.usage.reasoning.output_tokens"
        case .modelDuration: "gen_ai.server.request.duration"
        case .firstToken: "gen_ai.server.time_to_first_token"
        case .outputToken: "gen_ai.server.time_per_output_token"
        case .serverRequestSize: "http.server.request.body.size"
        case .serverResponseSize: "http.server.response.body.size"
        case .clientDuration: "http.client.request.duration"
        case .clientRequestSize: "http.client.request.body.size"
        case .clientResponseSize: "http.client.response.body.size"
        case .clientActive: "http.client.active_requests"
        case .clientConnections: "http.client.open_connections"
        case .clientConnectionDuration: "http.client.connection.duration"
        case .tokens: "tollgate.tokens"
        case .cacheSaved: "tollgate.cache.saved"
        case .cacheBreaks: "tollgate.cache.breaks"
        case .cacheRebilledTokens: "tollgate.cache.rebilled.tokens"
        case .cacheRebilledCost: "tollgate.cache.rebilled.cost"
        case .cacheSurcharge: "tollgate.cache.surcharge"
        case .overhead: "tollgate.overhead.duration"
        case .stage: "tollgate.stage.duration"
        case .attempts: "tollgate.attempts"
        case .leases: "tollgate.pool.leases"
        case .poolWaiting: "tollgate.pool.waiting"
        case .providerLimit: "tollgate.provider.ratelimit.limit"
        case .providerRemaining: "tollgate.provider.ratelimit.remaining"
        case .buildInfo: "tollgate.build.info"
        case .connectionsOpen: "tollgate.connections.open"
        case .connectionsLimit: "tollgate.connections.limit"
        case .loopLag: "tollgate.loop.lag"
        case .loopTime: "tollgate.loop.cpu.time"
        case .ledgerRows: "tollgate.ledger.rows"
        case .ledgerTransactions: "tollgate.ledger.transactions"
        case .ledgerFaults: "tollgate.ledger.faults"
        case .ledgerDropped: "tollgate.ledger.rows.dropped"
        case .ledgerWaiting: "tollgate.ledger.rows.waiting"
        case .auditWaiting: "tollgate.ledger.audit.waiting"
        case .journalCapacity: "tollgate.ledger.journal.capacity"
        case .journalFree: "tollgate.ledger.journal.free"
        case .configReloadTime: "tollgate.config.last_reload.time"
        case .certificateEnd: "tollgate.tls.certificate.not_after"
        case .processTime: "process.cpu.time"
        case .processMemory: "process.memory.usage"
        case .processThreads: "process.thread.count"
        case .processDescriptors: "process.open_file_descriptor.count"
        case .processUptime: "process.uptime"
        case .metricsOverflow: "tollgate.metrics.overflow"
        case .spansStarted: "otel.sdk.span.started"
        case .spansLive: "otel.sdk.span.live"
        case .collectionDuration: "otel.sdk.metric_reader.collection.duration"
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
        case .bodyRoomUsed: "tollgate.body_room.used"
        case .bodyRoomLimit: "tollgate.body_room.limit"
        case .bodyRoomWaiting: "tollgate.body_room.waiting"
        }
    }

    var unit: StaticString {
        switch self {
        case .serverDuration, .clientOperationDuration, .clientInferenceDuration, .clientFirstChunk,
            .inferenceFirstChunk, .admissionDuration, .toolDuration, .executeToolDuration, .invokeAgentDuration:
            "s"
        case .activeSessions: "{session}"
        case .activeRequests, .requests, .refusals, .unpriced, .ledgerRefusals, .budgetDecisions, .rateLimitDecisions,
            .rateLimitQueue, .retries:
            "{request}"
        case .clientTokenUsage, .inferenceInput, .inferenceOutput, .inferenceCacheRead, .inferenceCacheWrite: "{token}"
        case .cost, .claudeCost: "nano_usd"
        case .connectionsRefused, .connectionFaults: "{connection}"
        case .telemetryDropped: "{item}"
        // Money or tokens; the label `tollgate.unit` says which.
        case .budgetSettled, .budgetReserved, .budgetLimit, .budgetExposure: "{unit}"
        case .breakerState: "{state}"
        case .configReloadSuccess: "{success}"
        case .routeFallbacks: "{fallback}"
        case .breakerTransitions: "{transition}"
        case .configReloads: "{reload}"
        case .auditDropped: "{event}"
        case .alerts: "{alert}"
        case .keySetFetches: "{fetch}"
        case .clientTelemetryItems: "{item}"
        case .clientTelemetryDropped: "{export}"
        case .clientTelemetryEdited: "{attribute}"
        case .clientTelemetryJoined: "{record}"
        case .claudeSessions: "{session}"
        case .claudeCommits: "{commit}"
        case .claudePullRequests: "{pull_request}"
        case .claudeLines: "{line}"
        case .claudeEdits: "{edit}"
        case .claudeActiveTime: "s"
        case .clientChunkGap, .inferenceChunkGap, .modelDuration, .firstToken, .outputToken, .clientDuration,
            .clientConnectionDuration, .overhead, .stage, .loopLag, .loopTime, .configReloadTime, .certificateEnd,
            .processTime, .processUptime, .collectionDuration:
            "s"
        case .operationInput, .operationOutput, .inferenceReasoning, .tokens:
            "{token}"
        case .serverRequestSize, .serverResponseSize, .clientRequestSize, .clientResponseSize, .processMemory:
            "By"
        case .clientActive, .poolWaiting:
            "{request}"
        case .clientConnections, .connectionsOpen, .connectionsLimit:
            "{connection}"
        case .cacheBreaks:
            "{break}"
        case .cacheRebilledTokens:
            "{token}"
        case .cacheSaved, .cacheSurcharge, .cacheRebilledCost:
            "nano_usd"
        case .attempts:
            "{attempt}"
        case .leases:
            "{lease}"
        case .providerLimit, .providerRemaining:
            "{unit}"
        case .buildInfo:
            "{build}"
        case .ledgerRows, .ledgerWaiting, .ledgerDropped, .journalCapacity, .journalFree:
            "{row}"
        case .ledgerTransactions:
            "{transaction}"
        case .ledgerFaults:
            "{fault}"
        case .auditWaiting:
            "{event}"
        case .processThreads:
            "{thread}"
        case .processDescriptors:
            "{file_descriptor}"
        case .metricsOverflow:
            "{series}"
        case .spansStarted, .spansLive:
            "{span}"
        case .spansExported, .spansInflight, .spanQueueSize, .spanQueueCapacity, .spansProcessed: "{span}"
        case .logsExported, .logsInflight, .logQueueSize, .logQueueCapacity, .logsProcessed: "{log_record}"
        case .pointsExported, .pointsInflight: "{data_point}"
        case .exportDuration, .spoolOldestAge: "s"
        case .spoolBytes, .bodyRoomUsed, .bodyRoomLimit: "By"
        case .bodyRoomWaiting: "{request}"
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
        case .toolDuration, .executeToolDuration, .invokeAgentDuration: .histogram(Self.agentBounds)
        case .exportDuration: .histogram(Self.exportBounds)
        case .activeRequests, .rateLimitQueue: .upDown
        case .spansInflight, .logsInflight, .pointsInflight, .spanQueueSize, .spanQueueCapacity, .logQueueSize,
            .logQueueCapacity:
            .upDown
        case .spoolBytes, .spoolRecords, .bodyRoomUsed, .bodyRoomLimit, .bodyRoomWaiting: .gauge(.sum)
        case .spoolOldestAge: .gauge(.maximum)
        case .budgetSettled, .budgetReserved, .budgetLimit, .budgetExposure: .gauge(.sum)
        case .activeSessions: .gauge(.sum)
        case .breakerState, .configReloadSuccess: .gauge(.maximum)
        case .clientChunkGap, .inferenceChunkGap:
            .histogram(Self.chunkBounds)
        case .operationInput, .operationOutput:
            .histogram(Self.tokenBounds)
        case .modelDuration:
            .histogram(Self.operationBounds)
        case .firstToken:
            .histogram(Self.firstTokenBounds)
        case .outputToken:
            .histogram(Self.outputTokenBounds)
        case .serverRequestSize, .serverResponseSize, .clientRequestSize, .clientResponseSize:
            .histogram(Self.sizeBounds)
        case .clientDuration:
            .histogram(Self.serverBounds)
        case .clientActive, .spansLive:
            .upDown
        case .clientConnections, .processMemory, .processThreads, .processDescriptors:
            .observed
        case .clientConnectionDuration:
            .histogram(Self.connectionBounds)
        case .overhead, .stage, .collectionDuration: .histogram(Self.admissionBounds)
        case .loopLag: .histogram(Self.lagBounds)
        case .poolWaiting, .providerLimit, .providerRemaining, .buildInfo, .configReloadTime, .certificateEnd,
            .processUptime:
            .gauge(.maximum)
        case .connectionsOpen, .connectionsLimit, .ledgerWaiting, .auditWaiting, .journalCapacity, .journalFree:
            .gauge(.sum)
        default: .counter
        }
    }

    /// It says what is, not what was added.
    var isLevel: Bool { kind == .upDown || isSet }

    var isGauge: Bool {
        if case .gauge = kind { return true }
        return false
    }

    /// It is set, not counted.
    var isSet: Bool { gathering != nil }

    var gathering: Gathering? {
        switch kind {
        case .gauge(let gathering): gathering
        case .observed: .sum
        default: nil
        }
    }

    /// Numbers are kept whole; times that are no histogram's are kept in nanoseconds and sent in seconds.
    var divisor: Double? {
        switch self {
        case .loopTime, .configReloadTime, .certificateEnd, .processTime, .processUptime: 1e9
        // Of which clients tell in milliseconds.
        case .claudeActiveTime: 1e3
        default: nil
        }
    }

    /// The convention's, and longer ones: streams last minutes.
    private static let serverBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600,
    ]
    private static let exportBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    /// The convention's end at 81.92; turns with much thinking take longer.
    private static let operationBounds = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36,
    ]
    /// The convention's, and smaller ones: models write a hundred chunks a second.
    private static let chunkBounds = [
        0.001, 0.002_5, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]
    private static let firstTokenBounds = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30, 45, 60, 120,
    ]
    private static let outputTokenBounds = [
        0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
    ]
    private static let tokenBounds: [Double] = [
        1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ]
    /// A tool may read one line, or wait for a person.
    private static let agentBounds = [
        0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600,
    ]
    /// Bytes: from a short answer to what limits allow.
    private static let sizeBounds: [Double] = [
        256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ]
    private static let connectionBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600]
    /// From what timers are late by themselves.
    private static let lagBounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// From microseconds, for counting alone, to the longest wait in a queue.
    private static let admissionBounds = [
        0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1, 1, 5, 10, 30, 60, 300,
    ]
}

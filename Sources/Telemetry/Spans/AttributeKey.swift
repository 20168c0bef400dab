/// The attributes of our spans. Names and units: OpenTelemetry's semantic conventions (HTTP 1.44, GenAI), `tollgate.*` ours.
package enum AttributeKey: UInt8, CaseIterable, Sendable {
    // HTTP server
    case httpRequestMethod, httpRoute, httpResponseStatusCode, urlPath, urlScheme, networkProtocolVersion
    case clientAddress, clientPort, userAgent, errorType, serverAddress, serverPort
    case httpRequestBodySize, httpResponseBodySize
    // Who and what
    case requestID, userID, sessionID, conversationID, team, keyID, project, agentID, parentAgentID, agentType
    case requestClass, promptID, toolDurations, clientVersion, entrypoint, modelRequested, provider, costNanoUSD,
        refusal
    // Stages, nanoseconds
    case stageAccept, stageIdentify, stageRoute, stageAdmit, stageRelay, stageSettle, stageAccount
    // GenAI
    case operationName, providerName, requestModel, requestStream, responseModel, responseID, finishReasons
    case timeToFirstChunk, inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens
    case attemptOrdinal, upstreamRequestID, connectionReused, usageEstimated, outcome, upstreamError
    // Virtual models
    case routeModel, routeStrategy, routeTarget, routeReason, routeCandidates
    case ruleID, admissionAccounts, admissionReserved, admissionWarnings
    // Sessions
    case toolName, toolCallID, toolType, toolOutcome, toolRequest, toolResultSize, toolReported, toolWaiting
    case agentName, genAgentID, spawnedAgent, promptEnd, promptAgents
    case totalCalls, totalErrors, totalTools, totalInput, totalCacheRead, totalCacheWrite, totalOutput
    case compactionKind, compactionTrigger, compactionContext
    // What was asked for, and how it went upstream
    case requestMaximumTokens, requestTemperature, requestTopP, requestTopK, requestReasoningLevel
    case cacheWriteTokens, reasoningTokens, usageCost, cacheOutcome, cacheReadRatio
    case attemptConnect, attemptSend, attemptWait, httpResendCount, linkType, openInferenceKind
    case httpRequestMethodOriginal

    /// The name as it is exported.
    package var name: StaticString {
        switch self {
        case .httpRequestMethod: "http.request.method"
        case .httpRequestMethodOriginal: "http.request.method_original"
        case .httpRoute: "http.route"
        case .httpResponseStatusCode: "http.response.status_code"
        case .urlPath: "url.path"
        case .urlScheme: "url.scheme"
        case .networkProtocolVersion: "network.protocol.version"
        case .clientAddress: "client.address"
        case .clientPort: "client.port"
        case .userAgent: "user_agent.original"
        case .errorType: "error.type"
        case .serverAddress: "server.address"
        case .serverPort: "server.port"
        case .httpRequestBodySize: "http.request.body.size"
        case .httpResponseBodySize: "http.response.body.size"
        case .requestID: "tollgate.request.id"
        case .userID: "user.id"
        case .sessionID: "session.id"
        case .conversationID: "gen_ai.conversation.id"
        case .team: "tollgate.team"
        case .keyID: "tollgate.key.id"
        case .project: "tollgate.project"
        case .agentID: "tollgate.agent.id"
        case .parentAgentID: "tollgate.agent.parent_id"
        case .agentType: "tollgate.agent.type"
        case .requestClass: "tollgate.request.class"
        case .promptID: "tollgate.prompt.id"
        case .toolDurations: "tollgate.tool.durations"
        case .clientVersion: "tollgate.client.version"
        case .entrypoint: "tollgate.client.entrypoint"
        case .modelRequested: "tollgate.model.requested"
        case .provider: "tollgate.provider"
        case .costNanoUSD: "tollgate.cost.nano_usd"
        case .refusal: "tollgate.refusal"
        case .stageAccept: "tollgate.stage.accept.duration_ns"
        case .stageIdentify: "tollgate.stage.identify.duration_ns"
        case .stageRoute: "tollgate.stage.route.duration_ns"
        case .stageAdmit: "tollgate.stage.admit.duration_ns"
        case .stageRelay: "tollgate.stage.relay.duration_ns"
        case .stageSettle: "tollgate.stage.settle.duration_ns"
        case .stageAccount: "tollgate.stage.account.duration_ns"
        case .operationName: "gen_ai.operation.name"
        case .providerName: "gen_ai.provider.name"
        case .requestModel: "gen_ai.request.model"
        case .requestStream: "gen_ai.request.stream"
        case .responseModel: "gen_ai.response.model"
        case .responseID: "gen_ai.response.id"
        case .finishReasons: "gen_ai.response.finish_reasons"
        case .timeToFirstChunk: "gen_ai.response.time_to_first_chunk"
        case .inputTokens: "gen_ai.usage.input_tokens"
        case .outputTokens: "gen_ai.usage.output_tokens"
        case .cacheReadTokens: "gen_ai.usage.cache_read.input_tokens"
        case .cacheCreationTokens: "gen_ai.usage.cache_creation.input_tokens"
        case .attemptOrdinal: "tollgate.attempt.ordinal"
        case .upstreamRequestID: "tollgate.upstream.request_id"
        case .connectionReused: "tollgate.connection.reused"
        case .usageEstimated: "tollgate.usage.estimated"
        case .outcome: "tollgate.outcome"
        case .upstreamError: "tollgate.upstream.error"
        case .routeModel: "tollgate.route.model"
        case .routeStrategy: "tollgate.route.strategy"
        case .routeTarget: "tollgate.route.target"
        case .routeReason: "tollgate.route.reason"
        case .routeCandidates: "tollgate.route.candidates"
        case .ruleID: "tollgate.rule.id"
        case .admissionAccounts: "tollgate.admission.accounts"
        case .admissionReserved: "tollgate.admission.reserved_nano_usd"
        case .admissionWarnings: "tollgate.admission.warnings"
        case .toolName: "gen_ai.tool.name"
        case .toolCallID: "gen_ai.tool.call.id"
        case .toolType: "gen_ai.tool.type"
        case .toolOutcome: "tollgate.tool.outcome"
        case .toolRequest: "tollgate.tool.request.id"
        case .toolResultSize: "tollgate.tool.result.size"
        case .toolReported: "tollgate.tool.reported_duration_ms"
        case .toolWaiting: "tollgate.tool.waiting_ms"
        case .agentName: "gen_ai.agent.name"
        case .genAgentID: "gen_ai.agent.id"
        case .spawnedAgent: "tollgate.tool.spawned_agent.id"
        case .promptEnd: "tollgate.prompt.end"
        case .promptAgents: "tollgate.prompt.agents"
        case .totalCalls: "tollgate.total.model_calls"
        case .totalErrors: "tollgate.total.errors"
        case .totalTools: "tollgate.total.tool_calls"
        case .totalInput: "tollgate.total.input_tokens"
        case .totalCacheRead: "tollgate.total.cache_read_tokens"
        case .totalCacheWrite: "tollgate.total.cache_write_tokens"
        case .totalOutput: "tollgate.total.output_tokens"
        case .compactionKind: "tollgate.compaction.kind"
        case .compactionTrigger: "tollgate.compaction.trigger"
        case .compactionContext: "tollgate.compaction.context_tokens"
        case .requestMaximumTokens: "gen_ai.request.max_tokens"
        case .requestTemperature: "gen_ai.request.temperature"
        case .requestTopP: "gen_ai.request.top_p"
        case .requestTopK: "gen_ai.request.top_k"
        case .requestReasoningLevel: "gen_ai.request.reasoning.level"
        case .cacheWriteTokens: "gen_ai.usage.cache_write.input_tokens"
        case .reasoningTokens: "gen_ai.usage.reasoning.output_tokens"
        case .usageCost: "gen_ai.usage.cost"
        case .cacheOutcome: "tollgate.cache.outcome"
        case .cacheReadRatio: "tollgate.cache.read.ratio"
        case .attemptConnect: "tollgate.attempt.connect.duration_ns"
        case .attemptSend: "tollgate.attempt.send.duration_ns"
        case .attemptWait: "tollgate.attempt.wait.duration_ns"
        case .httpResendCount: "http.request.resend_count"
        case .linkType: "link.type"
        case .openInferenceKind: "openinference.span.kind"
        }
    }
}

/// What a span is for (OTLP `SpanKind`).
package enum SpanKind: UInt8, Sendable {
    case stage = 1
    case server = 2
    case client = 3
}

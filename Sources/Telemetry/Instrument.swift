/// The metrics we send. Names, units and bounds: OpenTelemetry's semantic conventions; both generations of the GenAI names, so
/// that dashboards of either kind work.
package enum Instrument: Int, CaseIterable, Sendable {
    case serverDuration, activeRequests
    case clientOperationDuration, clientInferenceDuration, clientTokenUsage
    case clientFirstChunk, inferenceFirstChunk
    case inferenceInput, inferenceOutput, inferenceCacheRead, inferenceCacheWrite
    case breakerTransitions, openTargets, fallbacks, retries
    case requests, refusals, cost, unpriced, connectionsRefused, connectionFaults, ledgerRefusals, telemetryDropped

    enum Kind: Equatable {
        case histogram([Double])
        /// Only grows.
        case counter
        case upDown
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
        case .breakerTransitions: "tollgate.breaker.transitions"
        case .openTargets: "tollgate.breaker.open"
        case .fallbacks: "tollgate.fallbacks"
        case .retries: "tollgate.retries"
        case .requests: "tollgate.requests"
        case .refusals: "tollgate.refusals"
        case .cost: "tollgate.cost"
        case .unpriced: "tollgate.unpriced.requests"
        case .connectionsRefused: "tollgate.connections.refused"
        case .connectionFaults: "tollgate.connections.faults"
        case .ledgerRefusals: "tollgate.ledger.refusals"
        case .telemetryDropped: "tollgate.telemetry.dropped"
        }
    }

    var unit: StaticString {
        switch self {
        case .serverDuration, .clientOperationDuration, .clientInferenceDuration, .clientFirstChunk,
            .inferenceFirstChunk:
            "s"
        case .activeRequests, .requests, .refusals, .unpriced, .ledgerRefusals, .fallbacks, .retries: "{request}"
        case .breakerTransitions: "{transition}"
        case .openTargets: "{target}"
        case .clientTokenUsage, .inferenceInput, .inferenceOutput, .inferenceCacheRead, .inferenceCacheWrite: "{token}"
        case .cost: "{nano_usd}"
        case .connectionsRefused, .connectionFaults: "{connection}"
        case .telemetryDropped: "{item}"
        }
    }

    var kind: Kind {
        switch self {
        case .serverDuration: .histogram(Self.serverBounds)
        case .clientOperationDuration, .clientInferenceDuration, .clientFirstChunk, .inferenceFirstChunk:
            .histogram(Self.operationBounds)
        case .clientTokenUsage: .histogram(Self.tokenBounds)
        case .activeRequests, .openTargets: .upDown
        default: .counter
        }
    }

    /// The convention's, and longer ones: streams last minutes.
    private static let serverBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 600,
    ]
    private static let operationBounds = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]
    private static let tokenBounds: [Double] = [
        1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ]
}

/// The attributes of a data point, as few as the conventions ask for: each combination is a series of its own.
package struct Labels: Hashable, Sendable {
    /// Names and values in a fixed order for each instrument.
    private(set) var pairs: [Pair]

    struct Pair: Hashable, Sendable {
        let name: String
        let value: LabelValue
    }

    package init() { pairs = [] }

    /// The series that takes what does not fit in the bound on series (OpenTelemetry metrics SDK, cardinality limits).
    static let overflow = Labels().adding("otel.metric.overflow", .flag)

    package func adding(_ name: String, _ value: String) -> Labels { value.isEmpty ? self : adding(name, .text(value)) }

    package func adding(_ name: String, _ value: Int) -> Labels { adding(name, .number(Int64(value))) }

    private func adding(_ name: String, _ value: LabelValue) -> Labels {
        var copy = self
        copy.pairs.append(Pair(name: name, value: value))
        return copy
    }
}

enum LabelValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    case flag
}

import Configuration

/// What one request used, in the classes that are priced. Counts are never negative.
package struct TokenUsage: Sendable, Equatable {
    /// Input tokens that were neither read from nor written to the cache.
    package var input: Int64 = 0
    /// Output tokens, thinking included.
    package var output: Int64 = 0
    /// The part of `output` that was thinking, where it is told; it has no price of its own.
    package var thinking: Int64 = 0
    /// Written for the shorter time: five minutes with Anthropic, thirty with OpenAI.
    package var cacheWrite5m: Int64 = 0
    /// Written for the longer time: an hour with Anthropic, twelve with OpenAI.
    package var cacheWrite1h: Int64 = 0
    package var cacheRead: Int64 = 0
    package var webSearchRequests: Int64 = 0
    package var webFetchRequests: Int64 = 0
    /// `usage.speed` was `fast`.
    package var isFast = false
    /// `usage.inference_geo` was `us`.
    package var isUS = false
    /// The tier that served, as the answer named it, not as the request did.
    package var serviceTier = ServiceTier.standard
    /// What the provider says it charges for all of this; `nil` where it does not say.
    package var reportedCost: NanoUSD?

    package init() {}

    /// Adds class by class. A reported cost stays one only while it stands for everything.
    package mutating func add(_ other: TokenUsage) {
        reportedCost = sumOfReports(with: other)
        input += other.input
        output += other.output
        thinking += other.thinking
        cacheWrite5m += other.cacheWrite5m
        cacheWrite1h += other.cacheWrite1h
        cacheRead += other.cacheRead
        webSearchRequests += other.webSearchRequests
        webFetchRequests += other.webFetchRequests
    }

    private func sumOfReports(with other: TokenUsage) -> NanoUSD? {
        if other.isZero { return reportedCost }
        if isZero { return other.reportedCost }
        guard let reportedCost, let more = other.reportedCost else { return nil }
        return reportedCost + more
    }

    /// All input together, as the context window counts it.
    package var totalInput: Int64 { input &+ cacheWrite5m &+ cacheWrite1h &+ cacheRead }
    package var isZero: Bool {
        totalInput == 0 && output == 0 && webSearchRequests == 0 && webFetchRequests == 0
            && (reportedCost ?? .zero) == .zero
    }
}

/// What a model used that another one consulted at the provider: a step of Anthropic's advisor tool.
package struct AdvisorUsage: Sendable, Equatable {
    package let model: String
    package let usage: TokenUsage
}

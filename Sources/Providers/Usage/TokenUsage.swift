/// What one request used, in the classes that are priced. Counts are never negative.
package struct TokenUsage: Sendable, Equatable {
    /// Input tokens that were neither read from nor written to the cache.
    package var input: Int64 = 0
    /// Output tokens, thinking included.
    package var output: Int64 = 0
    package var cacheWrite5m: Int64 = 0
    package var cacheWrite1h: Int64 = 0
    package var cacheRead: Int64 = 0
    package var webSearchRequests: Int64 = 0
    package var webFetchRequests: Int64 = 0
    /// `usage.speed` was `fast`.
    package var isFast = false
    /// `usage.inference_geo` was `us`.
    package var isUS = false

    package init() {}

    /// Adds class by class.
    package mutating func add(_ other: TokenUsage) {
        input += other.input
        output += other.output
        cacheWrite5m += other.cacheWrite5m
        cacheWrite1h += other.cacheWrite1h
        cacheRead += other.cacheRead
        webSearchRequests += other.webSearchRequests
        webFetchRequests += other.webFetchRequests
    }

    /// All input together, as the context window counts it.
    package var totalInput: Int64 { input &+ cacheWrite5m &+ cacheWrite1h &+ cacheRead }
    package var isZero: Bool { totalInput == 0 && output == 0 && webSearchRequests == 0 && webFetchRequests == 0 }
}

/// What is in spans, and which are kept: `telemetry.traces`.
package struct TraceSetting: Sendable, Equatable {
    /// On which spans the token counts stand, so that a back end that sums over a trace counts them once.
    package enum Usage: String, CaseIterable, Sendable {
        /// On each attempt's span.
        case always
        /// Only where the client brought no trace of its own: its SDK may make a span with the same counts.
        case withoutParent = "without_parent"
        /// On none: the client's spans have them.
        case never
    }

    /// Which generation of the GenAI conventions names what differs between them: tokens written to the cache.
    package enum Names: String, CaseIterable, Sendable {
        /// `gen_ai.usage.cache_creation.input_tokens`, known to all back ends.
        case v141 = "1.41"
        /// `gen_ai.usage.cache_write.input_tokens`.
        case latest
        case both
    }

    package var usage = Usage.always
    package var names = Names.v141
    /// Requests that failed are kept also where their trace was not sampled.
    package var keepsErrors = true
    /// The same for requests that took at least so many nanoseconds; `nil`: none for that.
    package var keepsSlowerThan: Int64?
    /// Members of the client's `baggage` that become attributes of the request's span.
    package var baggage: [String] = []

    package init() {}

    /// Whether anything may be kept that sampling left out.
    package var keepsMore: Bool { keepsErrors || keepsSlowerThan != nil }
}

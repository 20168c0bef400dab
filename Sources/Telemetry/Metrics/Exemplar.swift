import Wire

/// The span that measurements are made in, for exemplars.
package struct ExemplarSource: Sendable, Equatable {
    package let trace: TraceID
    package let span: SpanID
    /// Unix nanoseconds.
    package let time: Int64

    package init(trace: TraceID, span: SpanID, time: Int64) {
        self.trace = trace
        self.span = span
        self.time = time
    }
}

/// One measurement of those in a histogram's bucket, with the span that it was made in.
struct Exemplar: Sendable, Equatable {
    let value: Double
    let source: ExemplarSource
}

/// Which measurements may become exemplars (OpenTelemetry metrics SDK, exemplar filter).
package enum ExemplarFilter: String, Sendable, CaseIterable {
    /// Those in spans that are sampled and exported.
    case traceBased = "trace_based"
    case alwaysOn = "always_on"
    case alwaysOff = "always_off"
}

import Wire

/// Where a request stands in its trace (W3C Trace Context): the client's trace if it sent one, else one of its own.
struct RequestTrace {
    let traceID: TraceID
    /// Our SERVER span.
    let serverSpan: SpanID
    /// The client's span, if it sent a valid `traceparent`.
    let parent: SpanID?
    let isSampled: Bool

    /// The parent where it is a span of the client's.
    var clientParent: SpanID? { parent }

    /// The context that goes upstream with one attempt: our CLIENT span as the parent.
    func context(span: SpanID) -> TraceContext {
        TraceContext(traceID: traceID, spanID: span, flags: isSampled ? TraceContext.sampled : 0)
    }
}

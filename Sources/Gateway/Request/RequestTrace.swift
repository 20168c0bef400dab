import Sessions
import Wire

/// Where a request stands in its trace (W3C Trace Context): the client's trace if it sent one, else one of its own.
struct RequestTrace {
    let traceID: TraceID
    /// Our SERVER span.
    let serverSpan: SpanID
    /// The client's span, if it sent a valid `traceparent`; else that of the prompt or of the subagent that the request is for.
    let parent: SpanID?
    let isSampled: Bool
    /// The prompt whose trace this is; `nil`: it is the client's trace, or the request's own.
    var place: PromptPlace?

    /// The parent where it is a span of the client's.
    var clientParent: SpanID? { place == nil ? parent : nil }

    /// The context that goes upstream with one attempt: our CLIENT span as the parent.
    func context(span: SpanID) -> TraceContext {
        TraceContext(traceID: traceID, spanID: span, flags: isSampled ? TraceContext.sampled : 0)
    }
}

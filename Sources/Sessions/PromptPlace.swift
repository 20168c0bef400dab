import CXXHash
import Wire

/// The trace of one prompt of a session, and the ids of the spans in it that no request is: derived from what every request says,
/// so that whoever handles one of them knows all of them without asking.
package struct PromptPlace: Sendable, Hashable {
    /// Which prompt of the session.
    package let key: UInt64
    package let traceID: TraceID
    /// The span of the prompt: the root of its trace.
    package let span: SpanID

    package init(session: UnsafeRawBufferPointer, key: UInt64) {
        let hash = XXH3_128bits_withSeed(session.baseAddress, session.count, key)
        self.key = key
        traceID = TraceID(high: hash.high64, low: hash.low64) ?? Self.someTrace
        span = Self.span("prompt", of: traceID)
    }

    /// The span of a subagent's work for this prompt.
    package func agentSpan(_ agent: UnsafeRawBufferPointer) -> SpanID {
        Self.spanID(XXH3_64bits_withSeed(agent.baseAddress, agent.count, traceID.low ^ Self.agentSeed))
    }

    package func agentSpan(_ agent: String) -> SpanID { agent.withBytes(agentSpan) }

    /// The span of a tool's call. Some upstreams give the same ids in every answer, so the request that asked for it counts too.
    package func toolSpan(_ id: String, of request: Int64) -> SpanID {
        // A seed that is near another one gives short texts the same hash.
        let seed = withUnsafeBytes(of: request) {
            XXH3_64bits_withSeed($0.baseAddress, $0.count, traceID.low ^ Self.toolSeed)
        }
        return id.withBytes { Self.spanID(XXH3_64bits_withSeed($0.baseAddress, $0.count, seed)) }
    }

    /// What stands for a text where only its difference from others counts.
    package static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        XXH3_64bits_withSeed(text.baseAddress, text.count, 0)
    }

    private static func span(_ name: String, of trace: TraceID) -> SpanID {
        name.withBytes { spanID(XXH3_64bits_withSeed($0.baseAddress, $0.count, trace.low ^ trace.high)) }
    }

    private static let agentSeed: UInt64 = 0x61_67_65_6E_74
    private static let toolSeed: UInt64 = 0x74_6F_6F_6C

    private static func spanID(_ hash: UInt64) -> SpanID { SpanID(hash) ?? someSpan }

    // A hash of zero, once in 2⁶⁴ times, would mean "none".
    private static let someSpan: SpanID = {
        guard let span = SpanID(1) else { preconditionFailure("1 is an id") }
        return span
    }()
    private static let someTrace: TraceID = {
        guard let trace = TraceID(high: 0, low: 1) else { preconditionFailure("1 is an id") }
        return trace
    }()
}

extension String {
    fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

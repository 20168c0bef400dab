import Wire

/// Which traces are recorded: what the client's context says, else a share of those that begin here, decided by the trace id so
/// that every service decides alike (OpenTelemetry SDK, TraceIdRatioBased).
package struct Sampler: Sendable, Equatable {
    /// Whether the client's decision counts.
    let followsParent: Bool
    private let limit: UInt64
    private let takesAll: Bool

    /// `ratio`: 0...1 of the traces that begin here.
    package init(ratio: Double, followsParent: Bool = true) {
        self.followsParent = followsParent
        takesAll = ratio >= 1
        // Of the low seven bytes, which are the random ones.
        limit = UInt64(max(0, min(1, ratio)) * Double(UInt64(1) << 56))
    }

    package func isSampled(parent: TraceContext?, traceID: TraceID) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        return takesAll || traceID.low & 0x00FF_FFFF_FFFF_FFFF < limit
    }
}

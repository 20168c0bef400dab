import HTTP
import Ledger
import Providers
import Transport

/// One dispatch to an upstream: what is known of it, for the row, the span and the decision whether to try again.
final class Attempt {
    /// 0 for the first.
    let ordinal: Int
    let spanID: UInt64
    /// Monotonic nanoseconds.
    let startedAt: Int64
    let startedWall: Int64
    var isReused = false
    /// The request was handed to the kernel whole.
    var sentAt: Int64?
    /// The head of the answer was there.
    var headAt: Int64?
    var endedAt: Int64 = 0
    var status = 0
    var upstreamRequestID = ""
    var fault: ClientFault?
    var meter = AnswerMeter.none
    var bill = Bill()
    var outcome = Outcome.ok
    var peer: SocketAddress?

    init(ordinal: Int, spanID: UInt64, startedAt: Int64, startedWall: Int64) {
        self.ordinal = ordinal
        self.spanID = spanID
        self.startedAt = startedAt
        self.startedWall = startedWall
    }

    /// A pooled connection that the upstream closed in the moment of reuse: it cannot have begun to answer, so the request is
    /// sent once more on a fresh one. Later than `reuseWindow` after sending it is taken for a failure of the upstream.
    var diedAtReuse: Bool {
        guard isReused, headAt == nil, case .transport(.closed) = fault else { return false }
        return endedAt - (sentAt ?? startedAt) < Self.reuseWindow
    }

    private static let reuseWindow: Int64 = 1_000_000_000
}

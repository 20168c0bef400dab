import Governance
import HTTP
import Ledger
import Providers
import Transport
import Upstream
import Wire

/// One dispatch to an upstream: what is known of it, for the row, the span and the decision whether to try again.
final class Attempt {
    /// 0 for the first.
    let ordinal: Int
    /// Where it goes.
    let routed: RoutedModel
    let span: SpanID
    /// Monotonic and Unix nanoseconds.
    let startedAt: Int64
    let startedWall: Int64
    var isReused = false
    /// The request's head as it is sent; it stays in place for as long as that takes.
    var requestHead = ByteWriter(capacity: 4_096)
    /// The model's name as the upstream knows it, where it stands in place of the client's.
    var modelName = ByteWriter()
    /// What authenticates it; with it whatever comes back is looked through, if it is an error.
    var credential: UpstreamCredential?
    /// It had a connection, from the pool or new.
    var connectedAt: Int64?
    /// The request was handed to the kernel whole.
    var sentAt: Int64?
    /// The head of the answer was there.
    var headAt: Int64?
    /// The first bytes of the answer's body were there.
    var firstByteAt: Int64?
    var endedAt: Int64 = 0
    /// The upstream's status; 0 if it gave none.
    var status = 0
    var upstreamRequestID = ""
    /// The upstream's own span of it, as its `traceresponse` says.
    var upstreamTrace: TraceContext?
    var meter: AnswerMeter?
    /// What the answer said of itself; complete when the attempt has ended.
    var facts = MessageFacts()
    var fault: ClientFault?
    /// The upstream answered, and what it said is an error for the client.
    var failure: Refusal?
    /// The same byte for byte, where another attempt may make it unnecessary to tell.
    var kept: KeptAnswer?
    /// What the upstream asked for by `retry-after`, nanoseconds.
    var retryAfter: Int64?
    /// Why it goes there, where there was a choice.
    var reason = ""
    /// What became of the request's parts, where it was translated.
    var receipt: FidelityReceipt?
    /// Its error as it was written, for logs and spans.
    var upstreamError = ""
    var outcome = Outcome.ok
    /// For spans, rows and metrics; empty if all went well.
    var errorType = ""
    var bill = Bill()
    /// What it was admitted with; `nil`: no rule was about it.
    var admission: Admission?
    /// Its place in the order of admissions and settlements; 0 if nothing was held.
    var settlement: Int64 = 0

    init(ordinal: Int, _ routed: RoutedModel, span: SpanID, startedAt: Int64, startedWall: Int64) {
        self.ordinal = ordinal
        self.routed = routed
        self.span = span
        self.startedAt = startedAt
        self.startedWall = startedWall
    }

    /// The upstream does not know the credential, or not any more.
    var credentialIsRefused: Bool { status == 401 || status == 403 && facts.errorType.hasPrefix("ExpiredToken") }

    var duration: Int64 { endedAt - startedAt }

    /// The upstream has said that its answer is whole, and that it is none of an error.
    var hasWholeAnswer: Bool { meter.map { $0.isWhole && !$0.hasErrorEvent } ?? false }

    /// A pooled connection that the upstream closed in the moment of reuse: it cannot have begun to answer, so the request is
    /// sent once more on a fresh one. Later than `reuseWindow` after sending it is taken for a failure of the upstream.
    var diedAtReuse: Bool {
        guard isReused, headAt == nil, case .transport(.closed)? = fault else { return false }
        return endedAt - (sentAt ?? startedAt) < Self.reuseWindow
    }

    private static let reuseWindow: Int64 = 1_000_000_000
}

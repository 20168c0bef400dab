import Configuration
import Governance
import HTTP
import Providers
import Telemetry
import Transport
import Wire

/// What a request asks for.
enum Operation: Equatable {
    case messages
    case countTokens
    /// Anything else that is answered here.
    case local

    /// As rows and spans name it.
    var name: StaticString {
        switch self {
        case .messages: "messages"
        case .countTokens: "count_tokens"
        case .local: "local"
        }
    }
}

/// One request from its head to its row: what each stage found out. Loop-confined; it lives as long as the request.
final class Exchange {
    let channel: ServerChannel
    let id: Int64
    /// The snapshot the request began with; a reload does not touch it.
    let snapshot: Snapshot
    let facts: ClientFacts
    let trace: RequestTrace
    /// Monotonic and Unix nanoseconds of the first byte of the head.
    let startedAt: Int64
    let startedWall: Int64

    // identify
    var principal: Principal?
    var metadata = Metadata.none
    var passesThrough = false
    // accept
    var operation = Operation.local
    var route: StaticString = "unmatched"
    var body: RequestBody?
    // route
    var routed: RoutedModel?
    // relay
    var attempts: [Attempt] = []
    // the end
    var refusal: Refusal?
    var outcome = Outcome.answered

    init(_ channel: ServerChannel, id: Int64, snapshot: Snapshot, trace: RequestTrace, wallClock: Int64) {
        self.channel = channel
        self.id = id
        self.snapshot = snapshot
        self.trace = trace
        facts = ClientFacts(channel.head)
        startedAt = channel.arrivedAt
        startedWall = wallClock - (monotonicNanoseconds() - channel.arrivedAt)
    }

    /// Text of a range of the head, for rows and spans.
    func text(_ range: Range<Int>?) -> UnsafeRawBufferPointer {
        guard let range else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return channel.headBytes(range)
    }
}

/// How a request ended, as rows, metrics and logs name it.
enum Outcome: String {
    /// The upstream's answer, whatever its status, went to the client whole.
    case answered = "ok"
    case refused
    case upstreamError = "upstream_error"
    case unreachable
    case timedOut = "timeout"
    case malformed
    case cut
    case clientGone = "client_gone"
    case failed
}

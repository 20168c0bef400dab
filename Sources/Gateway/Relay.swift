import HTTP
import Transport
import Upstream
import Wire

/// How the relaying of an answer ended.
enum RelayEnd {
    case complete
    case clientGone
    case fault(ClientFault)
}

/// Carries an answer's body from the upstream to the client as it arrives, and lets the meter look at it on the way.
///
/// Nothing is read from the upstream while bytes for the client wait, so that a slow client slows the upstream and memory does
/// not grow. A stream that is silent is kept alive with pings between two events.
struct Relay {
    let channel: ServerChannel
    let connection: ClientConnection
    let meter: AnswerMeter
    /// When the first bytes of the body were there, monotonic nanoseconds.
    private(set) var firstByteAt: Int64?
    /// An uncompressed event stream: its events are kept whole, and pings may come between them.
    let isEventStream: Bool
    /// Nanoseconds without a byte from the upstream; without one to a client before a ping.
    let idleTimeout: Int64
    let pingInterval: Int64
    private var hold = EventHold()

    init(
        _ channel: ServerChannel, _ connection: ClientConnection, _ meter: AnswerMeter, isEventStream: Bool,
        idleTimeout: Int64, pingInterval: Int64
    ) {
        self.channel = channel
        self.connection = connection
        self.meter = meter
        self.isEventStream = isEventStream
        self.idleTimeout = idleTimeout
        self.pingInterval = pingInterval
    }

    /// Relays until the body is complete or one side fails.
    mutating func run() async -> RelayEnd {
        let wakeup = channel.wakeup
        defer {
            wakeup.clearDeadline()
            wakeup.clearTick()
        }
        if isEventStream { wakeup.setTick(after: pingInterval) }
        while true {
            switch connection.readBody() {
            case .data(let bytes, let isLast):
                if firstByteAt == nil { firstByteAt = monotonicNanoseconds() }
                meter.consume(bytes, isLast: isLast)
                let state = pass(bytes, isLast: isLast)
                if state == .failed { return .clientGone }
                if state == .pending, await channel.flush() != .sent { return .clientGone }
                if isLast { return .complete }
            case .failed(let fault):
                return .fault(fault)
            case .wouldBlock:
                if let end = await park(wakeup) { return end }
            }
        }
    }

    private mutating func pass(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> SendState {
        guard isEventStream else {
            return bytes.isEmpty && !isLast ? .sent : channel.send(bytes, isLast: isLast)
        }
        var state = SendState.sent
        let channel = channel
        // A stream that ends without its last event is not brought to its end here: the client is to be told.
        let ends = isLast && meter.isWhole
        if ends, bytes.isEmpty, hold.isEmpty { return channel.send(bytes, isLast: true) }
        hold.pass(bytes, isLast: ends) { state = channel.send($0, isLast: ends) }
        return state
    }

    /// Waits for the upstream, the client's end, or the moment for a ping.
    private func park(_ wakeup: Wakeup) async -> RelayEnd? {
        let silentSince = monotonicNanoseconds()
        wakeup.setDeadline(after: idleTimeout)
        while true {
            let events = await wakeup.wait(for: [.upstreamReadable, .downstreamHangup, .deadline, .tick])
            if events.contains(.downstreamHangup) { return .clientGone }
            if events.contains(.upstreamReadable) {
                if isEventStream { wakeup.setTick(after: pingInterval) }
                return nil
            }
            if events.contains(.deadline) { return .fault(.timedOut) }
            guard ping() != .failed else { return .clientGone }
            if channel.hasUnsent {
                if await channel.flush() != .sent { return .clientGone }
                // Flushing used the deadline for itself. Pings do not make the upstream any less silent.
                wakeup.setDeadline(after: max(1, idleTimeout - (monotonicNanoseconds() - silentSince)))
            }
            wakeup.setTick(after: pingInterval)
        }
    }

    private static let pingEvent: StaticString = "event: ping\ndata: {\"type\": \"ping\"}\n\n"

    private func ping() -> SendState {
        guard isEventStream, !hold.isInsideEvent else { return .sent }
        return Self.pingEvent.withUTF8Buffer { channel.send(UnsafeRawBufferPointer($0), isLast: false) }
    }

    /// The client may be told of a fault by an event: what it has so far ends between two events.
    var canSendEvent: Bool { isEventStream && !hold.isInsideEvent }
}

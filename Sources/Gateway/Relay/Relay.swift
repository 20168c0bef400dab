import HTTP
import Transport
import Upstream
import Wire

/// How the relaying of an answer ended.
enum RelayEnd {
    case complete
    case clientGone
    case fault(ClientFault)
    /// The answer began with an `error` event of that type; the client knows of nothing.
    case failedFirst(String)
}

/// Carries an answer's body from the upstream to the client as it arrives, and lets the meter look at it on the way.
///
/// Nothing is read from the upstream while bytes for the client wait, so that a slow client slows the upstream and memory does
/// not grow. A stream that is silent is kept alive with pings between two events.
struct Relay {
    let exchange: Exchange
    private var channel: ServerChannel { exchange.channel }
    let connection: ClientConnection
    let meter: AnswerMeter
    /// When the first bytes of the body were there, monotonic nanoseconds.
    private(set) var firstByteAt: Int64?
    /// An uncompressed event stream: its events are kept whole, and pings may come between them.
    let isEventStream: Bool
    /// Nanoseconds without a byte from the upstream; without one to a client before a ping.
    let idleTimeout: Int64
    let pingInterval: Int64
    /// Nothing goes out before it allows it.
    let withheld: WithheldAnswer?
    private var hold = EventHold()
    /// Of an error: what authenticated the request must not come back with it.
    private var mask: EchoMaskStream?

    init(
        _ exchange: Exchange, _ connection: ClientConnection, _ meter: AnswerMeter, isEventStream: Bool,
        idleTimeout: Int64, pingInterval: Int64, withheld: WithheldAnswer?, mask: EchoMask
    ) {
        self.exchange = exchange
        self.withheld = withheld
        self.mask = mask.isEmpty ? nil : EchoMaskStream(mask)
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
            switch step() {
            case .goesOn: continue
            case .ends(let end): return end
            case .waitsForClient(let isLast):
                if await channel.flush() != .sent { return .clientGone }
                if isLast { return .complete }
            case .givesWay: await channel.loop.nextTurn()
            case .waits: if let end = await park(wakeup) { return end }
            }
        }
    }

    /// What comes behind a read.
    private enum Step {
        case goesOn
        case ends(RelayEnd)
        /// The client has not taken all; `isLast`: then it is complete.
        case waitsForClient(isLast: Bool)
        /// Much was moved: it is the others' turn.
        case givesWay
        /// Nothing is there.
        case waits
    }

    /// What needs no waiting. Not part of `run`, whose frame each stream has all the time.
    @inline(never)
    private mutating func step() -> Step {
        switch connection.readBody() {
        case .data(let bytes, let isLast): return take(bytes, isLast)
        case .failed(let fault): return .ends(.fault(fault))
        case .wouldBlock: return .waits
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ isLast: Bool) -> Step {
        if firstByteAt == nil {
            firstByteAt = monotonicNanoseconds()
            if meter.isError(bytes) { mask = EchoMaskStream(exchange.echoMask()) }
        }
        if let clean = mask?.pass(bytes, isLast: isLast) {
            clean.withUnsafeBytes { meter.consume($0, isLast: isLast) }
            if withheld?.isReleased == false { _ = withheld?.release() }
            return clean.withUnsafeBytes { sent(pass($0, isLast: isLast), isLast) }
        }
        meter.consume(bytes, isLast: isLast)
        if let withheld, !withheld.isReleased {
            switch withheld.took(bytes, meter, isEventStream: isEventStream, isLast: isLast) {
            case .undecided: return isLast ? .ends(.complete) : .goesOn
            case .fails(let type): return .ends(.failedFirst(type))
            case .goes: return withheld.release().withUnsafeBytes { sent(pass($0, isLast: isLast), isLast) }
            }
        }
        let next = sent(pass(bytes, isLast: isLast), isLast)
        guard case .goesOn = next, bytes.count >= Self.large, channel.loop.moved(bytes.count) else { return next }
        return .givesWay
    }

    private func sent(_ state: SendState, _ isLast: Bool) -> Step {
        switch state {
        case .failed: .ends(.clientGone)
        case .pending: .waitsForClient(isLast: isLast)
        case .sent: isLast ? .ends(.complete) : .goesOn
        }
    }

    /// A piece of so many bytes takes from others' turn.
    private static let large = 32 * 1024

    /// What was withheld. False: the client is gone.
    private mutating func pass(_ bytes: [UInt8], isLast: Bool) async -> Bool {
        var state = SendState.sent
        bytes.withUnsafeBytes { state = pass($0, isLast: isLast) }
        if state == .pending { state = await channel.flush() }
        return state == .sent
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
        if meter.isWhole, meter.hasErrorEvent {
            let mask = exchange.echoMask()
            hold.pass(bytes, isLast: ends) { events in
                mask.masked(events).withUnsafeBytes { state = channel.send($0, isLast: ends) }
            }
        } else {
            hold.pass(bytes, isLast: ends) { state = channel.send($0, isLast: ends) }
        }
        return state
    }

    /// Waits for the upstream, the client's end, or the moment for a ping.
    private mutating func park(_ wakeup: Wakeup) async -> RelayEnd? {
        let silentSince = monotonicNanoseconds()
        wakeup.setDeadline(after: patience(at: silentSince))
        while true {
            let events = await wakeup.wait(for: .upstreamReadable | .downstreamHangup | .deadline | .tick)
            if events.contains(.downstreamHangup) { return .clientGone }
            if events.contains(.upstreamReadable) {
                if isEventStream { wakeup.setTick(after: pingInterval) }
                return nil
            }
            if events.contains(.deadline) { return .fault(.timedOut) }
            if let withheld, !withheld.isReleased {
                wakeup.setTick(after: pingInterval)
                guard withheld.mayRelease(hasBegun: firstByteAt != nil) else { continue }
                guard await pass(withheld.release(), isLast: false) else { return .clientGone }
            }
            guard ping() != .failed else { return .clientGone }
            if channel.hasUnsent {
                if await channel.flush() != .sent { return .clientGone }
                // Flushing used the deadline for itself. Pings do not make the upstream any less silent.
                wakeup.setDeadline(after: max(1, idleTimeout - (monotonicNanoseconds() - silentSince)))
            }
            wakeup.setTick(after: pingInterval)
        }
    }

    private func patience(at now: Int64) -> Int64 {
        guard let withheld, !withheld.isReleased else { return idleTimeout }
        return withheld.patience(idle: idleTimeout, hasBegun: firstByteAt != nil, at: now)
    }

    private func ping() -> SendState {
        guard isEventStream, !hold.isInsideEvent else { return .sent }
        return channel.send(SSEWriter.ping.bytes, isLast: false)
    }

    /// The client may be told of a fault by an event: what it has so far ends between two events.
    var canSendEvent: Bool { isEventStream && !hold.isInsideEvent }
}

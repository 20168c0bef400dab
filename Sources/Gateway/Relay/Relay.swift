import Configuration
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

/// Carries an answer's body from the upstream to the client as it arrives: what is the same for all of them, the waiting. Loop-confined.
///
/// Nothing is read from the upstream while bytes for the client wait, so that a slow client slows the upstream and memory does
/// not grow. A stream that is silent is kept alive with pings between two events. What comes while nothing else is to be done is
/// carried on where its arrival is seen, without waking the task.
class Relay {
    /// What comes behind a step.
    enum Step {
        case goesOn
        case ends(RelayEnd)
        /// The client has not taken all; then it ends so, or goes on.
        case waitsForClient(then: RelayEnd?)
        /// Much was moved: it is the others' turn.
        case givesWay
        /// Nothing is there.
        case waits
    }

    let exchange: Exchange
    let channel: ServerChannel
    let connection: ClientConnection
    /// The client gets events, between which pings may come.
    let isEventStream: Bool
    /// Nothing goes out before it allows it.
    let withheld: WithheldAnswer?
    /// When the first bytes of the body were there, monotonic nanoseconds.
    final var firstByteAt: Int64?
    /// Nanoseconds without a byte from the upstream; without one to a client before a ping.
    private let idleTimeout: Int64
    private let pingInterval: Int64
    private let wakeup: Wakeup
    /// Since then nothing came, monotonic nanoseconds; `nil`: something has just come.
    private final var silentSince: Int64?
    /// What was come to while the task slept.
    private final var reached: Step?
    /// Bytes that came since it last waited for the upstream.
    private final var carried = 0
    /// Much comes, or came the last time: it does not go before others.
    private final var isBulk = false

    init(
        _ exchange: Exchange, _ connection: ClientConnection, isEventStream: Bool, idleTimeout: Int64,
        withheld: WithheldAnswer?
    ) {
        self.exchange = exchange
        channel = exchange.channel
        wakeup = channel.wakeup
        self.connection = connection
        self.isEventStream = isEventStream
        self.idleTimeout = idleTimeout
        pingInterval = exchange.setting.snapshot.limits.pingInterval
        self.withheld = withheld
    }

    // MARK: What answers differ in

    /// Reads once, and does what needs no waiting.
    func step() -> Step { preconditionFailure("a relay says what its steps are") }

    /// Nothing came for long enough that the client should hear of us.
    func silenceLasts() -> Step { preconditionFailure("a relay says what it does when nothing comes") }

    /// The upstream is not waited for any longer.
    func givesUp(_ fault: ClientFault) -> Step { .ends(.fault(fault)) }

    /// Nothing has gone out to the client.
    var isWithheld: Bool { withheld?.isReleased == false }

    /// What follows when something was sent; `end`: it was the last.
    final func sent(_ state: SendState, end: RelayEnd?) -> Step {
        switch state {
        case .failed: .ends(.clientGone)
        case .pending: .waitsForClient(then: end)
        case .sent: end.map { .ends($0) } ?? .goesOn
        }
    }

    // MARK: Turns

    /// The next step, unless the loop has moved enough of what is large: then it is the turn of who has little.
    private final func goOn() -> Step {
        isBulk && channel.loop.hasMovedEnough && connection.mayHaveBytes ? .givesWay : carry()
    }

    private final func carry() -> Step {
        let before = connection.bytesReceived
        let next = step()
        let count = connection.bytesReceived - before
        carried += count
        guard isBulk || carried >= EventLoop.littleBytes else { return next }
        channel.loop.moved(isBulk ? count : carried)
        isBulk = true
        if case .goesOn = next, channel.loop.hasMovedEnough { return .givesWay }
        return next
    }

    // MARK: Waiting

    /// Relays until the body is complete or one side fails.
    final func run() async -> RelayEnd {
        defer {
            wakeup.clearDeadline()
            wakeup.clearTick()
        }
        if isEventStream { wakeup.setTick(after: pingInterval) }
        var next = Step.goesOn
        while true {
            switch next {
            case .goesOn: next = goOn()
            case .ends(let end): return end
            case .waitsForClient(let end):
                if await channel.flush() != .sent { return .clientGone }
                if let end { return end }
                // It took its time: the next ping is not due yet.
                if isEventStream, silentSince != nil { wakeup.setTick(after: pingInterval) }
                next = .goesOn
            case .givesWay:
                await channel.loop.nextTurn()
                next = carry()
            case .waits: next = await park()
            }
        }
    }

    /// Waits for the upstream, the client's end, or the moment for a ping.
    private final func park() async -> Step {
        beginSilence()
        let events = await wakeup.wait(for: .upstreamReadable | .downstreamHangup | .deadline | .tick) { [self] in
            look($0)
        }
        if let reached = reached.take() { return reached }
        if events.contains(.downstreamHangup) { return channel.isStopping ? givesUp(.stopping) : .ends(.clientGone) }
        if events.contains(.upstreamReadable) {
            endSilence()
            return .goesOn
        }
        if events.contains(.deadline) { return givesUp(.timedOut) }
        wakeup.setTick(after: pingInterval)
        return silenceLasts()
    }

    /// True: what is next is for the task.
    private final func look(_ events: WakeEvents) -> Bool {
        guard events == .upstreamReadable else { return true }
        endSilence()
        while true {
            switch goOn() {
            case .goesOn: continue
            case .waits:
                beginSilence()
                return false
            case let next:
                reached = next
                return true
            }
        }
    }

    /// Pings do not make the upstream any less silent.
    private final func beginSilence() {
        // What woke it may have been read before it was woken: that says nothing of how much comes.
        if carried > 0 { isBulk = carried >= EventLoop.littleBytes }
        carried = 0
        let now = monotonicNanoseconds(), since = silentSince ?? now
        silentSince = since
        var patience = idleTimeout
        if let withheld, isWithheld {
            patience = withheld.patience(idle: idleTimeout, hasBegun: firstByteAt != nil, at: since)
        }
        wakeup.setDeadline(after: max(1, patience - (now - since)))
    }

    private final func endSilence() {
        silentSince = nil
        if isEventStream { wakeup.setTick(after: pingInterval) }
    }
}

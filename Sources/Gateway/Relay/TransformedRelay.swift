import HTTP
import Providers
import Transport
import Upstream
import Wire

/// Carries an answer of another dialect to the client, event by event as it comes. The answer begins for the client when there is
/// something to tell; until then it can still be an error with a status of its own.
struct TransformedRelay {
    let exchange: Exchange
    private var channel: ServerChannel { exchange.channel }
    let connection: ClientConnection
    let transform: any AnswerTransform
    /// The client gets events; otherwise one message at the end.
    let isStreamed: Bool
    let idleTimeout: Int64
    let pingInterval: Int64
    /// Writes the head of the answer.
    let beginAnswer: (_ length: Int64?) -> Void
    /// When the first bytes of the body were there, monotonic nanoseconds.
    private(set) var firstByteAt: Int64?
    private(set) var bytesReceived = 0
    /// Nothing goes out before it allows it.
    let withheld: WithheldAnswer?
    private var isComplete = false

    init(
        _ exchange: Exchange, _ connection: ClientConnection, _ transform: any AnswerTransform, isStreamed: Bool,
        idleTimeout: Int64, pingInterval: Int64, withheld: WithheldAnswer?,
        beginAnswer: @escaping (_ length: Int64?) -> Void
    ) {
        self.exchange = exchange
        self.withheld = withheld
        self.connection = connection
        self.transform = transform
        self.isStreamed = isStreamed
        self.idleTimeout = idleTimeout
        self.pingInterval = pingInterval
        self.beginAnswer = beginAnswer
    }

    /// Relays until the answer is whole for the client, or one side fails.
    mutating func run() async -> RelayEnd {
        let wakeup = channel.wakeup
        defer {
            wakeup.clearDeadline()
            wakeup.clearTick()
        }
        if isStreamed { wakeup.setTick(after: pingInterval) }
        while true {
            switch connection.readBody() {
            case .data(let bytes, let isLast):
                if firstByteAt == nil { firstByteAt = monotonicNanoseconds() }
                bytesReceived += bytes.count
                transform.consume(bytes)
                isComplete = isLast
                if isLast { transform.end() }
                // What is there already is read before anything is sent: of a burst the client gets one piece.
                if !isLast, !transform.hasEnded, transform.readyBytes < Self.enough { continue }
                guard await pass() else { return .clientGone }
                if channel.loop.moved(bytes.count) { await channel.loop.nextTurn() }
                if transform.hasEnded {
                    await drain()
                    return .complete
                }
            case .failed(let fault):
                transform.fail(UpstreamFailure(fault))
                guard await pass() else { return .clientGone }
                return .fault(fault)
            case .wouldBlock:
                if transform.readyBytes > 0 { guard await pass() else { return .clientGone } }
                if let end = await park(wakeup) { return end }
            }
        }
    }

    private static let enough = 64 * 1024

    /// Sends what is ready. False: the client is gone.
    private func pass() async -> Bool {
        let isLast = transform.hasEnded
        // An error that comes first becomes a status, and a whole message waits for its end.
        if transform.failure != nil, !channel.answerHasBegun { return true }
        guard transform.hasBegun, isStreamed || isLast else { return true }
        var state = SendState.sent
        transform.takeOutput { bytes in
            if !channel.answerHasBegun, channel.status == 0 { beginAnswer(isStreamed ? nil : Int64(bytes.count)) }
            guard bytes.count > 0 || isLast else { return }
            if transform.failure == nil {
                state = channel.send(bytes, isLast: isLast)
            } else {
                exchange.echoMask().masked(bytes).withUnsafeBytes { state = channel.send($0, isLast: isLast) }
            }
        }
        if state == .pending { state = await channel.flush() }
        return state == .sent
    }

    /// Waits for the upstream, the client's end, or the moment for a ping.
    private func park(_ wakeup: Wakeup) async -> RelayEnd? {
        let silentSince = monotonicNanoseconds()
        wakeup.setDeadline(after: patience(at: silentSince))
        while true {
            let events = await wakeup.wait(for: .upstreamReadable | .downstreamHangup | .deadline | .tick)
            if events.contains(.downstreamHangup) { return .clientGone }
            if events.contains(.upstreamReadable) {
                if isStreamed { wakeup.setTick(after: pingInterval) }
                return nil
            }
            if events.contains(.deadline) {
                transform.fail(UpstreamFailure(.timedOut))
                return await pass() ? .fault(.timedOut) : .clientGone
            }
            if let withheld, !channel.answerHasBegun, !withheld.mayRelease(hasBegun: firstByteAt != nil) {
                wakeup.setTick(after: pingInterval)
                continue
            }
            // A model that thinks for long says nothing: the client learns that we are here.
            transform.begin()
            guard await pass() else { return .clientGone }
            if channel.answerHasBegun { guard await ping() else { return .clientGone } }
            // Flushing used the deadline for itself. Pings do not make the upstream any less silent.
            wakeup.setDeadline(after: max(1, idleTimeout - (monotonicNanoseconds() - silentSince)))
            wakeup.setTick(after: pingInterval)
        }
    }

    private func patience(at now: Int64) -> Int64 {
        guard let withheld, !channel.answerHasBegun else { return idleTimeout }
        return withheld.patience(idle: idleTimeout, hasBegun: firstByteAt != nil, at: now)
    }

    private func ping() async -> Bool {
        let state = channel.send(SSEWriter.ping.bytes, isLast: false)
        return state == .pending ? await channel.flush() == .sent : state == .sent
    }

    // MARK: The end

    /// The client has its answer. What is left of the upstream's, usually nothing but its end, is read so that the connection can
    /// serve again; one that has more to say is closed.
    private func drain() async {
        guard !isComplete, transform.failure == nil else { return }
        let wakeup = channel.wakeup
        wakeup.clearTick()
        wakeup.setDeadline(after: Self.drainTime)
        defer { wakeup.clearDeadline() }
        while true {
            switch connection.readBody() {
            case .data(let bytes, let isLast):
                if isLast || bytes.count > Self.drainBytes { return }
            case .failed: return
            case .wouldBlock:
                if await wakeup.wait(for: .upstreamReadable | .deadline) == .deadline { return }
            }
        }
    }

    private static let drainTime: Int64 = 20_000_000
    private static let drainBytes = 4_096
}

extension UpstreamFailure {
    init(_ fault: ClientFault) {
        let type = if case .timedOut = fault { "timeout_error" } else { "overloaded_error" }
        self.init(type: type, message: "The provider's answer broke off: \(fault.sentence)")
    }
}

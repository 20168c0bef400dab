import HTTP
import Providers
import Transport
import Upstream
import Wire

/// Carries an answer of another dialect to the client, event by event as it comes. The answer begins for the client when there is
/// something to tell; until then it can still be an error with a status of its own.
final class TransformedRelay: Relay {
    private let transform: any AnswerTransform
    /// Of an answer that came compressed, though nobody asked for that.
    private let inflater: Inflater?
    /// Writes the head of the answer.
    private let beginAnswer: (_ length: Int64?) -> Void
    private(set) var bytesReceived = 0
    private var isComplete = false

    /// - Parameter isStreamed: the client gets events; otherwise one message at the end.
    init(
        _ exchange: Exchange, _ connection: ClientConnection, _ transform: any AnswerTransform, isStreamed: Bool,
        isCompressed: Bool, idleTimeout: Int64, withheld: WithheldAnswer?,
        beginAnswer: @escaping (_ length: Int64?) -> Void
    ) {
        self.transform = transform
        inflater = isCompressed ? Inflater() : nil
        self.beginAnswer = beginAnswer
        super.init(exchange, connection, isEventStream: isStreamed, idleTimeout: idleTimeout, withheld: withheld)
    }

    override var isWithheld: Bool { withheld != nil && !channel.answerHasBegun }

    override func step() -> Step {
        switch connection.readBody() {
        case .data(let bytes, let isLast): return take(bytes, isLast)
        case .failed(let fault):
            transform.fail(UpstreamFailure(fault))
            return sent(pass(), end: .fault(fault))
        case .wouldBlock:
            let next = transform.readyBytes > 0 ? sent(pass(), end: nil) : .waits
            if case .goesOn = next { return .waits }
            return next
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ isLast: Bool) -> Step {
        if firstByteAt == nil { firstByteAt = monotonicNanoseconds() }
        bytesReceived += bytes.count
        consume(bytes)
        isComplete = isLast
        if isLast { transform.end() }
        // What is there already is read before anything is sent: of a burst the client gets one piece.
        if !isLast, !transform.hasEnded, transform.readyBytes < Self.enough, !channel.loop.hasMovedEnough {
            return .goesOn
        }
        return sent(pass(), end: transform.hasEnded ? .complete : nil)
    }

    private func consume(_ bytes: UnsafeRawBufferPointer) {
        guard let inflater else { return transform.consume(bytes) }
        // In slices: a few bytes may grow a thousandfold.
        var rest = bytes[...]
        while !rest.isEmpty, !transform.hasEnded {
            let slice = rest.prefix(1_024)
            rest = rest.dropFirst(slice.count)
            inflater.consume(UnsafeRawBufferPointer(rebasing: slice)) { transform.consume($0) }
            if inflater.failed { transform.fail(.unreadable("a Content-Encoding that nobody asked for")) }
            if transform.readyBytes > Self.mostReady {
                transform.fail(.unreadable("a compressed answer that grows too much"))
            }
        }
    }

    /// What one piece of a compressed answer may grow to, bytes.
    private static let mostReady = 8 << 20

    private static let enough = 64 * 1024

    /// Sends what is ready.
    private func pass() -> SendState {
        let isLast = transform.hasEnded
        // An error that comes first becomes a status, and a whole message waits for its end.
        if transform.failure != nil, !channel.answerHasBegun { return .sent }
        guard transform.hasBegun, isEventStream || isLast else { return .sent }
        var state = SendState.sent
        transform.takeOutput { bytes in
            if !channel.answerHasBegun, channel.status == 0 { beginAnswer(isEventStream ? nil : Int64(bytes.count)) }
            guard bytes.count > 0 || isLast else { return }
            if transform.failure == nil {
                state = channel.send(bytes, isLast: isLast)
            } else {
                exchange.echoMask().masked(bytes).withUnsafeBytes { state = channel.send($0, isLast: isLast) }
            }
        }
        return state
    }

    override func givesUp(_ fault: ClientFault) -> Step {
        transform.fail(UpstreamFailure(fault))
        return sent(pass(), end: .fault(fault))
    }

    /// A model that thinks for long says nothing: the client learns that we are here.
    override func silenceLasts() -> Step {
        if let withheld, isWithheld, !withheld.mayRelease(hasBegun: firstByteAt != nil) { return .waits }
        transform.begin()
        var state = pass()
        if state == .sent, channel.answerHasBegun { state = channel.send(SSEWriter.ping.bytes, isLast: false) }
        let next = sent(state, end: nil)
        if case .goesOn = next { return .waits }
        return next
    }

    // MARK: The end

    /// The client has its answer. What is left of the upstream's, usually nothing but its end, is read so that the connection can
    /// serve again; one that has more to say is closed.
    func drain() async {
        guard !isComplete, transform.failure == nil else { return }
        let wakeup = channel.wakeup
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
        switch fault {
        case .timedOut: self.init(type: "timeout_error", message: "The provider's answer broke off: \(fault.sentence)")
        case .stopping: self.init(type: "\(Refusal.stopping.type)", message: Refusal.stopping.message)
        default: self.init(type: "overloaded_error", message: "The provider's answer broke off: \(fault.sentence)")
        }
    }
}

import HTTP
import Transport
import Upstream
import Wire

/// Carries an answer to the client byte for byte, and lets the meter look at it on the way.
final class PlainRelay: Relay {
    let meter: AnswerMeter
    private var hold = EventHold()
    /// Of an error: what authenticated the request must not come back with it.
    private var mask: EchoMaskStream?

    /// - Parameter isEventStream: an uncompressed one, whose events are kept whole.
    init(
        _ exchange: Exchange, _ connection: ClientConnection, _ meter: AnswerMeter, isEventStream: Bool,
        idleTimeout: Int64, withheld: WithheldAnswer?, mask: EchoMask
    ) {
        self.mask = mask.isEmpty ? nil : EchoMaskStream(mask)
        self.meter = meter
        super.init(
            exchange, connection, isEventStream: isEventStream, idleTimeout: idleTimeout, withheld: withheld)
    }

    override func step() -> Step {
        switch connection.readBody() {
        case .data(let bytes, let isLast): take(bytes, isLast)
        case .failed(let fault): .ends(.fault(fault))
        case .wouldBlock: .waits
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ isLast: Bool) -> Step {
        if firstByteAt == nil {
            firstByteAt = monotonicNanoseconds()
            if meter.isError(bytes) { mask = EchoMaskStream(exchange.echoMask()) }
        }
        if let clean = mask?.pass(bytes, isLast: isLast) {
            clean.withUnsafeBytes { meter.consume($0, isLast: isLast) }
            if isWithheld { _ = withheld?.release() }
            return clean.withUnsafeBytes { sent(pass($0, isLast: isLast), end: isLast ? .complete : nil) }
        }
        meter.consume(bytes, isLast: isLast)
        if let withheld, isWithheld {
            switch withheld.took(bytes, meter, isEventStream: isEventStream, isLast: isLast) {
            case .undecided: return isLast ? .ends(.complete) : .goesOn
            case .fails(let type): return .ends(.failedFirst(type))
            case .goes:
                return withheld.release().withUnsafeBytes {
                    sent(pass($0, isLast: isLast), end: isLast ? .complete : nil)
                }
            }
        }
        return sent(pass(bytes, isLast: isLast), end: isLast ? .complete : nil)
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> SendState {
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
            hold.pass(bytes, isLast: ends) { held, events in
                (Array(held) + events).withUnsafeBytes {
                    mask.masked($0).withUnsafeBytes { state = channel.send($0, isLast: ends) }
                }
            }
        } else {
            hold.pass(bytes, isLast: ends) { state = channel.send($0, $1, isLast: ends) }
        }
        return state
    }

    override func silenceLasts() -> Step {
        var state = SendState.sent
        if let withheld, isWithheld {
            guard withheld.mayRelease(hasBegun: firstByteAt != nil) else { return .waits }
            state = withheld.release().withUnsafeBytes { pass($0, isLast: false) }
        }
        if state == .sent { state = ping() }
        if state == .failed { return .ends(.clientGone) }
        return channel.hasUnsent ? .waitsForClient(then: nil) : .waits
    }

    private func ping() -> SendState {
        guard isEventStream, !hold.isInsideEvent else { return .sent }
        return channel.send(SSEWriter.ping.bytes, isLast: false)
    }

    /// The client may be told of a fault by an event: what it has so far ends between two events.
    var canSendEvent: Bool { isEventStream && !hold.isInsideEvent }
}

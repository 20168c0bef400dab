import Providers
import Wire

/// The beginning of an answer that does not go to the client yet, because another attempt may have to follow: neither its head nor
/// a ping, until it says that it is an answer, or has been waited for long enough.
final class WithheldAnswer {
    enum Verdict {
        case undecided
        /// It goes to the client, and the request cannot be sent again.
        case goes
        /// It begins with an `error` event of that type, upon which another attempt follows.
        case fails(String)
    }

    /// When the first byte of the body must have come, monotonic nanoseconds; `nil`: nobody waits for the next target's turn.
    let firstByteBy: Int64?
    private(set) var bytes: [UInt8] = []
    private(set) var isReleased = false
    private let exchange: Exchange
    private static let most = 64 * 1024

    init(_ exchange: Exchange, firstByteBy: Int64?) {
        self.exchange = exchange
        self.firstByteBy = firstByteBy
    }

    /// Bytes came that the meter has seen.
    func took(
        _ new: UnsafeRawBufferPointer, _ meter: AnswerMeter, isEventStream: Bool, isLast: Bool
    ) -> Verdict {
        bytes.append(contentsOf: new)
        if meter.hasStarted || bytes.count > Self.most { return .goes }
        if meter.hasErrorEvent {
            let type = meter.facts.errorType
            return exchange.way?.wouldContinue(upon: KeptAnswer.status(of: type), exchange) == true
                ? .fails(type) : .goes
        }
        // A stream that ends before it begins is no answer, unless it says that it is whole.
        return isLast && (meter.isWhole || !isEventStream) ? .goes : .undecided
    }

    /// From now on the client has it.
    func release() -> [UInt8] {
        isReleased = true
        if let attempt = exchange.lastAttempt { exchange.answerBegins(attempt) }
        defer { bytes = [] }
        return bytes
    }

    /// For how long may nothing come? `idle`: the usual time; `hasBegun`: the first byte is there.
    func patience(idle: Int64, hasBegun: Bool, at now: Int64) -> Int64 {
        guard !hasBegun, let firstByteBy else { return idle }
        return max(1, min(idle, firstByteBy - now))
    }

    /// A client that has waited for long is told that we are here, if that does not take a target's turn away.
    func mayRelease(hasBegun: Bool) -> Bool { hasBegun || firstByteBy == nil }
}

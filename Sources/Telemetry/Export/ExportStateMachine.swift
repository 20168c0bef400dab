/// What becomes of one export request, attempt by attempt (OTLP/HTTP: failures, throttling). Pure: time and chance are passed in.
struct ExportStateMachine {
    enum Verdict: Equatable {
        case delivered
        /// Try again after so many nanoseconds.
        case again(after: Int64)
        /// It cannot be delivered; the reason is the label of the drop counter.
        case dropped(String)
    }

    enum Reply: Equatable, Sendable {
        /// `retryAfter`: nanoseconds that the collector asks to be left alone, if it does.
        case status(Int, retryAfter: Int64?)
        /// Not now, in other words than a status; `retryAfter` as above.
        case busy(String, retryAfter: Int64?)
        /// Refused for good, with the label of the drop counter: by a collector that says so in other words than a status.
        case refused(String)
        /// The same, but half of it may be taken.
        case tooLarge(String)
        /// No answer: no connection, cut, timed out.
        case none

        /// Whether what is refused should be tried in halves.
        var isTooLarge: Bool {
            switch self {
            case .status(413, _), .tooLarge: true
            default: false
            }
        }
    }

    private var attempts = 0
    private var firstAnswer: Int64?
    static let firstPause: Int64 = 1_000_000_000
    static let longestPause: Int64 = 30_000_000_000
    /// An export that failed for so long is given up, so that what is newer gets its turn.
    static let maximumElapsed: Int64 = 300_000_000_000
    /// What a collector asks for beyond that it does not get.
    static let longestRetryAfter: Int64 = 300_000_000_000
    /// The reason of what was given up after that.
    static let exhausted = "retries_exhausted"

    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - chance: 0..<1, spreads the pauses of many gateways.
    ///   - isPatient: it is not given up, however long it takes: it lies on disk, where it is in nobody's way.
    mutating func answered(_ reply: Reply, at now: Int64, chance: Double, isPatient: Bool = false) -> Verdict {
        attempts += 1
        let began = firstAnswer ?? now
        firstAnswer = began
        switch reply {
        case .status(200..<300, _): return .delivered
        case .status(let status, let retryAfter):
            // The only ones that may be tried again (OTLP specification, retryable response codes).
            guard [429, 502, 503, 504].contains(status) else { return .dropped("status_\(status)") }
            return again(after: wait(retryAfter, chance), began: isPatient ? now : began, at: now)
        case .busy(_, let retryAfter):
            return again(after: wait(retryAfter, chance), began: isPatient ? now : began, at: now)
        case .refused(let reason), .tooLarge(let reason): return .dropped(reason)
        case .none:
            return again(after: pause(chance), began: isPatient ? now : began, at: now)
        }
    }

    private func again(after pause: Int64, began: Int64, at now: Int64) -> Verdict {
        now + pause - began > Self.maximumElapsed ? .dropped(Self.exhausted) : .again(after: pause)
    }

    private func wait(_ asked: Int64?, _ chance: Double) -> Int64 {
        // "At once" or a time in the past, again and again, would be a stream of attempts at who cannot take them.
        asked.map { min(max($0, Self.firstPause), Self.longestRetryAfter) } ?? pause(chance)
    }

    /// Doubled each time, and half to one and a half of that.
    private func pause(_ chance: Double) -> Int64 {
        let doubled = min(Self.longestPause, Self.firstPause << Int64(min(attempts - 1, 10)))
        return Int64(Double(doubled) * (0.5 + chance))
    }
}

/// What becomes of one export request, attempt by attempt (OTLP/HTTP: failures, throttling). Pure: time and chance are passed in.
struct ExportStateMachine {
    enum Verdict: Equatable {
        case delivered
        /// Try again after so many nanoseconds.
        case again(after: Int64)
        /// It cannot be delivered; the reason is the label of the drop counter.
        case dropped(String)
    }

    enum Reply {
        case status(Int, retryAfter: String?)
        /// No answer: no connection, cut, timed out.
        case none
    }

    private var attempts = 0
    static let firstPause: Int64 = 1_000_000_000
    static let longestPause: Int64 = 30_000_000_000
    /// Attempts until an export is given up, so that what is newer gets its turn.
    static let maximumAttempts = 8

    /// - Parameter chance: 0..<1, spreads the pauses of many gateways.
    mutating func answered(_ reply: Reply, chance: Double) -> Verdict {
        attempts += 1
        switch reply {
        case .status(200..<300, _): return .delivered
        case .status(let status, let retryAfter):
            // The only ones that may be tried again (OTLP specification, retryable response codes).
            guard [429, 502, 503, 504].contains(status) else { return .dropped("status_\(status)") }
            guard attempts < Self.maximumAttempts else { return .dropped("retries_exhausted") }
            if let seconds = retryAfter.flatMap({ Int64($0) }), (0...3_600).contains(seconds) {
                return .again(after: seconds * 1_000_000_000)
            }
            return .again(after: pause(chance))
        case .none:
            guard attempts < Self.maximumAttempts else { return .dropped("retries_exhausted") }
            return .again(after: pause(chance))
        }
    }

    /// Doubled each time, and half to one and a half of that.
    private func pause(_ chance: Double) -> Int64 {
        let doubled = min(Self.longestPause, Self.firstPause << Int64(min(attempts - 1, 10)))
        return Int64(Double(doubled) * (0.5 + chance))
    }
}

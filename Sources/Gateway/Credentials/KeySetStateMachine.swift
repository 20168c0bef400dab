/// Decides when the key set of an issuer is fetched: at the start, after each `refresh`, and when a token names a key that is not in
/// it, but not for every such token. Pure: times of a monotonic clock are passed in, in nanoseconds.
struct KeySetStateMachine: Sendable {
    /// What becomes of somebody who looks for a key.
    enum Look: Equatable, Sendable {
        /// A fetch begins: the caller performs it. The one who looks waits for it.
        case fetch
        /// One is on its way, which is waited for.
        case join
        /// There was one a moment ago: what is not there now will not be there.
        case tooSoon
    }

    private let refresh: Int64
    private let lookPause: Int64
    private var isFetching = false
    private var nextLook = Int64.min
    private var pause = Self.shortestPause

    private static let shortestPause: Int64 = 1_000_000_000
    private static let longestPause: Int64 = 60_000_000_000

    /// - Parameters:
    ///   - refresh: between two fetches; 0: only when asked.
    ///   - lookPause: between two fetches for the sake of unknown keys.
    init(refresh: Int64, lookPause: Int64) {
        self.refresh = refresh
        self.lookPause = lookPause
    }

    /// It is time, or the file has changed. True: the caller fetches.
    mutating func due() -> Bool {
        defer { isFetching = true }
        return !isFetching
    }

    /// A token names a key that is not known.
    mutating func looked(at now: Int64) -> Look {
        if isFetching { return .join }
        guard now >= nextLook else { return .tooSoon }
        nextLook = now + lookPause
        isFetching = true
        return .fetch
    }

    /// The fetch has ended. Returns after how long the next one is due; `nil`: not by itself. After failures it is tried again, each
    /// time after twice as long.
    mutating func fetched(isGood: Bool) -> Int64? {
        isFetching = false
        if isGood {
            pause = Self.shortestPause
            return refresh > 0 ? refresh : nil
        }
        defer { pause = min(pause * 2, Self.longestPause) }
        return refresh > 0 ? min(pause, refresh) : pause
    }
}

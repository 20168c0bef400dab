/// How fast a target is: moving averages that forget exponentially, nanoseconds. Pure: moments are passed in.
package struct LatencyAverage: Sendable, Equatable {
    /// Per output token, behind the first one.
    package private(set) var tokenTime: Double?
    /// From the request's end to the first byte of the answer.
    package private(set) var firstByteTime: Double?
    /// Attempts that were begun to get to know it.
    package private(set) var trials = 0
    private var measuredAt = Int64.min

    /// Weight of the newest measurement.
    private static let share = 0.2
    /// A target that shows nothing in so many attempts is not asked first for it again.
    static let maximumTrials = 2
    /// What was measured this long ago says little: one attempt may find out anew.
    private static let staleAfter: Int64 = 600_000_000_000
    /// Of shorter answers the time per token says nothing.
    private static let fewestTokens: Int64 = 8

    package init() {}

    /// An answer has ended. `writingTime`: from its first byte to its last.
    package mutating func measured(firstByteTime: Int64, writingTime: Int64, tokens: Int64, at now: Int64) {
        measuredAt = now
        trials = 0
        self.firstByteTime = Self.average(self.firstByteTime, Double(max(0, firstByteTime)))
        guard tokens >= Self.fewestTokens, writingTime >= 0 else { return }
        tokenTime = Self.average(tokenTime, Double(writingTime) / Double(tokens))
    }

    private static func average(_ old: Double?, _ new: Double) -> Double {
        guard let old else { return new }
        return old + share * (new - old)
    }

    package mutating func tried() { trials += 1 }

    /// Nothing, or nothing of late, is known, and it was not yet tried often enough.
    func wantsTrial(at now: Int64) -> Bool {
        if firstByteTime == nil { return trials < Self.maximumTrials }
        return now - measuredAt > Self.staleAfter && trials < 1
    }
}

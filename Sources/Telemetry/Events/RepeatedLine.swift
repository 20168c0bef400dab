/// A log line whose cause may come again with every export: written at once, and then once a minute at most.
struct RepeatedLine {
    private var nextAt: Int64 = .min
    private var leftOut: Int64 = 0
    /// Nanoseconds.
    static let pause: Int64 = 60_000_000_000

    /// Whether it is to be written now (monotonic nanoseconds): how often it was not since the last one; `nil`: not now.
    mutating func due(at now: Int64) -> Int64? {
        guard now >= nextAt else {
            leftOut += 1
            return nil
        }
        defer { leftOut = 0 }
        nextAt = now + Self.pause
        return leftOut
    }
}

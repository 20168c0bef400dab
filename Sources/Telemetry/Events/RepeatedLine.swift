/// A log line whose cause may come again and again: written at once, and then once in each pause at most.
package struct RepeatedLine {
    private var nextAt: Int64 = .min
    private var leftOut: Int64 = 0
    private let pause: Int64
    /// A minute, nanoseconds.
    package static let pause: Int64 = 60_000_000_000

    /// - Parameter pause: nanoseconds.
    package init(pause: Int64 = Self.pause) { self.pause = pause }

    /// Whether it is to be written now (monotonic nanoseconds): how often it was not since the last one; `nil`: not now.
    package mutating func due(at now: Int64) -> Int64? {
        guard now >= nextAt else {
            leftOut += 1
            return nil
        }
        defer { leftOut = 0 }
        nextAt = now + pause
        return leftOut
    }
}

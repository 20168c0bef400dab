/// Keeps one line from filling the log: the first of its kind is told at once, later ones are counted and told every ten seconds.
struct RareLine {
    private var nextAt: Int64 = .min
    private var untold: Int64 = 0
    /// Nanoseconds.
    private static let interval: Int64 = 10_000_000_000

    /// How often it has happened since it was last told, if it is to be told now.
    mutating func happened(at now: Int64) -> Int64? {
        untold += 1
        guard now >= nextAt else { return nil }
        defer { untold = 0 }
        nextAt = now + Self.interval
        return untold
    }
}

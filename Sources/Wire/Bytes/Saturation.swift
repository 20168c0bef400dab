/// Sums of what others say how much it was: they end at what 64 bits hold instead of ending the process.
extension Int64 {
    /// The sum, or the largest (smallest) number there is.
    package func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    package mutating func add(saturating other: Int64) { self = addingSaturated(other) }

    /// The difference, or the smallest (largest) number there is.
    package func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

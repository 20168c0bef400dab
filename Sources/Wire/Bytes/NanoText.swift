/// Amounts in billionths, such as nano-dollars, as decimal text.
package enum NanoText {
    private static let scale: UInt64 = 1_000_000_000

    /// All nine places, so that sums can be checked by eye: `12.345678901`, `-0.000000001`.
    package static func exact(_ value: Int64) -> String {
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: scale)
        let digits = "\(rest)"
        return (value < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }
}

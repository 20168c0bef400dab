import Wire

/// Money: whole nano-dollars (10⁻⁹ US dollars), up to about 9.2 billion dollars.
package struct NanoUSD: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let value: Int64

    package init(_ value: Int64) { self.value = value }

    package static let zero = NanoUSD(0)

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    package static func + (left: Self, right: Self) -> Self { NanoUSD(left.value + right.value) }
    package static func - (left: Self, right: Self) -> Self { NanoUSD(left.value - right.value) }

    /// `$1.234567890`: all nine digits, so that sums can be checked by eye.
    package var description: String { "\(value < 0 ? "-" : "")$" + NanoText.exact(value).drop { $0 == "-" } }

    /// `$12.34`, with more digits where there is nothing before them: `$0.0042`; rounded half up, as reports are.
    package var readable: String {
        let places = value.magnitude >= 100_000_000 || value == 0 ? 2 : 4
        let step: UInt64 = places == 2 ? 10_000_000 : 100_000
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: step)
        let steps = whole + (rest >= step / 2 ? 1 : 0)
        let (dollars, fraction) = steps.quotientAndRemainder(dividingBy: 1_000_000_000 / step)
        let digits = "\(fraction)"
        return (value < 0 ? "-$" : "$") + "\(dollars)." + String(repeating: "0", count: places - digits.count) + digits
    }
}

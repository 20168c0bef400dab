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

    /// `$12.34`, with more digits where there is nothing before them: `$0.0042`.
    package var readable: String {
        let digits = description
        guard let point = digits.firstIndex(of: ".") else { return digits }
        let fraction = digits[digits.index(after: point)...]
        let kept = value.magnitude >= 100_000_000 ? 2 : value == 0 ? 2 : 4
        return String(digits[..<point]) + "." + fraction.prefix(kept)
    }
}

import Wire

/// Nano-dollars as text: the one way in which the command line shows amounts to people, and the one in which it is exact.
package enum Money {
    /// All nine places, without a currency sign: `12.345678901`.
    package static func exact(_ nanos: Int64) -> String { NanoText.exact(nanos) }

    /// Four places, rounded half up, thousands apart: `$1,234.5679`. A cost too small to show is `<$0.0001`.
    package static func short(_ nanos: Int64) -> String {
        let (whole, rest) = nanos.magnitude.quotientAndRemainder(dividingBy: 100_000)
        let tenThousandths = whole + (rest >= 50_000 ? 1 : 0)
        if tenThousandths == 0 { return nanos == 0 ? "$0.0000" : "<$0.0001" }
        let (dollars, places) = tenThousandths.quotientAndRemainder(dividingBy: 10_000)
        return (nanos < 0 ? "-$" : "$") + "\(grouped(dollars)).\(padded(places, to: 4))"
    }

    /// An integer, thousands apart.
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, digit != "-", digits[index - 1] != "-", (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    private static func padded(_ value: UInt64, to width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

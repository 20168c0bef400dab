/// Decimal numbers as they stand in a configuration, exactly: no floating point is on the way.
package enum NumberText {
    /// Digits with at most `places` behind a point, in units of 10^-places; `nil` for anything else, also for what 64 bits do not hold.
    static func decimal(_ text: String, places: Int) -> Int64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count == 2 ? parts[1] : whole[whole.endIndex...]
        guard parts.count == 1 || !fraction.isEmpty, fraction.count <= places else { return nil }
        var value: Int64 = 0
        for index in 0..<places - fraction.count + whole.count + fraction.count {
            let digit: UInt8
            if index < whole.count {
                digit = whole[whole.index(whole.startIndex, offsetBy: index)]
            } else if index < whole.count + fraction.count {
                digit = fraction[fraction.index(fraction.startIndex, offsetBy: index - whole.count)]
            } else {
                digit = UInt8(ascii: "0")
            }
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit - 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// Dollars with at most nine digits behind the point, as nano-dollars.
    package static func dollars(_ text: String) -> Int64? { decimal(text, places: 9) }

    /// A number of tokens or requests: `250000`, `500k`, `2M`, `1.5M`.
    package static func count(_ text: String) -> Int64? {
        if text.hasSuffix("k") { return decimal(String(text.dropLast()), places: 3) }
        if text.hasSuffix("M") { return decimal(String(text.dropLast()), places: 6) }
        return decimal(text, places: 0)
    }

    /// Nano-dollars as dollars, without zeros that say nothing: `50`, `0.25`.
    static func dollars(_ nano: Int64) -> String {
        let text = NanoUSD(nano).description.dropFirst()
        let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed()
        return text.hasSuffix(".000000000") ? String(text.dropLast(10)) : String(short)
    }
}

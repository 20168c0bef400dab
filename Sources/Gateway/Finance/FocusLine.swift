import Ledger

/// Records of a FOCUS dataset as bytes, put together from what many of them have in common and their own figures.
struct FocusLine {
    /// Fields with a comma behind each, between the figures of a record.
    struct Class {
        /// From the account to the charge's period.
        let account: [UInt8]
        let unit: [UInt8]
        let issuer: [UInt8]
        let pricing: [UInt8]
        /// From the pricing unit to the price's id.
        let service: [UInt8]
        let kind: [UInt8]
    }

    var text: [UInt8] = []

    static func fields(_ fields: [String]) -> [UInt8] {
        var bytes = Array(CSVText.line(fields).utf8)
        bytes.removeLast(2)
        return bytes + [comma]
    }

    private static let comma = UInt8(ascii: ",")

    /// - Parameter tail: the fields of team and tags.
    mutating func append(
        _ part: ClassSplit.Part, _ shared: Class, listCost: Int64, _ tail: [UInt8], _ sums: CostSums
    ) {
        let isSearch = part.kind == .webSearch
        let unitPrice = Self.unitPrice(part.costNanoUSD, of: part)
        let listPrice = listCost == part.costNanoUSD ? unitPrice : Self.unitPrice(listCost, of: part)
        money(part.costNanoUSD)
        text += shared.account
        decimal(UInt64(clamping: part.count), 0, places: 1)
        text += shared.unit
        money(part.costNanoUSD)
        price(unitPrice)
        money(part.costNanoUSD)
        text += shared.issuer
        money(listCost)
        price(listPrice)
        text += shared.pricing
        price(unitPrice)
        money(part.costNanoUSD)
        price(listPrice)
        if isSearch {
            digits(UInt64(clamping: part.count))
            text.append(Self.comma)
        } else {
            // In millions of tokens, exactly.
            let (whole, rest) = UInt64(clamping: part.count).quotientAndRemainder(dividingBy: 1_000_000)
            decimal(whole, rest, places: 6)
        }
        text += shared.service
        text += tail
        text += shared.kind
        digits(sums.estimatedRequests.magnitude)
        text.append(Self.comma)
        digits(sums.unpricedRequests.magnitude)
        text.append(UInt8(ascii: "\r"))
        text.append(UInt8(ascii: "\n"))
    }

    /// Dollars, nine places.
    private mutating func money(_ nanos: Int64) {
        if nanos < 0 { text.append(UInt8(ascii: "-")) }
        let (whole, rest) = nanos.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        decimal(whole, rest, places: 9)
    }

    /// The average price of the record per unit, in 10⁻¹⁵ dollars; nil: of nothing.
    private static func unitPrice(_ cost: Int64, of part: ClassSplit.Part) -> Int128? {
        guard part.count > 0 else { return nil }
        let scale: Int128 = part.kind == .webSearch ? 1_000_000 : 1_000_000_000_000
        return (Int128(cost) * scale + Int128(part.count) / 2) / Int128(part.count)
    }

    private mutating func price(_ value: Int128?) {
        guard let value else {
            text.append(UInt8(ascii: "0"))
            return text.append(Self.comma)
        }
        if value < 0 { text.append(UInt8(ascii: "-")) }
        if let small = UInt64(exactly: value.magnitude) {
            let (whole, rest) = small.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
            return decimal(whole, rest, places: 15)
        }
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        decimal(UInt64(clamping: whole), UInt64(rest), places: 15)
    }

    // MARK: Digits

    private mutating func digits(_ value: UInt64) {
        if value < 10 { return text.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        var places = 1, bound: UInt64 = 10
        while bound <= value, places < 20 {
            places += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        digits(value, places: places)
    }

    /// The last so many digits, with zeros before.
    private mutating func digits(_ value: UInt64, places: Int) {
        let start = text.count
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: places))
        var value = value, place = start + places
        while value > 0, place > start {
            place -= 1
            text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
            value /= 10
        }
    }

    private mutating func decimal(_ whole: UInt64, _ rest: UInt64, places: Int) {
        digits(whole)
        text.append(UInt8(ascii: "."))
        digits(rest, places: places)
        text.append(Self.comma)
    }
}

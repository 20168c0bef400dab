/// Numbers as exports write them, to the last digit: a point before decimals, commas only between groups of three digits. What could
/// also be read in another way is refused, as a wrong amount is worse than none.
enum InvoiceNumber {
    /// Why a text is none, as the end of a sentence that begins with the text.
    struct Reason: Error, Equatable {
        let sentence: String
    }

    /// The largest count of one line, to which a floating-point number is exact.
    static let mostTokens: Int64 = 1 << 53
    /// Nano-dollars of one line.
    static let mostNanos: Int64 = 1 << 60

    /// A whole number: `1234567`, `1,234,567`, `150.0`; with a minus it is a correction.
    static func count(_ text: String) throws(Reason) -> Int64 {
        let number = try Written(text, as: "whole number such as 1234567")
        guard number.exponent == nil else {
            throw Reason(sentence: "is in powers of ten, which may have lost digits; write it out, such as 1234567")
        }
        guard number.decimals.allSatisfy({ $0 == "0" }) else {
            throw Reason(
                sentence: "is no whole number; write it such as 1234567, with commas between thousands or none")
        }
        guard number.decimals.count != 3 else {
            throw Reason(sentence: "may be thousands or decimals; write it without a point, such as 1234567")
        }
        return try bounded(number.value(places: 0), to: mostTokens, "\(mostTokens) tokens")
    }

    /// Dollars as nano-dollars; more than nine places are rounded. A single comma could be a decimal one and is refused.
    static func nanos(_ text: String) throws(Reason) -> Int64 {
        try bounded(amount(text).value(places: 9), to: mostNanos, "$\(mostNanos / 1_000_000_000)")
    }

    /// A quantity in units of so many tokens, as a count of tokens, rounded.
    static func tokens(_ text: String, unit: Int64) throws(Reason) -> Int64 {
        let billionths = try amount(text).value(places: 9)
        guard let billionths, billionths.magnitude < 1 << 90 else {
            return try bounded(nil, to: mostTokens, "\(mostTokens) tokens")
        }
        let tokens = billionths * Int128(unit), half: Int128 = tokens < 0 ? -500_000_000 : 500_000_000
        return try bounded((tokens + half) / 1_000_000_000, to: mostTokens, "\(mostTokens) tokens")
    }

    private static func amount(_ text: String) throws(Reason) -> Written {
        let number = try Written(text, as: "amount such as 1234.56")
        if number.groups == 2, number.decimals.isEmpty {
            throw Reason(
                sentence: "may be thousands or decimals; write it with a point and without a comma, such as 1234.56")
        }
        if let exponent = number.exponent, exponent > 0 {
            throw Reason(sentence: "is in powers of ten, which may have lost digits; write it out, such as 1234.56")
        }
        return number
    }

    private static func bounded(_ value: Int128?, to most: Int64, _ limit: String) throws(Reason) -> Int64 {
        guard let value, value.magnitude <= Int128(most).magnitude else {
            throw Reason(sentence: "is more than a line can have (\(limit))")
        }
        return Int64(value)
    }
}

/// The parts of a decimal number.
private struct Written {
    let isNegative: Bool
    /// Without commas.
    let whole: String
    /// Of digits, between commas.
    let groups: Int
    let decimals: String
    /// `nil`: without a power of ten.
    let exponent: Int?

    /// - Parameter form: what is expected, for the fault.
    init(_ text: String, as form: String) throws(InvoiceNumber.Reason) {
        if text.isEmpty { throw .init(sentence: "is empty; write 0 where there was nothing") }
        let fault = InvoiceNumber.Reason(sentence: "is no \(form)")
        var rest = text[...]
        isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        if rest.first == "$" { rest.removeFirst() }
        let halves = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        exponent = halves.count == 2 ? Int(halves[1]) : nil
        if halves.count == 2, !(exponent.map { (-30...30).contains($0) } ?? false) { throw fault }
        let parts = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        decimals = parts.count == 2 ? String(parts[1]) : ""
        whole = groups.joined()
        self.groups = groups.count
        guard !(whole + decimals).isEmpty, (whole + decimals).allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw fault
        }
        if groups.count > 1 {
            let isGrouped = groups.dropFirst().allSatisfy { $0.count == 3 } && (1...3).contains(groups[0].count)
            guard isGrouped, groups[0].first != "0" else {
                throw .init(
                    sentence: "has a comma where none separates thousands; write decimals with a point, such as 1234.56"
                )
            }
        }
    }

    /// In units of 10^-places, rounded; `nil`: far too large. Decimals beyond the eighteenth change nothing.
    func value(places: Int) -> Int128? {
        let whole = whole.drop { $0 == "0" }, decimals = decimals.prefix(18)
        guard whole.count <= 20, let digits = Int128(whole + decimals + (whole.isEmpty && decimals.isEmpty ? "0" : ""))
        else { return nil }
        let shift = places - decimals.count + (exponent ?? 0)
        let power = (0..<min(shift.magnitude, 37)).reduce(Int128(1)) { power, _ in power * 10 }
        let value: Int128
        if shift < 0 {
            value = digits / power + (digits % power * 2 >= power ? 1 : 0)
        } else {
            let product = digits.multipliedReportingOverflow(by: power)
            if product.overflow { return nil }
            value = product.partialValue
        }
        return isNegative ? -value : value
    }
}

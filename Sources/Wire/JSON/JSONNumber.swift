/// A JSON number where it stands, strictly as RFC 8259 §6 writes it. Valid as long as its bytes are.
package struct JSONNumber {
    /// The number as it is written.
    package let bytes: UnsafeRawBufferPointer
    /// It has neither fraction nor exponent.
    package let isInteger: Bool

    /// The number if it is an integer that fits.
    package var int64: Int64? {
        guard isInteger else { return nil }
        let isNegative = bytes[0] == Ascii.minus
        var value: Int64 = 0
        for byte in bytes[(isNegative ? 1 : 0)...] {
            let digit = Int64(byte - Ascii.zero)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Grown downwards, because the least Int64 has no positive counterpart.
            let (sum, carry) = product.subtractingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The nearest double; infinite when the number is too large.
    package var double: Double {
        Double(text) ?? .nan
    }

    /// The number as it is written.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Where the number that begins at `start` ends, nil when it is none.
    static func end(_ bytes: UnsafeRawBufferPointer, from start: Int) -> (end: Int, isInteger: Bool)? {
        var index = start
        func digits() -> Bool {
            let first = index
            while index < bytes.count, Ascii.isDigit(bytes[index]) { index += 1 }
            return index > first
        }
        func takes(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }
        _ = takes(Ascii.minus)
        let integerStart = index
        guard digits(), bytes[integerStart] != Ascii.zero || index == integerStart + 1 else { return nil }
        var isInteger = true
        if takes(Ascii.dot) {
            isInteger = false
            guard digits() else { return nil }
        }
        if takes(UInt8(ascii: "e")) || takes(UInt8(ascii: "E")) {
            isInteger = false
            if !takes(Ascii.plus) { _ = takes(Ascii.minus) }
            guard digits() else { return nil }
        }
        return (index, isInteger)
    }
}

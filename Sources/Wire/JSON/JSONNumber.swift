import CScan

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
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
        var isInteger: UInt32 = 0
        let found = tg_json_number_end(base, start, bytes.count, &isInteger)
        return found.fault == TG_JSON_NO_FAULT ? (found.end, isInteger != 0) : nil
    }
}

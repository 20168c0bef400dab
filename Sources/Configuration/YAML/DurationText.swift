/// Durations as people write them: `250ms`, `15s`, `5m`, `1h`, `30d`, also `1h30m`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]

    /// Nanoseconds; `nil` for anything else, also for what is too long for 64 bits.
    package static func parse(_ text: String) -> Int64? {
        var rest = Substring(text), total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let count = Int64(digits), let scale = units.first(where: { $0.name == unit })?.nanoseconds else {
                return nil
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: scale)
            let (sum, carry) = total.addingReportingOverflow(product)
            if overflow || carry { return nil }
            total = sum
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return total
    }
}

/// Sizes as people write them: a number of bytes, or one with `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`.
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("B", 1),
    ]

    /// Bytes; `nil` for anything else.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var unit = text.dropFirst(digits.count)
        if unit.first == " " { unit = unit.dropFirst() }
        guard let count = Int(digits) else { return nil }
        if unit.isEmpty { return count }
        guard let scale = units.first(where: { $0.name == unit })?.bytes else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: scale)
        return overflow ? nil : product
    }
}

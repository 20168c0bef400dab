/// Instants as text (RFC 3339), by integer arithmetic on Unix nanoseconds; from the years 1677 to 2262.
package enum RFC3339 {
    /// How many digits follow the second.
    package enum Fraction: Int, Sendable {
        case none = 0
        case milliseconds = 3
        case microseconds = 6
        case nanoseconds = 9
    }

    /// Appends `2026-11-21T05:45:57.123Z`; digits beyond `fraction` are cut off, not rounded.
    package static func append(
        _ unixNanoseconds: Int64, fraction: Fraction = .milliseconds, to output: inout ByteWriter
    ) {
        let day = unixNanoseconds.flooredDivision(by: CivilDate.nanosecondsPerDay)
        let inDay = Int(unixNanoseconds &- day &* CivilDate.nanosecondsPerDay)
        let second = inDay / 1_000_000_000
        CivilDate(daysSince1970: Int(day)).append(to: &output)
        output.append(byte: UInt8(ascii: "T"))
        output.append(decimal: second / 3600, width: 2)
        output.append(byte: Ascii.colon)
        output.append(decimal: second / 60 % 60, width: 2)
        output.append(byte: Ascii.colon)
        output.append(decimal: second % 60, width: 2)
        if fraction != .none {
            let rest = inDay % 1_000_000_000
            output.append(byte: Ascii.dot)
            output.append(decimal: rest / powersOfTen[9 - fraction.rawValue], width: fraction.rawValue)
        }
        output.append(byte: UInt8(ascii: "Z"))
    }

    /// `2026-11-21T05:45:57.123Z`.
    package static func text(_ unixNanoseconds: Int64, fraction: Fraction = .milliseconds) -> String {
        var output = ByteWriter(capacity: 32)
        append(unixNanoseconds, fraction: fraction, to: &output)
        return output.text
    }

    /// Reads a date and time with any fraction and with `Z` or an offset; digits beyond nanoseconds are cut off. Second
    /// 60 counts as the next minute's first. Nil when it is none, or beyond what `Int64` nanoseconds reach.
    package static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, let date = CivilDate(parsing: text.slice(0..<10)),
            text[10] | 0x20 == UInt8(ascii: "t"), text[13] == Ascii.colon, text[16] == Ascii.colon,
            let hour = text.decimal(11..<13), let minute = text.decimal(14..<16), let second = text.decimal(17..<19),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        guard let nanoseconds = fraction(text, &position), let offset = offset(text, position) else { return nil }
        let seconds = Int64(date.daysSince1970) * 86400 + Int64(hour * 3600 + minute * 60 + second - offset)
        // In 128 bits: the earliest instants overflow on the way although they fit in the end.
        return Int64(exactly: Int128(seconds) * 1_000_000_000 + Int128(nanoseconds))
    }

    /// Reads a date and time, see `parse(_: UnsafeRawBufferPointer)`.
    package static func parse(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
    }

    private static func fraction(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Int? {
        guard text[position] == Ascii.dot else { return 0 }
        position += 1
        let start = position
        var value = 0
        while position < text.count, Ascii.isDigit(text[position]) {
            if position - start < 9 { value = value * 10 + Int(text[position] - Ascii.zero) }
            position += 1
        }
        let digits = position - start
        return digits == 0 ? nil : value * powersOfTen[9 - min(digits, 9)]
    }

    /// Seconds that the local time is ahead of UTC; nothing may follow.
    private static func offset(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int? {
        let rest = text.slice(min(position, text.count)..<text.count)
        if rest.equalsIgnoringCase("z") { return 0 }
        guard rest.count == 6, rest[0] == Ascii.plus || rest[0] == Ascii.minus, rest[3] == Ascii.colon,
            let hours = rest.decimal(1..<3), let minutes = rest.decimal(4..<6), hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return rest[0] == Ascii.minus ? -seconds : seconds
    }

    private static let powersOfTen = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]
}

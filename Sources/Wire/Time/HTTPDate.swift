/// The date form of HTTP header fields, `Sat, 21 Nov 2026 05:45:57 GMT` (RFC 9110 §5.6.7). The two obsolete forms are
/// neither written nor read.
package enum HTTPDate {
    /// Appends the 29 bytes of a date in the years 0...9999.
    package static func append(unixSeconds: Int64, to output: inout ByteWriter) {
        let day = unixSeconds.flooredDivision(by: 86400)
        let second = Int(unixSeconds - day * 86400)
        let date = CivilDate(daysSince1970: Int(day))
        output.append(weekdays[date.weekday])
        output.append(", ")
        output.append(decimal: date.day, width: 2)
        output.append(byte: Ascii.space)
        output.append(months[date.month - 1])
        output.append(byte: Ascii.space)
        output.append(decimal: date.year, width: 4)
        output.append(byte: Ascii.space)
        output.append(decimal: second / 3600, width: 2)
        output.append(byte: Ascii.colon)
        output.append(decimal: second / 60 % 60, width: 2)
        output.append(byte: Ascii.colon)
        output.append(decimal: second % 60, width: 2)
        output.append(" GMT")
    }

    /// Unix seconds of a date; nil for any other form. The weekday must be one, not the right one.
    package static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count == 29, text.slice(3..<5).equals(", "), text.slice(25..<29).equals(" GMT"),
            text[7] == Ascii.space, text[11] == Ascii.space, text[16] == Ascii.space, text[19] == Ascii.colon,
            text[22] == Ascii.colon, weekdays.contains(where: { text.slice(0..<3).equals($0) }),
            let month = months.firstIndex(where: { text.slice(8..<11).equals($0) }),
            let day = text.decimal(5..<7), let year = text.decimal(12..<16), let hour = text.decimal(17..<19),
            let minute = text.decimal(20..<22), let second = text.decimal(23..<25), hour < 24, minute < 60,
            second <= 60,
            let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        return Int64(date.daysSince1970) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

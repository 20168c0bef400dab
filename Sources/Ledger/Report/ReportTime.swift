import Wire

/// The moments that `--since` and `--until` name, for all commands. All days are days in UTC.
package enum ReportTime {
    private static let second: Int64 = 1_000_000_000

    /// The first moment that `--since` lets in: of a day its beginning. Unix nanoseconds.
    package static func since(_ text: String, now: Int64) throws(LedgerError) -> Int64 {
        if let day = day(text, now: now) { return day.firstNanosecond }
        return try moment(text, of: "since", now: now)
    }

    /// The first moment that `--until` leaves out: of a day its end, so that the day named is still in.
    package static func until(_ text: String, now: Int64) throws(LedgerError) -> Int64 {
        if let day = day(text, now: now) { return CivilDate(daysSince1970: day.daysSince1970 + 1).firstNanosecond }
        return try moment(text, of: "until", now: now)
    }

    private static func day(_ text: String, now: Int64) -> CivilDate? {
        let today = CivilDate(unixNanoseconds: now)
        switch text {
        case "today": return today
        case "yesterday": return CivilDate(daysSince1970: today.daysSince1970 - 1)
        default:
            guard let day = CivilDate(parsing: text), day.isInRange else { return nil }
            return day
        }
    }

    private static func moment(_ text: String, of option: String, now: Int64) throws(LedgerError) -> Int64 {
        if text == "now" { return now }
        if let moment = RFC3339.parse(text), moment >= 0 { return moment }
        guard let span = span(text), span <= now else {
            throw .invalidQuery(
                "--\(option) \(text) is no time; write a date (2026-11-01), a time (2026-11-01T08:00:00Z), today, yesterday, "
                    + "or how long ago (7d, 12h, 1h30m, 4w)")
        }
        return now - span
    }

    /// Numbers with units, one behind the other, in nanoseconds; `nil` for anything else.
    private static func span(_ text: String) -> Int64? {
        var rest = text[...], sum: Int64 = 0
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let amount = Int64(digits), let unit = rest.popFirst(), let length = length(of: unit) else {
                return nil
            }
            let (part, isTooLong) = amount.multipliedReportingOverflow(by: length)
            let (longer, overflow) = sum.addingReportingOverflow(part)
            if isTooLong || overflow { return nil }
            sum = longer
        } while !rest.isEmpty
        return sum
    }

    private static func length(of unit: Character) -> Int64? {
        switch unit {
        case "s": second
        case "m": 60 * second
        case "h": 3600 * second
        case "d": 86_400 * second
        case "w": 7 * 86_400 * second
        default: nil
        }
    }

    /// The label of a day's group: the day itself, its ISO 8601 week (`2026-W47`), or its month (`2026-11`).
    static func label(_ day: String, for column: ReportColumn) -> String {
        switch column {
        case .week: CivilDate(parsing: day).map(week) ?? day
        case .month: String(day.prefix(7))
        default: day
        }
    }

    /// A week belongs to the year that its Thursday is in (ISO 8601).
    private static func week(of day: CivilDate) -> String {
        let sinceMonday = (day.weekday + 6) % 7
        let thursday = CivilDate(daysSince1970: day.daysSince1970 - sinceMonday + 3)
        guard let newYear = CivilDate(year: thursday.year, month: 1, day: 1) else { return day.text }
        let week = (thursday.daysSince1970 - newYear.daysSince1970) / 7 + 1
        return "\(thursday.year)-W\(week < 10 ? "0" : "")\(week)"
    }
}

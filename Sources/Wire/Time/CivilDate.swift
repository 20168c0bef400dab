/// A day of the proleptic Gregorian calendar, and its arithmetic in whole days since 1970-01-01.
package struct CivilDate: Sendable, Hashable, Comparable {
    /// The year; 0 is 1 BC.
    package let year: Int
    /// 1...12
    package let month: Int
    /// 1...31
    package let day: Int

    /// Nil when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, ofYear: year) else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that is so many days after 1970-01-01 (before it when negative).
    ///
    /// Years are counted from March, so that the leap day is a year's last day, and in eras of 400 years, which are all
    /// equally long.
    package init(daysSince1970 days: Int) {
        let shifted = days + CivilDate.daysFromMarchOfYear0
        let era =
            shifted >= 0 ? shifted / CivilDate.daysOfEra : (shifted - CivilDate.daysOfEra + 1) / CivilDate.daysOfEra
        let dayOfEra = shifted - era * CivilDate.daysOfEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.month = month
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    }

    /// The UTC day of an instant in Unix nanoseconds.
    package init(unixNanoseconds: Int64) {
        self.init(daysSince1970: Int(unixNanoseconds.flooredDivision(by: CivilDate.nanosecondsPerDay)))
    }

    /// Days after 1970-01-01, negative before it.
    package var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * CivilDate.daysOfEra + dayOfEra - CivilDate.daysFromMarchOfYear0
    }

    /// Every instant of its year has a number of Unix nanoseconds from 0 on.
    package var isInRange: Bool { (1970...2261).contains(year) }

    /// Its first instant in Unix nanoseconds; the nearest there is for a day beyond those that `Int64` reaches (the years 1678 to
    /// 2261).
    package var firstNanosecond: Int64 {
        let (moment, overflow) = Int64(daysSince1970).multipliedReportingOverflow(by: CivilDate.nanosecondsPerDay)
        return overflow ? (daysSince1970 < 0 ? .min : .max) : moment
    }

    /// Its last instant, likewise.
    package var lastNanosecond: Int64 { firstNanosecond.addingSaturated(CivilDate.nanosecondsPerDay - 1) }

    /// 0 for Sunday ... 6 for Saturday.
    package var weekday: Int {
        let day = (daysSince1970 + 4) % 7
        return day < 0 ? day + 7 : day
    }

    /// `YYYY-MM-DD`.
    package func append(to output: inout ByteWriter) {
        output.append(decimal: year, width: 4)
        output.append(byte: Ascii.minus)
        output.append(decimal: month, width: 2)
        output.append(byte: Ascii.minus)
        output.append(decimal: day, width: 2)
    }

    /// `YYYY-MM-DD`.
    package var text: String {
        var output = ByteWriter(capacity: 10)
        append(to: &output)
        return output.text
    }

    /// Reads exactly `YYYY-MM-DD`.
    package init?(parsing text: UnsafeRawBufferPointer) {
        guard text.count == 10, text[4] == Ascii.minus, text[7] == Ascii.minus,
            let year = text.decimal(0..<4), let month = text.decimal(5..<7), let day = text.decimal(8..<10)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Reads exactly `YYYY-MM-DD`.
    package init?(parsing text: String) {
        var text = text
        guard let date = text.withUTF8({ CivilDate(parsing: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = date
    }

    /// Whether the year has a 29 February.
    package static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// 28...31.
    package static func days(inMonth month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Earlier days are less.
    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Of a UTC day; leap seconds are not counted.
    package static let nanosecondsPerDay: Int64 = 86_400_000_000_000
    private static let daysOfEra = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysFromMarchOfYear0 = 719_468
}

extension Int64 {
    /// Rounds towards minus infinity, unlike `/`.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension UnsafeRawBufferPointer {
    /// The number written in `range`, all digits.
    func decimal(_ range: Range<Int>) -> Int? {
        guard range.upperBound <= count, !range.isEmpty, range.count <= 18 else { return nil }
        var value = 0
        for index in range {
            guard Ascii.isDigit(self[index]) else { return nil }
            value = value * 10 + Int(self[index] - Ascii.zero)
        }
        return value
    }
}

import Wire

/// Where the rows of a report come from: whole days from `daily_costs`, whole months that are over from `monthly_costs`, if they know all
/// columns, and the rest from `requests`. The sum is the same whichever way it is cut.
struct ReportPlan: Equatable {
    enum Source: Equatable {
        /// Days from the first up to, not including, the second; `nil` is open.
        case rollup(from: CivilDate?, to: CivilDate?)
        /// Months, named by their first days, likewise.
        case months(from: CivilDate?, to: CivilDate?)
        /// Rows from the first id up to, not including, the second; `nil` is open.
        case scan(from: RequestID?, to: RequestID?)
    }

    let sources: [Source]

    /// - Parameter monthsBefore: the day before which there are months (`MonthlyRollup.end`).
    init(_ query: ReportQuery, monthsBefore: Int, usingRollup: Bool = true) {
        // Ids know milliseconds: a bound within one begins with the next.
        let since = query.since.map(Self.roundedUp)
        let until = query.until.map(Self.roundedUp)
        guard usingRollup, query.isAnsweredByRollup else {
            sources = [Self.scan(since, until)]
            return
        }
        let firstDay = since.map { ($0 + Self.day - 1) / Self.day }
        let endDay = until.map { $0 / Self.day }
        if let firstDay, let endDay, firstDay >= endDay {
            sources = [Self.scan(since, until)]
            return
        }
        var sources: [Source] = []
        if let since, let firstDay, since < firstDay * Self.day {
            sources.append(Self.scan(since, firstDay * Self.day))
        }
        sources += Self.days(firstDay, endDay, monthsBefore: query.isAnsweredByMonths ? monthsBefore : 0)
        if let until, let endDay, endDay * Self.day < until {
            sources.append(Self.scan(endDay * Self.day, until))
        }
        self.sources = sources
    }

    /// Whole months from their roll-up, and the days around them.
    private static func days(_ first: Int64?, _ end: Int64?, monthsBefore: Int) -> [Source] {
        let from = first.map(date), to = end.map(date)
        let firstMonth = from.map { $0.day == 1 ? $0 : month(after: $0) }
        let last = to.map { MonthlyRollup.firstOfMonth($0.daysSince1970).daysSince1970 } ?? .max
        let endMonth = CivilDate(daysSince1970: min(monthsBefore, last))
        guard monthsBefore > 0, firstMonth.map({ $0 < endMonth }) ?? true else { return [.rollup(from: from, to: to)] }
        var sources: [Source] = []
        if from != firstMonth { sources.append(.rollup(from: from, to: firstMonth)) }
        sources.append(.months(from: firstMonth, to: endMonth))
        if to != endMonth { sources.append(.rollup(from: endMonth, to: to)) }
        return sources
    }

    private static func month(after day: CivilDate) -> CivilDate {
        let length = CivilDate.days(inMonth: day.month, ofYear: day.year)
        return CivilDate(daysSince1970: day.daysSince1970 - day.day + 1 + length)
    }

    private static let day: Int64 = 86_400_000

    static func roundedUp(_ nanoseconds: Int64) -> Int64 {
        nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1)
    }

    private static func date(_ day: Int64) -> CivilDate { CivilDate(daysSince1970: Int(day)) }

    private static func scan(_ since: Int64?, _ until: Int64?) -> Source {
        .scan(
            from: since.map(RequestID.first(atUnixMilliseconds:)), to: until.map(RequestID.first(atUnixMilliseconds:)))
    }
}

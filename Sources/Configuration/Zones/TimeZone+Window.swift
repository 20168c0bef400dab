import Wire

extension TimeZone {
    /// The window of a budget that a moment (Unix nanoseconds) is in, as Unix nanoseconds.
    ///
    /// A day begins at the first moment at which the local clock shows its date: at midnight, behind it where midnight is skipped,
    /// at its first time where it comes twice. A week begins on Monday, a month on the 1st. Windows of a kind follow each other
    /// without gap, and each moment is in exactly one.
    package func window(_ window: BudgetWindow, containing unixNanoseconds: Int64) -> Range<Int64> {
        if window == .total { return 0..<Int64.max }
        let date = CivilDate(daysSince1970: day(of: unixNanoseconds))
        let (first, next) = Self.days(of: window, with: date)
        return Self.nanoseconds(start(ofDay: first))..<Self.nanoseconds(start(ofDay: next))
    }

    /// Days since 1970: the one on which a window begins, and the one on which the next does.
    private static func days(of window: BudgetWindow, with date: CivilDate) -> (first: Int, next: Int) {
        let day = date.daysSince1970
        switch window {
        case .day, .total: return (day, day + 1)
        case .week:
            let monday = day - (date.weekday + 6) % 7
            return (monday, monday + 7)
        case .month:
            let first = day - date.day + 1
            return (first, first + CivilDate.days(inMonth: date.month, ofYear: date.year))
        }
    }

    /// The day that has begun last. It is not always the one that clocks show: where they are set back across midnight, the old
    /// date comes again for a while.
    private func day(of unixNanoseconds: Int64) -> Int {
        let moment = Self.floor(unixNanoseconds, 1_000_000_000)
        var day = Int(Self.floor(moment + offset(at: moment), 86_400))
        while start(ofDay: day + 1) <= moment { day += 1 }
        return day
    }

    /// The first moment (Unix seconds) at which clocks show midnight or later of a day.
    private func start(ofDay day: Int) -> Int64 {
        let midnight = Int64(day) * 86_400
        // No clock is further ahead.
        var index = period(at: midnight - 93_600)
        while true {
            let (from, offset) = index < 0 ? (.min, firstOffset) : transitions[index]
            let moment = max(from, midnight - offset)
            guard index + 1 < transitions.count, moment >= transitions[index + 1].from else { return moment }
            index += 1
        }
    }

    /// The last transition up to a moment; -1: before the first.
    private func period(at moment: Int64) -> Int {
        var low = 0, high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].from <= moment { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// At the ends of what 64 bits hold they stop.
    private static func nanoseconds(_ seconds: Int64) -> Int64 {
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : value
    }
}

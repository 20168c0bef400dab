import Wire

extension TimeZone {
    /// The calendar window that a moment lies in, Unix nanoseconds.
    package func window(_ window: BudgetWindow, containing moment: Int64) -> Range<Int64> {
        let seconds = moment / 1_000_000_000
        let local = seconds + offset(at: seconds)
        let day = CivilDate(unixNanoseconds: local * 1_000_000_000)
        switch window {
        case .total: return 0..<Int64.max
        case .day: return start(of: day.daysSince1970)..<start(of: day.daysSince1970 + 1)
        case .week:
            let monday = day.daysSince1970 - (day.weekday + 6) % 7
            return start(of: monday)..<start(of: monday + 7)
        case .month:
            let first = day.daysSince1970 - (day.day - 1)
            return start(of: first)..<start(of: first + CivilDate.days(inMonth: day.month, ofYear: day.year))
        }
    }

    private func start(of day: Int) -> Int64 {
        let midnight = Int64(day) * 86_400
        return (midnight - offset(at: midnight - firstOffset)) * 1_000_000_000
    }
}

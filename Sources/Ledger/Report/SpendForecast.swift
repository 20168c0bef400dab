import Wire

/// What a month will have cost at its end, from the days before.
///
/// The method, in full: complete days of the last eight weeks, from the first one with a charge on (days without any count as zero),
/// are split into classes: each day of the week from four weeks on, working days and weekends before. Each remaining day is expected
/// to cost its class's mean. The interval is that of a regression on classes: Student's t with the pooled variance, with the
/// uncertainty of the means in it; it covers 80 %. What today has still to come is the rest of the day's share. Less than seven days are not enough.
package struct SpendForecast: Sendable, Equatable {
    /// Nano-dollars spent this month so far, today included.
    package let spent: Int64
    /// Expected at the month's end, and the bounds of the 80 % interval; nil where there is too little history.
    package let expected: Int64?
    package let low: Int64?
    package let high: Int64?
    /// Complete days that it stands on.
    package let days: Int

    package static let leastDays = 7
    static let window = 56

    /// - Parameters:
    ///   - costs: nano-dollars by day, counted from 1970-01-01; days that are not there cost nothing.
    ///   - now: Unix nanoseconds.
    package init(_ costs: [Int: Int64], now: Int64) {
        let today = CivilDate(unixNanoseconds: now)
        let number = today.daysSince1970, firstOfMonth = number - today.day + 1
        let end = firstOfMonth + CivilDate.days(inMonth: today.month, ofYear: today.year)
        spent = (firstOfMonth...number).reduce(0) { $0 &+ (costs[$1] ?? 0) }
        let first = costs.filter { $0.key < number && $0.value > 0 }.keys.min() ?? number
        let begin = max(first, number - Self.window)
        days = number - begin
        guard days >= Self.leastDays else {
            (expected, low, high) = (nil, nil, nil)
            return
        }
        let isWeekly = days >= 28
        func kind(_ day: Int) -> Int {
            let weekday = CivilDate(daysSince1970: day).weekday
            return isWeekly ? weekday : weekday == 0 || weekday == 6 ? 0 : 1
        }
        var samples: [Int: [Double]] = [:]
        for day in begin..<number { samples[kind(day), default: []].append(Double(costs[day] ?? 0)) }
        let means = samples.mapValues { $0.reduce(0, +) / Double($0.count) }
        let squares = samples.reduce(0.0) { sum, entry in
            sum + entry.value.reduce(0.0) { $0 + ($1 - (means[entry.key] ?? 0)) * ($1 - (means[entry.key] ?? 0)) }
        }
        let freedom = max(1, days - samples.count)
        let variance = squares / Double(freedom)

        // How many days of each class are to come; of today only a part.
        let midnight = CivilDate(daysSince1970: number).firstNanosecond
        let passed = Double(now - midnight) / Double(CivilDate.nanosecondsPerDay)
        var coming: [Int: Double] = [kind(number): 1 - passed]
        for day in (number + 1)..<max(end, number + 1) { coming[kind(day), default: 0] += 1 }
        var sum = 0.0, spread = 0.0
        for (kind, count) in coming {
            let seen = Double(samples[kind]?.count ?? 0)
            sum += count * (means[kind] ?? 0)
            spread += variance * (count + (seen > 0 ? count * count / seen : count * count))
        }
        let reach = Self.student(freedom) * spread.squareRoot()
        expected = Self.amount(Double(spent) + sum)
        low = Self.amount(Double(spent) + max(0, sum - reach))
        high = Self.amount(Double(spent) + sum + reach)
    }

    private static func amount(_ value: Double) -> Int64 { Int64(exactly: value.rounded()) ?? .max }

    /// The 90 % quantile of Student's t: of 80 % in the middle. Below ten degrees from tables, then by its expansion around the normal one.
    static func student(_ freedom: Int) -> Double {
        let few = [3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383]
        if freedom <= few.count { return few[max(1, freedom) - 1] }
        let z = 1.281_552, n = Double(freedom)
        return z + (z * z * z + z) / (4 * n) + (5 * z * z * z * z * z + 16 * z * z * z + 3 * z) / (96 * n * n)
    }
}

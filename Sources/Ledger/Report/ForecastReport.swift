import Wire

/// Forecasts to the end of the month, for the whole and for each group.
package struct ForecastReport: Sendable {
    package let columns: [ReportColumn]
    /// The dearest first.
    package let rows: [(values: [String], forecast: SpendForecast)]
    /// Of everything together; its interval is not the sum of the rows'.
    package let total: SpendForecast
    /// The month, `2026-11`.
    package let month: String
    /// Requests whose cost is not known, of all days that were read.
    package let unpriced: Int64

    /// - Parameters:
    ///   - by: columns to group by, none of time.
    ///   - now: the wall clock, Unix nanoseconds.
    package init(by: [String], where conditions: [String], in directory: DataDirectory, now: Int64) throws(LedgerError)
    {
        let database = try directory.openDatabaseSnapshot()
        try self.init(by: by, where: conditions, in: database, now: now)
    }

    /// Within the caller's transaction; `nil`: nothing was ever written.
    init(by: [String], where conditions: [String], in database: Database?, now: Int64) throws(LedgerError) {
        let today = CivilDate(unixNanoseconds: now)
        month = String(today.text.prefix(7))
        let begin = CivilDate(
            daysSince1970: min(today.daysSince1970 - SpendForecast.window, today.daysSince1970 - today.day + 1))
        let query = try ReportQuery(by: ["day"] + by, since: begin.text, where: conditions, now: now)
        columns = try ReportQuery(by: by, now: now).columns
        guard !columns.contains(where: \.isTime) else { throw .invalidQuery("a forecast is not grouped by time") }
        var costs: [[String]: [Int: Int64]] = [:], all: [Int: Int64] = [:]
        let report = try Report(query, in: database, now: now, mostRows: .max)
        unpriced = report.total.unpricedRequests
        for row in report.rows {
            guard let day = row.values.first.flatMap({ CivilDate(parsing: $0) })?.daysSince1970 else { continue }
            costs[Array(row.values.dropFirst()), default: [:]][day, default: 0] &+= row.sums.costNanoUSD
            all[day, default: 0] &+= row.sums.costNanoUSD
        }
        total = SpendForecast(all, now: now)
        rows =
            columns.isEmpty
            ? []
            : costs.map { (values: $0.key, forecast: SpendForecast($0.value, now: now)) }.sorted {
                ($1.forecast.expected ?? $1.forecast.spent, $0.values.joined(separator: "\u{1}"))
                    < ($0.forecast.expected ?? $0.forecast.spent, $1.values.joined(separator: "\u{1}"))
            }
    }

    package func table() -> FigureTable {
        var table = FigureTable(
            title: "Spend of \(month) to its end, with an 80 % interval",
            labels: columns.map(\.name), figures: ["spent", "expected", "low", "high", "days"])
        for row in rows { table.rows.append(.init(labels: row.values, figures: Self.figures(row.forecast))) }
        table.total = Self.figures(total)
        if total.expected == nil {
            table.notes.append(
                "No forecast: it needs \(SpendForecast.leastDays) complete days with spend behind them, there are \(total.days)."
            )
        } else {
            table.notes.append(
                "Means of the days of the week over \(total.days) complete days; trends and holidays are not in it.")
        }
        if unpriced > 0 {
            table.notes.append(
                "\(Money.grouped(unpriced)) requests of these days used models without a price: their cost is not in it."
            )
        }
        return table
    }

    private static func figures(_ forecast: SpendForecast) -> [Figure] {
        [
            .money(forecast.spent), .optionalMoney(forecast.expected), .optionalMoney(forecast.low),
            .optionalMoney(forecast.high), .count(Int64(forecast.days)),
        ]
    }
}

import Wire

/// The report as one page that needs nothing else: no scripts, no fonts, no pictures from elsewhere; for a browser, a mail or a printer.
package struct ReportPage: Sendable {
    /// An account of a budget, as it stands.
    package struct Budget: Sendable {
        package let rule: String
        package let scope: String
        /// As in the configuration: `cost_per_day`.
        package let unit: String
        /// The first moment after its window, Unix nanoseconds; `nil`: it does not end.
        package let resets: Int64?
        /// Amounts as they are shown.
        package let settled: String
        package let limit: String
        /// 0...1 and more.
        package let share: Double

        package init(
            rule: String, scope: String, unit: String, resets: Int64?, settled: String, limit: String, share: Double
        ) {
            self.rule = rule
            self.scope = scope
            self.unit = unit
            self.resets = resets
            self.settled = settled
            self.limit = limit
            self.share = share
        }
    }

    let daily: Report
    let teams: Report
    let people: Report
    let models: Report
    private let forecast: ForecastReport
    private let now: Int64
    private let filters: [String]
    /// What the cache saved; `nil`: it cannot be told of the requests that are chosen.
    package var savings: CacheSavings?
    package var budgets: [Budget] = []

    /// The most rows of a table, and the most colours of a chart: the rest is summed up in one.
    static let mostRows = 50
    /// The most days of a chart.
    static let mostDays = 400

    /// - Parameter mostRows: as of `Report`.
    package init(
        since: String?, until: String?, where conditions: [String], in directory: DataDirectory, now: Int64,
        mostRows: Int64 = .max
    ) throws(LedgerError) {
        let database = try directory.openDatabaseSnapshot()
        func report(_ by: [String]) throws(LedgerError) -> Report {
            try Report(
                ReportQuery(by: by, since: since ?? "30d", until: until, where: conditions, now: now), in: database,
                now: now, mostRows: mostRows)
        }
        daily = try report(["day", "model"])
        teams = try report(["day", "team"])
        people = try report(["user", "team"])
        models = try report(["model", "provider"])
        forecast = try ForecastReport(by: ["team"], where: conditions, in: database, now: now)
        self.now = now
        filters = conditions
    }

    /// Throws `overflow`.
    package func html() throws(LedgerError) -> String {
        // First: what cannot be added up cannot be drawn.
        let tables =
            try section("By team", teamTable()) + section("By model", table(models, ["model", "provider"]))
            + section("By person", table(people, ["person", "team"]))
        var page = Self.head
        page += "<h1>Spend on models</h1><p class=\"sub\">\(time(daily.since)) to \(time(daily.until)) UTC"
        if !filters.isEmpty { page += " · only \(HTMLText.escaped(filters.joined(separator: ", ")))" }
        page += " · made \(time(now))</p>"
        page += tiles
        if daily.rows.isEmpty {
            page += "<p>No requests.</p>"
        } else {
            page += section("Per day, by model", chart(daily, "Spend per day by model"))
            page += section("Per day, by team", chart(teams, "Spend per day by team"))
            page += section("Tokens per day, by class", tokens)
            page += tables
        }
        if savings?.isEmpty != true { page += section("Saved by the cache", savings.map(table) ?? Self.unknown) }
        if isOfNow {
            if !budgets.isEmpty { page += section("Budgets, as they stood at \(time(now)) UTC", budgetTable) }
            let month = HTMLText.escaped(forecast.month)
            page += section("To the end of \(month), as foreseen at \(time(now)) UTC", forecastTable)
        }
        return page + notes + "</main></body></html>\n"
    }

    /// How budgets stand now, and what is foreseen, has no place on a page about a time that is over.
    package var isOfNow: Bool { daily.until >= now }

    // MARK: Figures

    private var tiles: String {
        let total = daily.total
        var tiles: [(String, String)] = [
            ("spent", Money.short(total.costNanoUSD)), ("requests", Money.grouped(total.requests)),
            ("people", Money.grouped(Set(people.rows.map { $0.values[0] }).count)),
            ("input from the cache", total.cacheHitShare.map { FigureTable.percent($0) } ?? "–"),
        ]
        if let savings, !savings.models.isEmpty {
            tiles.append(("saved by the cache", Money.short(savings.total.savedNanoUSD)))
        }
        if isOfNow, let expected = forecast.total.expected {
            tiles.append(("expected in \(forecast.month)", Money.short(expected)))
        }
        return "<div class=\"tiles\">"
            + tiles.map { "<div><b>\(HTMLText.escaped($1))</b><span>\(HTMLText.escaped($0))</span></div>" }.joined()
            + "</div>"
    }

    /// Days in order, without gaps; of more than a chart has room for the last ones.
    private var days: [String] {
        guard let span else { return [] }
        return span.suffix(Self.mostDays).map { CivilDate(daysSince1970: $0).text }
    }

    /// From the first day with a request to the last, since 1970-01-01.
    private var span: ClosedRange<Int>? {
        guard let first = daily.rows.first.flatMap({ CivilDate(parsing: $0.values[0]) })?.daysSince1970,
            let last = daily.rows.last.flatMap({ CivilDate(parsing: $0.values[0]) })?.daysSince1970
        else { return nil }
        return first...last
    }

    private func chart(_ report: Report, _ title: String) -> String {
        let days = days, places = Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1, $0) })
        var sums: [String: [Double]] = [:], whole: [String: Double] = [:]
        for row in report.rows {
            guard let place = places[row.values[0]] else { continue }
            let cost = Double(row.sums.costNanoUSD)
            sums[row.values[1], default: Array(repeating: 0, count: days.count)][place] += cost
            whole[row.values[1], default: 0] += cost
        }
        let order = whole.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        var series = order.prefix(StackedChart.colours - 1).map {
            StackedChart.Series(name: $0, values: sums[$0] ?? [])
        }
        let rest = order.dropFirst(StackedChart.colours - 1)
        if !rest.isEmpty {
            let values = days.indices.map { day in rest.reduce(0.0) { $0 + (sums[$1]?[day] ?? 0) } }
            series.append(.init(name: "\(rest.count) others", values: values))
        }
        return StackedChart(title: title, labels: days, series: series) { Money.short(Int64($0)) }.svg()
    }

    private var tokens: String {
        let days = days, places = Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1, $0) })
        let classes: [(String, (CostSums) -> Int64)] = [
            ("cache read", { $0.usage.cacheRead }), ("input", { $0.usage.input }),
            ("cache write 5m", { $0.usage.cacheWrite5m }), ("cache write 1h", { $0.usage.cacheWrite1h }),
            ("output", { $0.usage.output }),
        ]
        let series = classes.map { name, count in
            var values = Array(repeating: 0.0, count: days.count)
            for row in daily.rows {
                if let place = places[row.values[0]] { values[place] += Double(count(row.sums)) }
            }
            return StackedChart.Series(name: name, values: values)
        }
        return StackedChart(title: "Tokens per day by class", labels: days, series: series) {
            $0 >= 1e9
                ? "\(StackedChart.number($0 / 1e9)) G"
                : $0 >= 1e6 ? "\(StackedChart.number($0 / 1e6)) M" : Money.grouped(Int64($0))
        }.svg()
    }

    // MARK: Tables

    private func teamTable() throws(LedgerError) -> String {
        var sums: [String: CostSums] = [:]
        for row in teams.rows { try sums[row.values[1], default: CostSums()].add(row.sums) }
        return try rows(sums.map { ([$0.key], $0.value) }, ["team"])
    }

    private func table(_ report: Report, _ names: [String]) throws(LedgerError) -> String {
        try rows(report.rows.map { ($0.values, $0.sums) }, names)
    }

    private func rows(_ unordered: [([String], CostSums)], _ names: [String]) throws(LedgerError) -> String {
        let all = unordered.sorted { ($1.1.costNanoUSD, $0.0.joined()) < ($0.1.costNanoUSD, $1.0.joined()) }
        var body = all.prefix(Self.mostRows).map { labels, sums in
            labels.map { ($0.isEmpty ? "–" : $0, false) } + Self.cells(sums)
        }
        let rest = all.dropFirst(Self.mostRows)
        if !rest.isEmpty {
            var sums = CostSums()
            for row in rest { try sums.add(row.1) }
            body.append(
                [("\(rest.count) others", false)] + names.dropFirst().map { _ in ("", false) } + Self.cells(sums))
        }
        let figures = ["requests", "input", "write", "cache read", "output", "cost", "cache hit", "errors"]
        return grid(names.map { ($0, false) } + figures.map { ($0, true) }, body)
    }

    private static func cells(_ sums: CostSums) -> [(String, Bool)] {
        [
            Money.grouped(sums.requests), Money.grouped(sums.usage.input),
            Money.grouped(sums.usage.cacheWrite5m &+ sums.usage.cacheWrite1h), Money.grouped(sums.usage.cacheRead),
            Money.grouped(sums.usage.output), Money.short(sums.costNanoUSD),
            sums.cacheHitShare.map { FigureTable.percent($0) } ?? "–", Money.grouped(sums.errors),
        ].map { ($0, true) }
    }

    private static let unknown =
        "<p>Not told of this choice: it is known by team, user, project, key, model and provider.</p>"

    private func table(_ savings: CacheSavings) -> String {
        func cells(_ name: String, _ worth: CacheSavings.Worth) -> [(String, Bool)] {
            [(name, false)]
                + [worth.readNanoUSD, worth.writeNanoUSD, worth.savedNanoUSD].map { (Money.short($0), true) }
        }
        let models = savings.models.sorted { ($1.value.savedNanoUSD, $0.key) < ($0.value.savedNanoUSD, $1.key) }
        let rest = models.dropFirst(Self.mostRows)
        var body = models.prefix(Self.mostRows).map { cells($0.key, $0.value) }
        if !rest.isEmpty { body.append(cells("\(rest.count) others", CacheSavings.total(of: rest.map(\.value)))) }
        var note =
            "What tokens from the cache would have cost more as input, less what writing them cost more than input; "
            + "at the prices of their days."
        if savings.unpricedRead > 0 {
            note +=
                " \(Money.grouped(savings.unpricedRead)) tokens from caches belong to models without a price and are not in it."
        }
        return grid([("model", false), ("reads saved", true), ("writes cost more", true), ("saved", true)], body)
            + "<p class=\"sub\">\(note)</p>"
    }

    private var budgetTable: String {
        grid(
            [
                ("budget", false), ("of", false), ("unit", false), ("begins anew", false), ("settled", true),
                ("limit", true), ("share", true),
            ],
            budgets.map { budget in
                [
                    (budget.rule, false), (budget.scope.isEmpty ? "all" : budget.scope, false), (budget.unit, false),
                    (budget.resets.map(time) ?? "never", false), (budget.settled, true), (budget.limit, true),
                    (FigureTable.percent(budget.share), true),
                ]
            })
    }

    private var forecastTable: String {
        guard forecast.total.expected != nil else {
            return
                "<p>No forecast: it needs \(SpendForecast.leastDays) complete days with spend behind them, there are \(forecast.total.days).</p>"
        }
        func cells(_ name: String, _ forecast: SpendForecast) -> [(String, Bool)] {
            [(name.isEmpty ? "–" : name, false)]
                + [forecast.spent, forecast.expected, forecast.low, forecast.high].map {
                    ($0.map(Money.short) ?? "–", true)
                }
        }
        // Their forecasts do not add up to one of the rest.
        let more = forecast.rows.count - Self.mostRows
        let hidden = more > 0 ? "\(more) more teams are in “all” alone. " : ""
        return grid(
            [("team", false), ("spent", true), ("expected", true), ("low", true), ("high", true)],
            forecast.rows.prefix(Self.mostRows).map { cells($0.values.joined(), $0.forecast) } + [
                cells("all", forecast.total)
            ])
            + "<p class=\"sub\">\(hidden)With an 80 % interval, from the means of the days of the week over \(forecast.total.days) days; trends and holidays are not in it.</p>"
    }

    private func grid(_ header: [(String, Bool)], _ body: [[(String, Bool)]]) -> String {
        func cell(_ tag: String, _ value: (String, Bool)) -> String {
            "<\(tag)\(value.1 ? " class=\"n\"" : "")>\(HTMLText.escaped(value.0))</\(tag)>"
        }
        return "<div class=\"wide\"><table><thead><tr>\(header.map { cell("th", $0) }.joined())</tr></thead><tbody>"
            + body.map { "<tr>\($0.map { cell("td", $0) }.joined())</tr>" }.joined() + "</tbody></table></div>"
    }

    private func section(_ title: String, _ content: String) -> String {
        "<section><h2>\(HTMLText.escaped(title))</h2>\(content)</section>\n"
    }

    private func time(_ moment: Int64) -> String {
        String(RFC3339.text(moment, fraction: .none).dropLast(4)).split(separator: "T").joined(separator: " ")
    }

    private var notes: String {
        var notes = ""
        if let span, span.count > Self.mostDays {
            notes += "<p class=\"sub\">Charts have the last \(Self.mostDays) days, tables all \(span.count).</p>"
        }
        if daily.total.unpricedRequests > 0 {
            notes +=
                "<p class=\"sub\">\(Money.grouped(daily.total.unpricedRequests)) requests used models without a price: their cost is not in the sums.</p>"
        }
        if daily.total.estimatedRequests > 0 {
            notes +=
                "<p class=\"sub\">The cost of \(Money.grouped(daily.total.estimatedRequests)) requests is estimated.</p>"
        }
        return notes
    }
}

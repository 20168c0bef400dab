import Wire

/// What was done with Claude Code, beside what it cost: the `activity` table joined with `daily_costs`.
package struct ActivityReport: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        /// The values of the columns grouped by.
        package let values: [String]
        package var counts = ActivityCounts()
        /// What the ledger says that it cost.
        package var costNanoUSD: Int64 = 0
        package var requests: Int64 = 0
    }

    package let columns: [ReportColumn]
    /// Groups of time in their order, otherwise the dearest first.
    package let rows: [Row]
    package let total: Row
    /// Unix nanoseconds, of whole days in UTC: those that the question is about in part are in it whole.
    package let since: Int64
    package let until: Int64

    /// Throws `invalidQuery` for a column or a condition that activity does not know.
    package init(_ query: ReportQuery, in directory: DataDirectory, now: Int64) throws(LedgerError) {
        for column in query.columns + query.filters.map(\.column) where !column.isInActivity {
            throw .invalidQuery(
                "activity is not kept by \(column.name); it is by user, team, key, project, day, week and month")
        }
        columns = query.columns
        let first = query.since.map { CivilDate(unixNanoseconds: $0) }
        let last = CivilDate(unixNanoseconds: max(0, (query.until ?? now) - 1))
        until = query.until == nil ? now : last.lastNanosecond.addingSaturated(1)
        var groups: [[String]: Row] = [:]
        var earliest = last
        if let database = try directory.openDatabaseSnapshot() {
            // Counts of clients stay at the largest number there is.
            let counts = ActivityTable.measures.map { "CAST(min(total(\($0)), 9e18) AS INTEGER)" }
            try Self.read("activity", counts, query, (first, last), database, &groups) {
                row, statement in
                for index in ActivityMeasure.allCases.indices {
                    row.counts.add(statement.integer(Int32(query.columns.count + index)), at: index)
                }
            }
            try Self.read(
                "daily_costs", ["sum(cost_nano_usd)", "sum(requests)"], query, (first, last), database, &groups
            ) {
                row, statement in
                row.costNanoUSD &+= statement.integer(Int32(query.columns.count))
                row.requests &+= statement.integer(Int32(query.columns.count + 1))
            }
            earliest = try Self.earliest(database) ?? last
        }
        since = (first ?? earliest).firstNanosecond
        var total = Row(values: [])
        for row in groups.values { total.add(row) }
        self.total = total
        rows = groups.values.sorted { Self.precedes($0, $1, query.columns) }
    }

    private static func read(
        _ table: String, _ measures: [String], _ query: ReportQuery, _ days: (from: CivilDate?, to: CivilDate),
        _ database: Database, _ groups: inout [[String]: Row], add: (inout Row, Statement) -> Void
    ) throws(LedgerError) {
        var bound: [String] = []
        func parameter(_ value: String) -> String {
            bound.append(value)
            return "?\(bound.count)"
        }
        var conditions = ["day <= \(parameter(days.to.text))"]
        if let first = days.from { conditions.append("day >= \(parameter(first.text))") }
        conditions += query.filters.map { $0.condition($0.column.rollupExpression, parameter) }
        let keys = query.columns.map(\.rollupExpression)
        var sql = "SELECT \((keys + measures).joined(separator: ", ")) FROM \(table) "
        sql += "WHERE \(conditions.joined(separator: " AND "))"
        if !keys.isEmpty { sql += " GROUP BY " + (1...keys.count).map(String.init).joined(separator: ", ") }
        let statement = try database.prepare(sql)
        for (index, value) in bound.enumerated() { statement.bind(Int32(index + 1), value) }
        while try statement.step() {
            let values = query.columns.indices.map { index in
                let text = statement.text(Int32(index)), column = query.columns[index]
                return column.isTime ? ReportTime.label(text, for: column) : text
            }
            add(&groups[values, default: Row(values: values)], statement)
        }
    }

    private static func earliest(_ database: Database) throws(LedgerError) -> CivilDate? {
        let statement = try database.prepare(
            "SELECT ifnull(min(day), '') FROM (SELECT min(day) AS day FROM daily_costs "
                + "UNION ALL SELECT min(day) FROM activity)")
        defer { statement.reset() }
        return try statement.step() ? CivilDate(parsing: statement.text(0)) : nil
    }

    private static func precedes(_ left: Row, _ right: Row, _ columns: [ReportColumn]) -> Bool {
        for (index, column) in columns.enumerated() {
            guard column.isTime else { break }
            if left.values[index] != right.values[index] { return left.values[index] < right.values[index] }
        }
        if left.costNanoUSD != right.costNanoUSD { return left.costNanoUSD > right.costNanoUSD }
        return left.values.lexicographicallyPrecedes(right.values)
    }
}

extension ActivityReport.Row {
    mutating func add(_ other: Self) {
        counts.add(other.counts)
        costNanoUSD &+= other.costNanoUSD
        requests &+= other.requests
    }

    /// What one of these cost, nano-dollars; `nil` where there was none.
    package func cost(per measure: ActivityMeasure) -> Int64? {
        let count = counts[measure]
        return count > 0 ? costNanoUSD / count : nil
    }

    /// How far the client's estimate is off the ledger's, as a share of the ledger's; `nil` without both.
    package var estimateError: Double? {
        guard costNanoUSD > 0, counts[.clientCost] > 0 else { return nil }
        return Double(counts[.clientCost] - costNanoUSD) / Double(costNanoUSD)
    }
}

extension ReportColumn {
    /// Whether the `activity` table has it.
    var isInActivity: Bool {
        switch self {
        case .user, .team, .key, .project, .day, .week, .month: true
        default: false
        }
    }
}

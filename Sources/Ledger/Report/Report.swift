import Wire

/// The ledger's answer to a question.
package struct Report: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        /// The values of the columns grouped by; empty where a request had none.
        package let values: [String]
        package let sums: CostSums
    }

    package let columns: [ReportColumn]
    /// Groups of time in their order, otherwise the dearest first.
    package let rows: [Row]
    /// The sum of the rows.
    package let total: CostSums
    /// The first moment in, and the first one out, Unix nanoseconds.
    package let since: Int64
    package let until: Int64

    /// Answers a query, beside a running gateway or without one.
    ///
    /// - Parameters:
    ///   - now: the wall clock, Unix nanoseconds.
    ///   - mostRows: a question that the roll-ups do not answer is refused if it is about more requests.
    ///   - usingRollup: `false` reads every row, for the test that it makes no difference.
    package init(
        _ query: ReportQuery, in directory: DataDirectory, now: Int64, mostRows: Int64 = .max, usingRollup: Bool = true
    )
        throws(LedgerError)
    {
        let database = try directory.openDatabaseSnapshot()
        try self.init(query, in: database, now: now, mostRows: mostRows, usingRollup: usingRollup)
    }

    /// Answers a query within the caller's transaction, if it is about no more rows than `mostRows`; `nil`: nothing was ever written.
    init(_ query: ReportQuery, in database: Database?, now: Int64, mostRows: Int64, usingRollup: Bool = true)
        throws(LedgerError)
    {
        guard let database else {
            self.init(empty: query, now: now)
            return
        }
        if mostRows < .max, !query.isAnsweredByRollup {
            let all = ReportQuery(since: query.since, until: query.until)
            let rows = try Report(all, in: database, now: now).total.requests
            let columns = (query.columns + query.filters.map(\.column)).filter { !$0.isInRollup }.map(\.name)
            guard rows <= mostRows else {
                throw .invalidQuery(
                    Self.refusal(columns.joined(separator: ", "), rows: rows, mostRows: mostRows))
            }
        }
        try self.init(query, in: database, now: now, usingRollup: usingRollup)
    }

    static func refusal(_ what: String, rows: Int64, mostRows: Int64) -> String {
        "\(what) can only be told from the rows, and there are \(Money.grouped(rows)): choose "
            + "at most \(Money.grouped(mostRows)) by --since and --until, or wait for it with --all-rows"
    }

    /// Nothing was ever written.
    private init(empty query: ReportQuery, now: Int64) {
        columns = query.columns
        until = query.until ?? now
        since = query.since ?? until
        rows = []
        total = CostSums()
    }

    /// Answers a query within the caller's transaction.
    init(_ query: ReportQuery, in database: Database, now: Int64, usingRollup: Bool = true) throws(LedgerError) {
        columns = query.columns
        until = query.until ?? now
        var groups: [[String]: CostSums] = [:]
        let plan = try ReportPlan(query, monthsBefore: MonthlyRollup.end(database), usingRollup: usingRollup)
        for source in plan.sources {
            if case .scan(let from, _) = source { try Retention.check(from: from, in: database) }
            try Self.add(ReportSQL(query, source: source), query, in: database, to: &groups)
        }
        let beginning = try Self.beginning(of: database)
        since = query.since ?? min(beginning ?? until, until)
        var total = CostSums()
        for sums in groups.values { try total.add(sums) }
        self.total = total
        rows = groups.map { Row(values: $0.key, sums: $0.value) }.sorted { Self.precedes($0, $1, query.columns) }
    }

    /// When the first request came in, Unix nanoseconds; `nil`: none did. Where its row is gone, its day.
    static func beginning(of database: Database) throws(LedgerError) -> Int64? {
        if try Retention.firstDay(database) > 0 {
            let day = try database.prepare("SELECT min(day) FROM daily_costs")
            return try day.step() ? CivilDate(parsing: day.text(0))?.firstNanosecond : nil
        }
        let first = RequestID(rawValue: try database.integer("SELECT min(id) FROM requests"))
        return first.rawValue == 0 ? nil : first.unixMilliseconds * 1_000_000
    }

    private static func add(
        _ sql: ReportSQL, _ query: ReportQuery, in database: Database, to groups: inout [[String]: CostSums]
    ) throws(LedgerError) {
        let statement = try sql.prepared(in: database)
        let count = query.columns.count
        while try statement.step() {
            let sums = CostSums(reading: statement, from: Int32(count))
            // A sum over nothing is a row of zeros.
            if sums.requests == 0 { continue }
            let values = query.columns.indices.map { index in
                let text = statement.text(Int32(index))
                let column = query.columns[index]
                return column.isTime ? ReportTime.label(text, for: column) : text
            }
            try groups[values, default: CostSums()].add(sums)
        }
    }

    /// The leading columns of time decide first, then the cost, then the values, so that the order is always the same.
    private static func precedes(_ left: Row, _ right: Row, _ columns: [ReportColumn]) -> Bool {
        for (index, column) in columns.enumerated() {
            guard column.isTime else { break }
            if left.values[index] != right.values[index] { return left.values[index] < right.values[index] }
        }
        if left.sums.costNanoUSD != right.sums.costNanoUSD { return left.sums.costNanoUSD > right.sums.costNanoUSD }
        if left.sums.requests != right.sums.requests { return left.sums.requests > right.sums.requests }
        return left.values.lexicographicallyPrecedes(right.values)
    }
}

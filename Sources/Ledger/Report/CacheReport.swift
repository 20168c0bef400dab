import Wire

/// What breaks of caches cost, by cause and whoever, beside what caching saved altogether.
package struct CacheReport: Sendable, Equatable {
    package enum Column: String, Sendable, CaseIterable {
        case cause, segment, parameter, user, team, project, model, provider, session, agent, day

        fileprivate var expression: String {
            switch self {
            case .session: "session_id"
            case .agent: "agent_id"
            case .day: "date(((request_id >> 22) + \(RequestID.epochMilliseconds)) / 1000, 'unixepoch')"
            default: rawValue
            }
        }
    }

    package struct Sums: Sendable, Equatable {
        package var breaks: Int64 = 0
        package var tokens: Int64 = 0
        package var costNanoUSD: Int64 = 0
        /// Breaks whose model was unpriced.
        package var unpriced: Int64 = 0
    }

    package struct Row: Sendable, Equatable {
        package let values: [String]
        package let sums: Sums
    }

    package let columns: [Column]
    /// The dearest first.
    package let rows: [Row]
    package let total: Sums
    /// What caching saved in the same time, of all requests.
    package let savings: CacheSavings
    package let since: Int64
    package let until: Int64

    /// - Parameters:
    ///   - by: names of columns.
    ///   - cuts: when prices change (Unix nanoseconds); between them savings are summed up, from months where it can be.
    ///   - pricing: by the price table.
    package init(
        by: [String], since: String?, until: String?, in directory: DataDirectory, now: Int64, cuts: Set<Int64>,
        pricing: CacheSavings.Pricing
    ) throws(LedgerError) {
        var columns: [Column] = []
        for name in by {
            guard let column = Column(rawValue: name) else {
                let known = Column.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidQuery("there is no column `\(name)` in this report; there are \(known)")
            }
            if !columns.contains(column) { columns.append(column) }
        }
        self.columns = columns
        let query = try ReportQuery(by: [], since: since, until: until, now: now)
        let all = try Report(query, in: directory, now: now)
        (self.since, self.until) = (all.since, all.until)
        savings = try CacheSavings(
            since: since, until: until, in: directory, now: now, cuts: cuts, pricing: pricing)
        rows = try Self.rows(columns, query, directory)
        total = rows.reduce(into: Sums()) { $0.add($1.sums) }
    }

    private static func rows(
        _ columns: [Column], _ query: ReportQuery, _ directory: DataDirectory
    ) throws(LedgerError) -> [Row] {
        guard let database = try directory.openDatabaseSnapshot() else { return [] }
        try Retention.check(since: query.since, in: database)
        func bound(_ moment: Int64) -> Int64 {
            RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp(moment)).rawValue
        }
        var sql = "SELECT " + columns.map { $0.expression + ", " }.joined()
        sql += "count(*), ifnull(sum(rebilled_tokens), 0), ifnull(sum(cost_nano_usd), 0), "
        sql += "ifnull(sum(cost_nano_usd IS NULL), 0) FROM cache_breaks WHERE request_id >= ?1 AND request_id < ?2"
        if !columns.isEmpty { sql += " GROUP BY " + (1...columns.count).map(String.init).joined(separator: ", ") }
        let statement = try database.prepare(sql)
        statement.bind(1, query.since.map(bound) ?? 0)
        statement.bind(2, query.until.map(bound) ?? .max)
        var rows: [Row] = []
        let first = Int32(columns.count)
        while try statement.step() {
            var sums = Sums()
            sums.breaks = statement.integer(first)
            sums.tokens = statement.integer(first + 1)
            sums.costNanoUSD = statement.integer(first + 2)
            sums.unpriced = statement.integer(first + 3)
            // A sum over nothing is a row of zeros.
            if sums.breaks > 0 { rows.append(Row(values: (0..<first).map { statement.text($0) }, sums: sums)) }
        }
        return rows.sorted {
            ($1.sums.costNanoUSD, $1.sums.tokens) < ($0.sums.costNanoUSD, $0.sums.tokens)
                || ($1.sums.costNanoUSD, $1.sums.tokens) == ($0.sums.costNanoUSD, $0.sums.tokens)
                    && $0.values.lexicographicallyPrecedes($1.values)
        }
    }

    /// Of what caching saved and breaks cost together, the part that breaks cost; `nil`: neither.
    package func share(_ sums: Sums) -> Double? {
        let all = Double(savings.total.savedNanoUSD) + Double(total.costNanoUSD)
        return all > 0 ? Double(sums.costNanoUSD) / all : nil
    }
}

extension CacheReport.Sums {
    fileprivate mutating func add(_ other: Self) {
        breaks += other.breaks
        tokens += other.tokens
        costNanoUSD += other.costNanoUSD
        unpriced += other.unpriced
    }
}

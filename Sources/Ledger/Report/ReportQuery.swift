/// A question to the ledger: grouped by what, from when to when, of which requests.
package struct ReportQuery: Sendable, Equatable {
    /// Columns to group by; none gives a single row.
    package let columns: [ReportColumn]
    /// The first moment in, Unix nanoseconds; `nil`: from the first request on.
    package let since: Int64?
    /// The first moment out, Unix nanoseconds; `nil`: until now.
    package let until: Int64?
    /// All of them must match.
    package let filters: [ReportFilter]

    /// Reads the arguments of `tollgate report`. Throws `invalidQuery`, in words for the person who wrote them.
    ///
    /// - Parameters:
    ///   - by: column names, each argument one or several with commas between.
    ///   - conditions: `column=value`, see `ReportFilter`.
    ///   - now: the wall clock, Unix nanoseconds.
    package init(by: [String], since: String? = nil, until: String? = nil, where conditions: [String] = [], now: Int64)
        throws(LedgerError)
    {
        var columns: [ReportColumn] = []
        for name in by.flatMap({ $0.split(separator: ",") }) {
            let column = try ReportColumn(String(name))
            if !columns.contains(column) { columns.append(column) }
        }
        self.columns = columns
        if let since { self.since = try ReportTime.since(since, now: now) } else { self.since = nil }
        if let until { self.until = try ReportTime.until(until, now: now) } else { self.until = nil }
        filters = try ReportFilter.parse(conditions)
        if let since = self.since, let until = self.until, since > until {
            throw .invalidQuery("--since is later than --until")
        }
    }

    /// The number of requests of the same time.
    var withoutDetail: ReportQuery { ReportQuery(columns: [], since: since, until: until, filters: []) }

    private init(columns: [ReportColumn], since: Int64?, until: Int64?, filters: [ReportFilter]) {
        self.columns = columns
        self.since = since
        self.until = until
        self.filters = filters
    }

    /// Whether whole months can be answered from `monthly_costs`.
    var isAnsweredByMonths: Bool { isAnsweredByRollup && !columns.contains(.day) && !columns.contains(.week) }

    /// Whether whole days can be answered from `daily_costs`.
    var isAnsweredByRollup: Bool {
        columns.allSatisfy(\.isInRollup) && filters.allSatisfy(\.column.isInRollup)
    }
}

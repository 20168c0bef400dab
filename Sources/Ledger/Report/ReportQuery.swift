import Wire

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
        if let begin = self.since, let end = self.until, begin >= end {
            throw .invalidQuery(
                "--since \(since ?? "") is not before --until \(until ?? ""): there is no time between them")
        }
        if let begin = self.since, self.until == nil, begin > now {
            throw .invalidQuery("--since \(since ?? "") is yet to come: there is no time between it and now")
        }
    }

    /// All of a time in a single row.
    init(since: Int64?, until: Int64?) { self.init(columns: [], since: since, until: until, filters: []) }

    /// The same in pieces, cut at the beginnings of the days of moments within.
    func cut(at moments: some Sequence<Int64>) -> [ReportQuery] {
        let until = until ?? .max
        var since = since, pieces: [ReportQuery] = []
        let days = moments.map { CivilDate(unixNanoseconds: $0).firstNanosecond }
        for day in Set(days).sorted() where day > since ?? .min && day < until {
            pieces.append(ReportQuery(columns: columns, since: since, until: day, filters: filters))
            since = day
        }
        return pieces + [ReportQuery(columns: columns, since: since, until: self.until, filters: filters)]
    }

    private init(columns: [ReportColumn], since: Int64?, until: Int64?, filters: [ReportFilter]) {
        self.columns = columns
        self.since = since
        self.until = until
        self.filters = filters
    }

    /// Whether whole months can be answered from `monthly_costs`.
    var isAnsweredByMonths: Bool {
        columns.allSatisfy(\.isInMonths) && filters.allSatisfy(\.column.isInMonths)
    }

    /// Whether whole days can be answered from `daily_costs`.
    var isAnsweredByRollup: Bool {
        columns.allSatisfy(\.isInRollup) && filters.allSatisfy(\.column.isInRollup)
    }
}

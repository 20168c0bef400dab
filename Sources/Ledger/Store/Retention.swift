import Wire

/// Which rows are still there: `report prune` takes out those of whole months, and leaves the sums by day and month.
enum Retention {
    /// In `meta`: the first day, which is a month's, from which on no row was taken out, since 1970-01-01; 0: none ever was. Before
    /// it are rows of sessions that went on past it, so nothing can be told from the rows of such a day.
    static let mark = "rows_since"

    static func firstDay(_ database: Database) throws(LedgerError) -> Int {
        Int(try database.integer("SELECT value FROM meta WHERE name = '\(mark)'"))
    }

    /// The first request of a day that is counted since 1970-01-01.
    static func firstRequest(ofDay day: Int) -> RequestID {
        RequestID.first(atUnixMilliseconds: Int64(day) * 86_400_000)
    }

    /// Throws `rowsPruned` where some of the rows from `first` on (`nil`: all) are gone.
    static func check(from first: RequestID?, in database: Database) throws(LedgerError) {
        let day = try firstDay(database)
        guard day > 0, (first?.rawValue ?? 0) < firstRequest(ofDay: day).rawValue else { return }
        throw .rowsPruned(since: CivilDate(daysSince1970: day).text)
    }

    /// The same, of a moment (Unix nanoseconds).
    static func check(since: Int64?, in database: Database) throws(LedgerError) {
        try check(from: since.map { RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp($0)) }, in: database)
    }
}

import Wire

/// Makes the roll-ups anew from the rows.
package enum RollupRebuild {
    /// In `meta`: the roll-ups do not have all rows, as a migration emptied them and nobody has made them anew to the end. Its value is
    /// the day (since 1970-01-01) from which on they are not made anew yet, so that a run that was killed is gone on with.
    static let stale = "rollups_stale"

    /// - Returns: the days that were made anew, and how many groups they have now.
    package static func run(in directory: DataDirectory) throws(LedgerError) -> (days: Int, groups: Int64) {
        let database = try directory.openDatabase(withStaleRollups: true)
        let days = try run(database)
        return (days, try database.integer("SELECT count(*) FROM daily_costs"))
    }

    /// After so many of them `onDay` is called again.
    private static let daysBetweenReports = 30

    static func isStale(_ database: Database) throws(LedgerError) -> Bool {
        try database.integer("SELECT count(*) FROM meta WHERE name = '\(stale)'") > 0
    }

    /// Day by day, each in a transaction of its own, so that a gateway goes on writing between them: whatever it adds to a day is in the
    /// rows and in the sums, or in neither.
    ///
    /// - Parameters:
    ///   - isResumed: what was done since the roll-ups were emptied is not done once more.
    ///   - onDay: called before the first day and before each thirtieth after it, with the days that are done and how many there are.
    /// - Returns: the number of days.
    static func run(
        _ database: Database, isResumed: Bool = false, onDay: (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws(LedgerError) -> Int {
        // Asked and removed in one transaction: what is written or taken out in between would lose its sums.
        let days = try database.transaction { () throws(LedgerError) in
            let whole = try Retention.firstDay(database), days = try daysOfRows(since: whole, in: database)
            try remove(outside: days, since: whole, in: database)
            try remakeMonths(before: whole, in: database)
            return days
        }
        let done = isResumed ? Int(try database.integer("SELECT value FROM meta WHERE name = '\(stale)'")) : 0
        var rebuild = try DayRebuild(database)
        let first = max(days.lowerBound, done)
        for day in days where day >= first {
            if (day - first) % daysBetweenReports == 0 { onDay(day - days.lowerBound, days.count) }
            try rebuild.run(day, isLast: day == days.last)
        }
        if let last = days.last {
            try database.transaction { () throws(LedgerError) in
                try MonthlyRollup.extend(from: MonthlyRollup.end(database), to: last, in: database)
            }
        }
        try database.execute("DELETE FROM meta WHERE name = '\(stale)'")
        return days.count
    }

    /// Since 1970-01-01, from the oldest row to the newest, but for days whose rows were taken out.
    private static func daysOfRows(since whole: Int, in database: Database) throws(LedgerError) -> Range<Int> {
        let start = Retention.firstRequest(ofDay: whole).rawValue
        let oldest = try database.integer("SELECT ifnull(min(id), -1) FROM requests WHERE id >= \(start)")
        guard oldest >= 0 else { return whole..<whole }
        return number(of: oldest)..<number(of: try database.integer("SELECT max(id) FROM requests")) + 1
    }

    /// The day that an id is of, since 1970-01-01.
    private static func number(of id: Int64) -> Int { Int(RequestID(rawValue: id).unixMilliseconds / 86_400_000) }

    /// Groups of days that have no row at all, but for those whose rows were taken out.
    private static func remove(
        outside days: Range<Int>, since whole: Int, in database: Database
    ) throws(LedgerError) {
        let whole = CivilDate(daysSince1970: whole).text
        let first = CivilDate(daysSince1970: days.lowerBound).text
        let last = CivilDate(daysSince1970: days.upperBound - 1).text
        for (table, prefix) in [("daily_costs", 10), ("retried_costs", 10), ("monthly_costs", 7)] {
            try database.execute(
                "DELETE FROM \(table) WHERE day >= '\(whole)' "
                    + "AND (substr(day, 1, \(prefix)) < '\(first.prefix(prefix))' OR substr(day, 1, \(prefix)) > '\(last.prefix(prefix))')"
            )
        }
    }

    /// Months whose rows were taken out, from the sums of their days.
    private static func remakeMonths(before whole: Int, in database: Database) throws(LedgerError) {
        let end = min(whole, try MonthlyRollup.end(database))
        let text = CivilDate(daysSince1970: end).text
        try database.execute("DELETE FROM monthly_costs WHERE day < '\(text)'")
        let months = try database.prepare(MonthlyRollup.addition)
        months.bind(1, "")
        months.bind(2, text)
        try months.run()
    }
}

/// A day's sums, and with the last day of a month the month's.
private struct DayRebuild {
    private let database: Database
    private let insert: Statement
    private let delete: [Statement]
    private let retried: Statement
    private let month: Statement
    private let deleteMonth: Statement
    private let untold: Statement
    private let tell: Statement
    private let mark: Statement
    private var pauses = CachePauses()
    /// The id up to which `pauses` knows the rows.
    private var pausesEnd: Int64 = 0

    init(_ database: Database) throws(LedgerError) {
        self.database = database
        let columns = DailyRollup.keyColumns + RollupSums.columns
        let keys = DailyRollup.keyColumns.map { (expression: $0 == "day" ? "?1" : $0, name: $0) }
        insert = try database.prepare(
            "INSERT INTO daily_costs (\(columns.joined(separator: ", "))) "
                + RollupSums.selection(keys, where: ["id >= ?2", "id < ?3"]))
        delete = [
            try database.prepare("DELETE FROM daily_costs WHERE day = ?1"),
            try database.prepare("DELETE FROM retried_costs WHERE day = ?1"),
        ]
        retried = try database.prepare(RetriedRollup.addition(of: RetriedRollup.some))
        month = try database.prepare(MonthlyRollup.addition)
        deleteMonth = try database.prepare("DELETE FROM monthly_costs WHERE day = ?1")
        untold = try database.prepare(
            "SELECT 1 FROM requests WHERE id >= ?1 AND id < ?2 AND rewritten_tokens IS NULL "
                + "AND cache_write_5m_tokens > 0 AND session_id != '' LIMIT 1")
        tell = try database.prepare("UPDATE requests SET rewritten_tokens = ?1 WHERE id = ?2")
        mark = try database.prepare("UPDATE meta SET value = ?1 WHERE name = '\(RollupRebuild.stale)'")
    }

    mutating func run(_ day: Int, isLast: Bool) throws(LedgerError) {
        try database.execute("BEGIN IMMEDIATE")
        do throws(LedgerError) {
            try write(day, isLast: isLast)
            mark.bind(1, Int64(day + 1))
            try mark.run()
            try database.execute("COMMIT")
        } catch {
            database.rollBack()
            throw error
        }
    }

    private mutating func write(_ day: Int, isLast: Bool) throws(LedgerError) {
        // Its rows may have been taken out since.
        guard try day >= Retention.firstDay(database) else { return }
        let text = CivilDate(daysSince1970: day).text
        let start = RequestID.first(atUnixMilliseconds: Int64(day) * 86_400_000).rawValue
        let end = RequestID.first(atUnixMilliseconds: Int64(day + 1) * 86_400_000).rawValue
        try tellPauses(from: start, to: end)
        for statement in delete {
            statement.bind(1, text)
            try statement.run()
        }
        insert.bind(1, text)
        insert.bind(2, start)
        insert.bind(3, end)
        try insert.run()
        retried.bind(1, start)
        retried.bind(2, end)
        try retried.run()
        // A month that is over is put together with its last day, or with the last of all.
        let first = MonthlyRollup.firstOfMonth(day)
        guard CivilDate(daysSince1970: day + 1).day == 1 || isLast else { return }
        deleteMonth.bind(1, first.text)
        try deleteMonth.run()
        guard try first.daysSince1970 < MonthlyRollup.end(database) else { return }
        let length = CivilDate.days(inMonth: first.month, ofYear: first.year)
        month.bind(1, first.text)
        month.bind(2, CivilDate(daysSince1970: first.daysSince1970 + length).text)
        try month.run()
    }

    /// Stores what was written again, of rows from before that was told. Nothing changes where it was nothing: null counts as that.
    private mutating func tellPauses(from start: Int64, to end: Int64) throws(LedgerError) {
        untold.bind(1, start)
        untold.bind(2, end)
        let isUntold = try untold.step()
        untold.reset()
        guard isUntold else { return }
        if pausesEnd != start {
            pauses = CachePauses()
            try pauses.read(from: start - CachePauses.reach, to: start, in: database) { _, _ in }
        }
        var told: [(id: Int64, tokens: Int64)] = []
        try pauses.read(from: start, to: end, in: database) { id, tokens in
            if tokens > 0 { told.append((id, tokens)) }
        }
        pausesEnd = end
        for (id, tokens) in told {
            tell.bind(1, tokens)
            tell.bind(2, id)
            try tell.run()
        }
    }
}

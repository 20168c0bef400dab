import Wire

/// Makes the roll-ups anew from the rows.
package enum RollupRebuild {
    /// - Returns: the days that were made anew, and how many groups they have now.
    ///
    /// Day by day, each in a transaction of its own, so that a gateway goes on writing between them: whatever it adds to a day is in the
    /// rows and in the sums, or in neither.
    package static func run(in directory: DataDirectory) throws(LedgerError) -> (days: Int, groups: Int64) {
        let database = try directory.openDatabase()
        try database.execute("DELETE FROM daily_costs WHERE (SELECT count(*) FROM requests) = 0")
        let first = try database.integer("SELECT ifnull(min(id), -1) FROM requests")
        guard first >= 0 else { return (0, 0) }
        let last = try database.integer("SELECT max(id) FROM requests")
        let columns = DailyRollup.keyColumns + CostSums.columns
        let keys = DailyRollup.keyColumns.map { $0 == "day" ? "?1" : $0 }
        let measures = CostSums.scanExpressions.map { "sum(\($0))" }
        let insert = try database.prepare(
            "INSERT INTO daily_costs (\(columns.joined(separator: ", "))) "
                + "SELECT \((keys + measures).joined(separator: ", ")) FROM requests WHERE id >= ?2 AND id < ?3 "
                + "GROUP BY \((2...keys.count).map(String.init).joined(separator: ", "))")
        let delete = try database.prepare("DELETE FROM daily_costs WHERE day = ?1")
        let day: Int64 = 86_400_000
        var days = 0
        // Groups of days that have no row at all.
        try remove(
            before: RequestID(rawValue: first).unixMilliseconds / day,
            orAfter: RequestID(rawValue: last).unixMilliseconds / day, in: database)
        for number in RequestID(rawValue: first).unixMilliseconds / day...RequestID(rawValue: last).unixMilliseconds
            / day
        {
            let text = CivilDate(daysSince1970: Int(number)).text
            try database.transaction { () throws(LedgerError) in
                delete.bind(1, text)
                try delete.run()
                insert.bind(1, text)
                insert.bind(2, RequestID.first(atUnixMilliseconds: number * day).rawValue)
                insert.bind(3, RequestID.first(atUnixMilliseconds: (number + 1) * day).rawValue)
                try insert.run()
            }
            days += 1
        }
        return (days, try database.integer("SELECT count(*) FROM daily_costs"))
    }

    private static func remove(before first: Int64, orAfter last: Int64, in database: Database) throws(LedgerError) {
        let statement = try database.prepare("DELETE FROM daily_costs WHERE day < ?1 OR day > ?2")
        statement.bind(1, CivilDate(daysSince1970: Int(first)).text)
        statement.bind(2, CivilDate(daysSince1970: Int(last)).text)
        try statement.run()
    }
}

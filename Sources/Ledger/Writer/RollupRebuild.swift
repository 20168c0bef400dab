import Wire

/// Makes the roll-ups anew from the rows.
package enum RollupRebuild {
    /// - Returns: the days that were made anew, and how many groups they have now.
    ///
    /// Day by day, each in a transaction of its own, so that a gateway goes on writing between them: whatever it adds to a day is in the
    /// rows and in the sums, or in neither.
    package static func run(in directory: DataDirectory) throws(LedgerError) -> (days: Int, groups: Int64) {
        let database = try directory.openDatabase()
        for table in ["daily_costs", "monthly_costs", "retried_costs"] {
            try database.execute("DELETE FROM \(table) WHERE (SELECT count(*) FROM requests) = 0")
        }
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
        let deleteRetried = try database.prepare("DELETE FROM retried_costs WHERE day = ?1")
        let retried = try database.prepare(RetriedRollup.addition(of: RetriedRollup.some))
        let month = try database.prepare(MonthlyRollup.addition)
        let deleteMonth = try database.prepare("DELETE FROM monthly_costs WHERE day = ?1")
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
                deleteRetried.bind(1, text)
                try deleteRetried.run()
                let start = RequestID.first(atUnixMilliseconds: number * day).rawValue
                let end = RequestID.first(atUnixMilliseconds: (number + 1) * day).rawValue
                insert.bind(1, text)
                insert.bind(2, start)
                insert.bind(3, end)
                try insert.run()
                retried.bind(1, start)
                retried.bind(2, end)
                try retried.run()
                // A month that is over is put together with its last day, or with the last of all.
                let next = CivilDate(daysSince1970: Int(number) + 1)
                let first = MonthlyRollup.firstOfMonth(Int(number))
                let isLast = number == RequestID(rawValue: last).unixMilliseconds / day
                guard next.day == 1 || isLast else { return }
                deleteMonth.bind(1, first.text)
                try deleteMonth.run()
                guard try first.daysSince1970 < MonthlyRollup.end(database) else { return }
                let length = CivilDate.days(inMonth: first.month, ofYear: first.year)
                month.bind(1, first.text)
                month.bind(2, CivilDate(daysSince1970: first.daysSince1970 + length).text)
                try month.run()
            }
            days += 1
        }
        try database.transaction { () throws(LedgerError) in
            let newest = Int(RequestID(rawValue: last).unixMilliseconds / day)
            try MonthlyRollup.extend(from: MonthlyRollup.end(database), to: newest, in: database)
        }
        return (days, try database.integer("SELECT count(*) FROM daily_costs"))
    }

    private static func remove(before first: Int64, orAfter last: Int64, in database: Database) throws(LedgerError) {
        for (table, prefix) in [("daily_costs", 10), ("retried_costs", 10), ("monthly_costs", 7)] {
            let statement = try database.prepare(
                "DELETE FROM \(table) WHERE substr(day, 1, \(prefix)) < ?1 OR substr(day, 1, \(prefix)) > ?2")
            statement.bind(1, String(CivilDate(daysSince1970: Int(first)).text.prefix(prefix)))
            statement.bind(2, String(CivilDate(daysSince1970: Int(last)).text.prefix(prefix)))
            try statement.run()
        }
    }
}

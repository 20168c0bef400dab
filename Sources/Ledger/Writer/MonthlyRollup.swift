import Wire

/// `monthly_costs`: the sums of `daily_costs` by month, of the months that are over. A month is added up once, when the first row of a later one is written; what still
/// comes for it then (a request over midnight, a journal that a killed gateway left) goes into both tables.
enum MonthlyRollup {
    /// In `meta`: the first day that is in no month, since 1970-01-01.
    static let mark = "months_before"

    static let keyColumns = [
        "day", "user", "team", "key_id", "project", "model_requested", "model_served", "provider", "operation",
        "outcome",
    ]

    /// The first day that is in no month; 0: there is none.
    static func end(_ database: Database) throws(LedgerError) -> Int {
        Int(try database.integer("SELECT value FROM meta WHERE name = '\(mark)'"))
    }

    static func firstOfMonth(_ day: Int) -> CivilDate {
        CivilDate(daysSince1970: day - CivilDate(daysSince1970: day).day + 1)
    }

    /// The sums of months, of days from the first parameter up to the second.
    static let addition: String = {
        let keys = keyColumns, sums = RollupSums.columns
        let values = keys.map { $0 == "day" ? "substr(day, 1, 8) || '01'" : $0 } + sums.map { "sum(\($0))" }
        return "INSERT INTO monthly_costs (\((keys + sums).joined(separator: ", "))) "
            + "SELECT \(values.joined(separator: ", ")) FROM daily_costs WHERE day >= ?1 AND day < ?2 "
            + "GROUP BY \((1...keys.count).map(String.init).joined(separator: ", "))"
    }()

    /// Adds the months that are over on a day, from `end` on, within the caller's transaction.
    static func extend(from end: Int, to day: Int, in database: Database) throws(LedgerError) {
        let newest = firstOfMonth(day)
        guard newest.daysSince1970 > end else { return }
        let months = try database.prepare(addition)
        months.bind(1, CivilDate(daysSince1970: end).text)
        months.bind(2, newest.text)
        try months.run()
        try database.execute("UPDATE meta SET value = \(newest.daysSince1970) WHERE name = '\(mark)'")
    }
}

import Transport
import Wire

/// Whether the roll-ups that reports read have what the rows have, which they do unless somebody changed one of them by hand.
package struct RollupExamination: Sendable, Equatable {
    /// Days whose rows were counted, the newest first, and how many there are.
    package private(set) var compared = 0
    package private(set) var days = 0
    /// The newest day, or `months`, of which they say something else.
    package private(set) var apart: String?

    init(compared: Int = 0, days: Int = 0, apart: String? = nil) {
        (self.compared, self.days, self.apart) = (compared, days, apart)
    }

    /// - Parameter deadline: on the monotonic clock; what is not compared until then is not.
    init(_ database: Database, until deadline: Int64) throws(LedgerError) {
        if try Self.monthsAreApart(database) {
            apart = "months"
            return
        }
        // Each by itself is one look into the index, both together a look at every row.
        let bounds = try database.prepare("SELECT (SELECT min(id) FROM requests), (SELECT max(id) FROM requests)")
        guard try bounds.step(), let oldest = bounds.optionalInteger(0), let newest = bounds.optionalInteger(1)
        else { return }
        let first = max(Self.day(of: oldest), try Retention.firstDay(database)), last = Self.day(of: newest)
        bounds.reset()
        guard first <= last else { return }
        days = last - first + 1
        let comparison = try DayComparison(database)
        for day in (first...last).reversed() where monotonicNanoseconds() < deadline {
            compared += 1
            if try comparison.isApart(day) {
                apart = CivilDate(daysSince1970: day).text
                return
            }
        }
    }

    /// A day's rows beside its sums.
    struct DayComparison {
        private let statement: Statement

        init(_ database: Database) throws(LedgerError) {
            statement = try database.prepare(
                "SELECT \(sums("count(*)")) FROM requests WHERE id >= ?2 AND id < ?3) "
                    + "IS NOT \(sums("ifnull(sum(requests), 0)")) FROM daily_costs WHERE day = ?1)")
        }

        /// - Parameter day: since 1970-01-01.
        func isApart(_ day: Int) throws(LedgerError) -> Bool {
            statement.bind(1, CivilDate(daysSince1970: day).text)
            statement.bind(2, Retention.firstRequest(ofDay: day).rawValue)
            statement.bind(3, Retention.firstRequest(ofDay: day + 1).rawValue)
            defer { statement.reset() }
            return try statement.step() && statement.integer(0) != 0
        }
    }

    static func monthsAreApart(_ database: Database) throws(LedgerError) -> Bool {
        try database.execute("BEGIN")
        let end = CivilDate(daysSince1970: try MonthlyRollup.end(database)).text
        let sums = sums("ifnull(sum(requests), 0)")
        let isApart =
            try database.integer(
                "SELECT \(sums) FROM monthly_costs) IS NOT \(sums) FROM daily_costs WHERE day < '\(end)')") != 0
        try database.execute("COMMIT")
        return isApart
    }

    /// The beginning of a selection of one row.
    private static func sums(_ requests: String) -> String {
        "(SELECT \(requests), "
            + CostSums.columns[4...].map { "ifnull(sum(\($0)), 0)" }.joined(separator: ", ")
    }

    private static func day(of id: Int64) -> Int { Int(RequestID(rawValue: id).unixMilliseconds / 86_400_000) }
}

/// What was charged by an estimate, by day and model: where the ledger may differ from what the provider counted.
package enum EstimatedCharges {
    package struct Key: Hashable, Sendable {
        /// `YYYY-MM-DD`, UTC.
        package let day: String
        package let model: String
    }

    /// - Parameters:
    ///   - since: Unix nanoseconds; `until` is exclusive.
    package static func read(
        provider: String, since: Int64, until: Int64, in directory: DataDirectory
    ) throws(LedgerError) -> [Key: CostSums] {
        guard let database = try directory.openDatabaseSnapshot() else { return [:] }
        try Retention.check(since: since, in: database)
        let day = "date(((request_id >> 22) + \(RequestID.epochMilliseconds)) / 1000, 'unixepoch')"
        let measures = ["1", "0", "1", "0"] + CostSums.columns[4...]
        let statement = try database.prepare(
            "SELECT \(day), model, \(measures.map { "sum(\($0))" }.joined(separator: ", ")) "
                + "FROM attempts INDEXED BY attempts_estimated WHERE estimated = 1 AND request_id >= ?1 "
                + "AND request_id < ?2 AND provider = ?3 GROUP BY 1, 2")
        statement.bind(1, RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp(since)).rawValue)
        statement.bind(2, RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp(until)).rawValue)
        statement.bind(3, provider)
        var sums: [Key: CostSums] = [:]
        while try statement.step() {
            sums[Key(day: statement.text(0), model: statement.text(1))] = CostSums(reading: statement, from: 2)
        }
        return sums
    }
}

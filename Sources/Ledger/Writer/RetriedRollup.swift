/// `retried_costs`: by day, person and account, by how much the attempts of requests with several differ from what `daily_costs` has of
/// these requests. The sum of both tables is what each account charged.
///
/// Few requests are tried twice: the table is small, and the writer has nothing to do for the others.
enum RetriedRollup {
    static let keyColumns = ["day", "user", "team", "key_id", "project", "model_served", "provider"]

    /// The requests: all of them, one by its id, or those with ids from the first parameter up to the second.
    static let all = "requests INDEXED BY requests_retried WHERE requests.attempts > 1"
    static let one = "requests WHERE requests.attempts > 1 AND requests.id = ?1"
    static let some = all + " AND requests.id >= ?1 AND requests.id < ?2"

    /// The differences, two rows for each request and more: its attempts, and itself negative. Keys as of the table, and what `RollupSums.sums`
    /// is told from.
    static func rows(_ requests: String) -> String {
        let day = ReportColumn.day.scanExpression { $0 }
        let who = "\(day) AS day, requests.user, requests.team, requests.key_id, requests.project"
        func named(_ values: [String]) -> String {
            zip(values, CostSums.columns + ["rewritten_tokens", "part"]).map { "\($0) AS \($1)" }.joined(
                separator: ", ")
        }
        let told = "ifnull(requests.rewritten_tokens, 0)"
        let request =
            CostSums.scanExpressions.map { $0 == "1" ? "-1" : "-(requests.\($0))" }
            + ["-\(told)", PricedPart.expression(requests: "requests.", figures: "requests.")]
        // An attempt without a price, which has tokens, counts as unpriced. What was written again was so by the last one.
        let attempt =
            [
                "1", "0", "attempts.estimated",
                "attempts.price_version IS NULL AND attempts.cost_nano_usd = 0 "
                    + "AND attempts.input_tokens + attempts.output_tokens > 0",
            ] + CostSums.columns[4...].map { "attempts.\($0)" } + [
                "iif(attempts.ordinal = requests.attempts - 1, \(told), 0)",
                PricedPart.expression(requests: "requests.", figures: "attempts."),
            ]
        return "SELECT \(who), requests.model_served, requests.provider, \(named(request)) "
            + "FROM \(requests) UNION ALL SELECT \(who), attempts.model, attempts.provider, \(named(attempt)) "
            + "FROM (SELECT * FROM \(requests)) AS requests CROSS JOIN attempts ON attempts.request_id = requests.id"
    }

    /// Adds the differences of requests to the table, or takes them away before they change.
    static func addition(of requests: String, sign: String = "") -> String {
        let keys = keyColumns.joined(separator: ", "), sums = RollupSums.columns
        return "INSERT INTO retried_costs (\(keys), \(sums.joined(separator: ", "))) "
            + "SELECT \(keys), \(RollupSums.sums.map { sign + $0 }.joined(separator: ", ")) "
            + "FROM (\(rows(requests))) WHERE true GROUP BY \(keys) "
            + "ON CONFLICT (\(keys)) DO UPDATE SET "
            + sums.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
    }
}

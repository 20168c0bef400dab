/// What reports add up: the measure columns of `daily_costs`, and their reading in a full scan of `requests`.
package struct CostSums: Sendable, Equatable {
    package var requests: Int64 = 0
    package var errors: Int64 = 0
    package var estimatedRequests: Int64 = 0
    package var unpricedRequests: Int64 = 0
    package var usage = UsageCounts()
    package var costNanoUSD: Int64 = 0

    package init() {}

    /// Of the input tokens, the share that came from the cache, 0...1; `nil` if there was no input.
    package var cacheHitShare: Double? {
        let all = usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead
        return all == 0 ? nil : Double(usage.cacheRead) / Double(all)
    }

    /// Adds field by field.
    mutating func add(_ other: CostSums) throws(LedgerError) {
        for path in Self.fields {
            let (sum, overflow) = self[keyPath: path].addingReportingOverflow(other[keyPath: path])
            if overflow { throw .overflow }
            self[keyPath: path] = sum
        }
    }

    /// The fields in the order of `columns` and `scanExpressions`.
    private static var fields: [WritableKeyPath<CostSums, Int64>] {
        [
            \.requests, \.errors, \.estimatedRequests, \.unpricedRequests, \.usage.input, \.usage.cacheWrite5m,
            \.usage.cacheWrite1h, \.usage.cacheRead, \.usage.output, \.usage.webSearchRequests,
            \.usage.webFetchRequests, \.costNanoUSD,
        ]
    }

    /// The measure columns of `daily_costs`.
    static let columns = [
        "requests", "errors", "estimated_requests", "unpriced_requests", "input_tokens", "cache_write_5m_tokens",
        "cache_write_1h_tokens", "cache_read_tokens", "output_tokens", "web_search_requests", "web_fetch_requests",
        "cost_nano_usd",
    ]

    /// The same measures of one row of `requests`.
    static var scanExpressions: [String] {
        let fine = Outcome.allCases.filter { !$0.isError }.map { "'\($0.name)'" }.joined(separator: ", ")
        return ["1", "outcome NOT IN (\(fine))", "estimated", "unpriced"] + columns[4...]
    }

    /// Binds the sums from a parameter on.
    func bind(to statement: Statement, from first: Int32) {
        for (offset, path) in Self.fields.enumerated() {
            statement.bind(first + Int32(offset), self[keyPath: path])
        }
    }

    /// Reads the sums from a column on.
    init(reading statement: Statement, from first: Int32) {
        for (offset, path) in Self.fields.enumerated() {
            self[keyPath: path] = statement.integer(first + Int32(offset))
        }
    }
}

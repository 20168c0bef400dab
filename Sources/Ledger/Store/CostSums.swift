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

    /// Adds field by field. Throws `overflow`.
    mutating func add(_ other: CostSums) throws(LedgerError) {
        var overflow = false
        func add(_ sum: inout Int64, _ value: Int64) {
            let result = sum.addingReportingOverflow(value)
            sum = result.partialValue
            overflow = overflow || result.overflow
        }
        add(&requests, other.requests)
        add(&errors, other.errors)
        add(&estimatedRequests, other.estimatedRequests)
        add(&unpricedRequests, other.unpricedRequests)
        add(&usage.input, other.usage.input)
        add(&usage.cacheWrite5m, other.usage.cacheWrite5m)
        add(&usage.cacheWrite1h, other.usage.cacheWrite1h)
        add(&usage.cacheRead, other.usage.cacheRead)
        add(&usage.output, other.usage.output)
        add(&usage.webSearchRequests, other.usage.webSearchRequests)
        add(&usage.webFetchRequests, other.usage.webFetchRequests)
        add(&costNanoUSD, other.costNanoUSD)
        if overflow { throw .overflow }
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

    /// Binds the sums from a parameter on, in the order of `columns`.
    func bind(to statement: Statement, from first: Int32) {
        let values = [
            requests, errors, estimatedRequests, unpricedRequests, usage.input, usage.cacheWrite5m,
            usage.cacheWrite1h, usage.cacheRead, usage.output, usage.webSearchRequests, usage.webFetchRequests,
            costNanoUSD,
        ]
        for (offset, value) in values.enumerated() { statement.bind(first + Int32(offset), value) }
    }

    /// Reads the sums from a column on, in the order of `columns`.
    init(reading statement: Statement, from first: Int32) {
        requests = statement.integer(first)
        errors = statement.integer(first + 1)
        estimatedRequests = statement.integer(first + 2)
        unpricedRequests = statement.integer(first + 3)
        usage.input = statement.integer(first + 4)
        usage.cacheWrite5m = statement.integer(first + 5)
        usage.cacheWrite1h = statement.integer(first + 6)
        usage.cacheRead = statement.integer(first + 7)
        usage.output = statement.integer(first + 8)
        usage.webSearchRequests = statement.integer(first + 9)
        usage.webFetchRequests = statement.integer(first + 10)
        costNanoUSD = statement.integer(first + 11)
    }
}

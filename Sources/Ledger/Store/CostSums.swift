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
        self.init { statement.integer(first + Int32($0)) }
    }

    /// - Parameter value: that of a column, by its number in `columns`.
    init(_ value: (Int) -> Int64) {
        requests = value(0)
        errors = value(1)
        estimatedRequests = value(2)
        unpricedRequests = value(3)
        usage.input = value(4)
        usage.cacheWrite5m = value(5)
        usage.cacheWrite1h = value(6)
        usage.cacheRead = value(7)
        usage.output = value(8)
        usage.webSearchRequests = value(9)
        usage.webFetchRequests = value(10)
        costNanoUSD = value(11)
    }
}

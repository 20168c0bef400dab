/// The measures of `daily_costs`, `monthly_costs` and `retried_costs`: what reports add up, which part of it is subagents', and how
/// many of the tokens written to caches an hour's cache would still have had (`CachePauses`).
package struct RollupSums: Sendable, Equatable {
    package var all = CostSums()
    /// Tokens of `all` that were written for five minutes again after a pause of less than an hour.
    package var rewritten: Int64 = 0
    /// The subagents' part of `all`; errors, estimates, requests without a price and web fetches are not told apart.
    package var subagents = CostSums()
    /// The subagents' part of `rewritten`.
    package var subagentsRewritten: Int64 = 0

    package init() {}

    /// What is left of `all` without the subagents.
    package var others: (sums: CostSums, rewritten: Int64) {
        var sums = all
        sums.requests -= subagents.requests
        sums.usage.input -= subagents.usage.input
        sums.usage.output -= subagents.usage.output
        sums.usage.cacheWrite5m -= subagents.usage.cacheWrite5m
        sums.usage.cacheWrite1h -= subagents.usage.cacheWrite1h
        sums.usage.cacheRead -= subagents.usage.cacheRead
        sums.usage.webSearchRequests -= subagents.usage.webSearchRequests
        sums.costNanoUSD -= subagents.costNanoUSD
        return (sums, rewritten - subagentsRewritten)
    }

    /// Adds field by field. Throws `overflow`.
    mutating func add(_ other: RollupSums) throws(LedgerError) {
        try all.add(other.all)
        // Parts of what fitted.
        try subagents.add(other.subagents)
        rewritten += other.rewritten
        subagentsRewritten += other.subagentsRewritten
    }

    /// What is told apart for subagents, by its name in `requests` and `attempts`.
    private static let figures = [
        "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens",
        "web_search_requests", "cost_nano_usd",
    ]

    /// The columns behind those of `CostSums`.
    static let ownColumns =
        ["rewritten_tokens", "subagent_requests"] + figures.map { "subagent_\($0)" } + ["subagent_rewritten_tokens"]

    static let columns = CostSums.columns + ownColumns

    /// The same measures of one row of `requests`.
    static var scanExpressions: [String] {
        CostSums.scanExpressions
            + ownExpressions(requests: "", figures: "", count: "1", rewritten: "ifnull(rewritten_tokens, 0)")
    }

    /// `ownColumns` of a row.
    ///
    /// - Parameters:
    ///   - requests: what stands before the columns of the request, such as `requests.`.
    ///   - figures: the same before tokens and costs.
    ///   - rewritten: the expression for it.
    static func ownExpressions(requests: String, figures: String, count: String, rewritten: String) -> [String] {
        let isOther = "\(requests)agent_id = ''"
        return [rewritten, "iif(\(isOther), 0, \(count))"]
            + Self.figures.map { "iif(\(isOther), 0, \(figures)\($0))" } + ["iif(\(isOther), 0, \(rewritten))"]
    }

    /// Binds the sums from a parameter on, in the order of `columns`.
    func bind(to statement: Statement, from first: Int32) {
        all.bind(to: statement, from: first)
        let own = first + Int32(CostSums.columns.count), usage = subagents.usage
        let values = [
            rewritten, subagents.requests, usage.input, usage.cacheWrite5m, usage.cacheWrite1h, usage.cacheRead,
            usage.output, usage.webSearchRequests, subagents.costNanoUSD, subagentsRewritten,
        ]
        for (offset, value) in values.enumerated() { statement.bind(own + Int32(offset), value) }
    }

    /// Reads the sums from a column on, in the order of `columns`.
    init(reading statement: Statement, from first: Int32) {
        all = CostSums(reading: statement, from: first)
        let own = first + Int32(CostSums.columns.count)
        rewritten = statement.integer(own)
        subagents.requests = statement.integer(own + 1)
        subagents.usage.input = statement.integer(own + 2)
        subagents.usage.cacheWrite5m = statement.integer(own + 3)
        subagents.usage.cacheWrite1h = statement.integer(own + 4)
        subagents.usage.cacheRead = statement.integer(own + 5)
        subagents.usage.output = statement.integer(own + 6)
        subagents.usage.webSearchRequests = statement.integer(own + 7)
        subagents.costNanoUSD = statement.integer(own + 8)
        subagentsRewritten = statement.integer(own + 9)
    }

    /// The measures of one closed row.
    init(of slot: SlotMemory, rewritten: Int64) {
        all = CostSums(of: slot)
        self.rewritten = rewritten
        guard !slot.bytes(.agentID).isEmpty else { return }
        subagents = all
        (subagents.errors, subagents.estimatedRequests, subagents.unpricedRequests) = (0, 0, 0)
        subagents.usage.webFetchRequests = 0
        subagentsRewritten = rewritten
    }
}

/// The measures of `daily_costs`, `monthly_costs` and `retried_costs`: what reports add up, the same told apart by what prices depend on
/// (`PricedPart`), and how many of the tokens written to caches an hour's cache would still have had (`CachePauses`).
struct RollupSums: Sendable, Equatable {
    struct Part: Sendable, Equatable {
        var sums = CostSums()
        /// Tokens of the sums that were written for five minutes again after a pause of less than an hour.
        var rewritten: Int64 = 0
    }

    private(set) var all = Part()
    /// By `PricedPart`; the first is what the others leave of `all`. Errors, estimates, requests without a price and web fetches are not
    /// told apart.
    private var parts: [Part]

    /// Those parts of which there is something.
    var told: [(part: PricedPart, sums: Part)] {
        var first = all
        for part in parts.dropFirst() { first.subtract(part) }
        return zip(PricedPart.allCases, [first] + parts.dropFirst()).compactMap {
            $1 == Part() ? nil : (part: $0, sums: $1)
        }
    }

    // MARK: Of rows

    /// The measures of one closed row.
    init(of slot: SlotMemory, rewritten: Int64) throws(LedgerError) {
        parts = Array(repeating: Part(), count: PricedPart.allCases.count)
        try add(slot, rewritten: rewritten)
    }

    /// Adds those of another. Throws `overflow`.
    mutating func add(_ slot: SlotMemory, rewritten: Int64) throws(LedgerError) {
        let sums = CostSums(of: slot)
        try all.sums.add(sums)
        all.rewritten += rewritten
        let part = PricedPart(of: slot).rawValue
        try parts[part].sums.add(sums)
        parts[part].rewritten += rewritten
    }

    // MARK: Columns

    /// What parts tell, by its name in the columns.
    private static let figures = [
        "requests", "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
        "output_tokens", "web_search_requests", "cost_nano_usd", "rewritten_tokens",
    ]

    /// The columns behind those of `CostSums`.
    static let ownColumns =
        ["rewritten_tokens"] + PricedPart.stored.flatMap { part in figures.map { part.prefix + $0 } }

    static let columns = CostSums.columns + ownColumns

    /// `columns` of rows that have those of `CostSums`, `rewritten_tokens` and, as `part`, the number of their `PricedPart`.
    static let sums: [String] =
        (CostSums.columns + ["rewritten_tokens"]).map { "sum(\($0))" }
        + PricedPart.stored.flatMap { part in figures.map { "sum(iif(part = \(part.rawValue), \($0), 0))" } }

    /// Keys and `columns` of rows of `requests`, which are put together by part first.
    ///
    /// - Parameter keys: expressions and their names.
    static func selection(_ keys: [(expression: String, name: String)], where conditions: [String]) -> String {
        let measures =
            zip(CostSums.scanExpressions, CostSums.columns).map { "sum(\($0)) AS \($1)" }
            + [
                "sum(ifnull(rewritten_tokens, 0)) AS rewritten_tokens",
                "\(PricedPart.expression(requests: "", figures: "")) AS part",
            ]
        let places = (1...max(1, keys.count)).map(String.init).joined(separator: ", ")
        let inner =
            "SELECT \((keys.map { "\($0.expression) AS \($0.name)" } + measures).joined(separator: ", ")) FROM requests"
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
            + " GROUP BY \(places), part"
        let named = zip(sums, columns).map { "\($0) AS \($1)" }
        return "SELECT \((keys.map(\.name) + named).joined(separator: ", ")) FROM (\(inner)) GROUP BY \(places)"
    }

    /// Binds the sums from a parameter on, in the order of `columns`.
    func bind(to statement: Statement, from first: Int32) {
        all.sums.bind(to: statement, from: first)
        var place = first + Int32(CostSums.columns.count)
        func bind(_ value: Int64) {
            statement.bind(place, value)
            place += 1
        }
        bind(all.rewritten)
        for part in PricedPart.stored { parts[part.rawValue].figures.forEach(bind) }
    }

    /// - Parameter value: that of a column, by its number in `columns`.
    init(_ value: (Int) -> Int64) {
        all.sums = CostSums(value)
        all.rewritten = value(CostSums.columns.count)
        parts =
            [Part()]
            + PricedPart.stored.indices.map { index in
                let first = CostSums.columns.count + 1 + (index - 1) * Self.figures.count
                return Part { value(first + $0) }
            }
    }
}

extension RollupSums.Part {
    /// In the order of the columns.
    fileprivate var figures: [Int64] {
        let usage = sums.usage
        return [
            sums.requests, usage.input, usage.cacheWrite5m, usage.cacheWrite1h, usage.cacheRead, usage.output,
            usage.webSearchRequests, sums.costNanoUSD, rewritten,
        ]
    }

    fileprivate init(_ value: (Int) -> Int64) {
        sums.requests = value(0)
        sums.usage.input = value(1)
        sums.usage.cacheWrite5m = value(2)
        sums.usage.cacheWrite1h = value(3)
        sums.usage.cacheRead = value(4)
        sums.usage.output = value(5)
        sums.usage.webSearchRequests = value(6)
        sums.costNanoUSD = value(7)
        rewritten = value(8)
    }

    /// What is left without a part of it.
    fileprivate mutating func subtract(_ part: Self) {
        sums.requests -= part.sums.requests
        sums.usage.input -= part.sums.usage.input
        sums.usage.cacheWrite5m -= part.sums.usage.cacheWrite5m
        sums.usage.cacheWrite1h -= part.sums.usage.cacheWrite1h
        sums.usage.cacheRead -= part.sums.usage.cacheRead
        sums.usage.output -= part.sums.usage.output
        sums.usage.webSearchRequests -= part.sums.usage.webSearchRequests
        sums.costNanoUSD -= part.sums.costNanoUSD
        rewritten -= part.rewritten
    }
}

/// The token classes and server-tool uses of one request or attempt, as billed. Counts are never negative.
package struct UsageCounts: BitwiseCopyable, Sendable, Equatable {
    /// Uncached input tokens.
    package var input: Int64
    /// Output tokens, thinking included.
    package var output: Int64
    /// Input tokens written to the cache for five minutes.
    package var cacheWrite5m: Int64
    /// Input tokens written to the cache for an hour.
    package var cacheWrite1h: Int64
    /// Input tokens read from the cache.
    package var cacheRead: Int64
    /// Searches made by the server's web search tool.
    package var webSearchRequests: Int64
    /// Fetches made by the server's web fetch tool.
    package var webFetchRequests: Int64

    package init(
        input: Int64 = 0, output: Int64 = 0, cacheWrite5m: Int64 = 0, cacheWrite1h: Int64 = 0, cacheRead: Int64 = 0,
        webSearchRequests: Int64 = 0, webFetchRequests: Int64 = 0
    ) {
        self.input = input
        self.output = output
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.cacheRead = cacheRead
        self.webSearchRequests = webSearchRequests
        self.webFetchRequests = webFetchRequests
    }

    /// Adds class by class, wrapping: a corrupt slot must not stop a recovery.
    mutating func add(_ other: UsageCounts) {
        input &+= other.input
        output &+= other.output
        cacheWrite5m &+= other.cacheWrite5m
        cacheWrite1h &+= other.cacheWrite1h
        cacheRead &+= other.cacheRead
        webSearchRequests &+= other.webSearchRequests
        webFetchRequests &+= other.webFetchRequests
    }

    /// Subtracts class by class, down to zero.
    mutating func subtract(_ other: UsageCounts) {
        input = max(0, input &- other.input)
        output = max(0, output &- other.output)
        cacheWrite5m = max(0, cacheWrite5m &- other.cacheWrite5m)
        cacheWrite1h = max(0, cacheWrite1h &- other.cacheWrite1h)
        cacheRead = max(0, cacheRead &- other.cacheRead)
        webSearchRequests = max(0, webSearchRequests &- other.webSearchRequests)
        webFetchRequests = max(0, webFetchRequests &- other.webFetchRequests)
    }
}

extension UsageCounts {
    /// The most that one request can claim of a class, about 10¹². The figures come from upstreams, and sums of them
    /// must stay within 64 bits: a sum that did not would stop the ledger.
    static let most: Int64 = 1 << 40

    /// The counts brought into 0...`most`.
    var bounded: UsageCounts {
        func bound(_ count: Int64) -> Int64 { min(max(0, count), Self.most) }
        return UsageCounts(
            input: bound(input), output: bound(output), cacheWrite5m: bound(cacheWrite5m),
            cacheWrite1h: bound(cacheWrite1h), cacheRead: bound(cacheRead),
            webSearchRequests: bound(webSearchRequests), webFetchRequests: bound(webFetchRequests))
    }

    /// The most that one request can cost, about 70,000 dollars in nano-dollars; for the same reason.
    package static let mostNanoUSD: Int64 = 1 << 46
}

/// What a request is charged with if its true usage never becomes known, because the process died.
package struct UsageEstimate: BitwiseCopyable, Sendable, Equatable {
    /// Tokens per class: what was seen so far, and a guess for the rest.
    package var usage: UsageCounts
    /// Their price in nano-dollars.
    package var costNanoUSD: Int64
    /// Whether the model has no price, so that the cost above is not one.
    package var unpriced: Bool

    package init(usage: UsageCounts = UsageCounts(), costNanoUSD: Int64 = 0, unpriced: Bool = false) {
        self.usage = usage
        self.costNanoUSD = costNanoUSD
        self.unpriced = unpriced
    }
}

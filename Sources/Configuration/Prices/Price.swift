/// What a token costs, by class, in pico-dollars (10⁻¹² US dollars): $1 per million tokens is 1,000,000.
package struct TokenPrices: Sendable, Equatable {
    package var input: Int64
    package var output: Int64
    package var cacheWrite5m: Int64
    package var cacheWrite1h: Int64
    package var cacheRead: Int64

    package init(input: Int64, output: Int64, cacheWrite5m: Int64, cacheWrite1h: Int64, cacheRead: Int64) {
        self.input = input
        self.output = output
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.cacheRead = cacheRead
    }
}

/// One dated row of the price table.
package struct Price: Sendable, Equatable {
    /// The model, without its release date.
    package let model: String
    /// Unix nanoseconds; `nil`: without a bound.
    package let validFrom: Int64?
    package let validTo: Int64?
    package let tokens: TokenPrices
    /// Other prices for the whole request when its input (cache included) is larger than so many tokens.
    package let long: (threshold: Int64, tokens: TokenPrices)?
    /// Thousandths by which fast mode multiplies; 1000 where there is none.
    package let fastPermille: Int64
    /// Thousandths by which inference kept in the USA (`inference_geo: us`) multiplies.
    package let usPermille: Int64
    /// Pico-dollars for one web search.
    package let webSearch: Int64
    /// As it stands in ledger rows: table and model.
    package let version: String

    package static func == (left: Self, right: Self) -> Bool {
        left.version == right.version && left.model == right.model && left.validFrom == right.validFrom
            && left.validTo == right.validTo && left.tokens == right.tokens
            && left.long?.threshold == right.long?.threshold && left.long?.tokens == right.long?.tokens
            && left.fastPermille == right.fastPermille && left.usPermille == right.usPermille
            && left.webSearch == right.webSearch
    }
}

import Configuration

/// What a usage costs at a price: exact in 128 bits, rounded once.
package enum Cost {
    /// Pico-dollars are rounded to nano-dollars half to even. Saturates at what 64 bits hold.
    package static func of(_ usage: TokenUsage, at price: Price) -> NanoUSD {
        let terms = Terms(usage, price), tokens = terms.tokens
        // Prices are bounded by their parser: the sum of five products fits whatever the counts are.
        var pico =
            Int128(usage.input) * Int128(tokens.input) + Int128(usage.output) * Int128(tokens.output)
            + Int128(usage.cacheWrite5m) * Int128(tokens.cacheWrite5m)
            + Int128(usage.cacheWrite1h) * Int128(tokens.cacheWrite1h)
            + Int128(usage.cacheRead) * Int128(tokens.cacheRead)
        // Multipliers in thousandths: kept as one fraction until the end.
        var scale: Int128 = 1_000
        for index in terms.permille.indices where terms.permille[index] != 1_000 {
            let (product, overflow) = pico.multipliedReportingOverflow(by: Int128(terms.permille[index]))
            if overflow { return NanoUSD(.max) }
            pico = product
            scale *= 1_000
        }
        let searches = Int128(usage.webSearchRequests) * Int128(price.webSearch)
        let (weighted, overflow) = searches.multipliedReportingOverflow(by: scale / 1_000)
        let (sum, carry) = pico.addingReportingOverflow(weighted)
        if overflow || carry { return NanoUSD(.max) }
        pico = sum
        return NanoUSD(Int64(clamping: roundedHalfEven(pico, scale)))
    }

    /// What a request is charged with: what the provider reported, otherwise what the price says. `nil`: unknown, as the model
    /// has no price, or none for the tier that served.
    package static func charge(for usage: TokenUsage, at price: Price?) -> NanoUSD? {
        if let reported = usage.reportedCost { return reported }
        guard let price, price.knows(usage.serviceTier) else { return nil }
        return of(usage, at: price)
    }

    /// What the cache changed: what its reads would have cost more as plain input, and what its writes cost more.
    package static func cacheEffect(of usage: TokenUsage, at price: Price) -> (saved: NanoUSD, surcharge: NanoUSD) {
        let cost = of(usage, at: price).value
        var unread = usage, unwritten = usage
        unread.input += usage.cacheRead
        unread.cacheRead = 0
        unwritten.input += usage.cacheWrite5m + usage.cacheWrite1h
        unwritten.cacheWrite5m = 0
        unwritten.cacheWrite1h = 0
        return (
            NanoUSD(max(0, of(unread, at: price).value - cost)), NanoUSD(max(0, cost - of(unwritten, at: price).value))
        )
    }

    /// What a million tokens of each class cost in a request with this usage, in nano-dollars: its tier, mode and region counted in.
    /// `nil`: the tier has no price.
    package static func perMillion(for usage: TokenUsage, at price: Price) -> TokenPrices? {
        guard price.knows(usage.serviceTier) else { return nil }
        let terms = Terms(usage, price), tokens = terms.tokens
        func rate(_ pico: Int64) -> Int64 {
            var value = Int128(pico) * 1_000
            for index in terms.permille.indices where terms.permille[index] != 1_000 {
                value = roundedHalfEven(value * Int128(terms.permille[index]), 1_000)
            }
            return Int64(clamping: value)
        }
        return TokenPrices(
            input: rate(tokens.input), output: rate(tokens.output), cacheWrite5m: rate(tokens.cacheWrite5m),
            cacheWrite1h: rate(tokens.cacheWrite1h), cacheRead: rate(tokens.cacheRead))
    }

    /// What is charged for each token of a request with a usage.
    private struct Terms {
        /// Of the service tier, or those that the request's whole input falls into.
        let tokens: TokenPrices
        /// Thousandths; all of them multiply.
        let permille: InlineArray<4, Int64>

        init(_ usage: TokenUsage, _ price: Price) {
            let tier = usage.serviceTier == .standard ? nil : price.tiers[usage.serviceTier]
            var tierPermille: Int64 = 1_000
            if case .permille(let permille)? = tier { tierPermille = permille }
            permille = [
                price.regionPermille, usage.isFast ? price.fastPermille : 1_000, usage.isUS ? price.usPermille : 1_000,
                tierPermille,
            ]
            if case .tokens(let own)? = tier {
                tokens = own
            } else if let long = price.long, usage.totalInput > long.threshold {
                tokens = long.tokens
            } else {
                tokens = price.tokens
            }
        }
    }

    static func roundedHalfEven(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        let twice = remainder * 2
        if twice > divisor || (twice == divisor && quotient % 2 == 1) { return quotient + 1 }
        return quotient
    }
}

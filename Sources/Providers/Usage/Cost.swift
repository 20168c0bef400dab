import Configuration

/// What a usage costs at a price: exact in 128 bits, rounded once.
package enum Cost {
    /// Pico-dollars are rounded to nano-dollars half to even. Saturates at what 64 bits hold.
    package static func of(_ usage: TokenUsage, at price: Price) -> NanoUSD {
        let tokens = tokenPrices(for: usage, price)
        var pico =
            Int128(usage.input) * Int128(tokens.input) + Int128(usage.output) * Int128(tokens.output)
            + Int128(usage.cacheWrite5m) * Int128(tokens.cacheWrite5m)
            + Int128(usage.cacheWrite1h) * Int128(tokens.cacheWrite1h)
            + Int128(usage.cacheRead) * Int128(tokens.cacheRead)
        // Multipliers in thousandths: kept as one fraction until the end.
        var scale: Int128 = 1_000
        if usage.isFast {
            pico *= Int128(price.fastPermille)
            scale *= 1_000
        }
        if usage.isUS {
            pico *= Int128(price.usPermille)
            scale *= 1_000
        }
        pico += Int128(usage.webSearchRequests) * Int128(price.webSearch) * (scale / 1_000)
        return NanoUSD(Int64(clamping: roundedHalfEven(pico, scale)))
    }

    /// The prices of the tier that the request's whole input falls into.
    private static func tokenPrices(for usage: TokenUsage, _ price: Price) -> TokenPrices {
        if let long = price.long, usage.totalInput > long.threshold { return long.tokens }
        return price.tokens
    }

    static func roundedHalfEven(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        let twice = remainder * 2
        if twice > divisor || (twice == divisor && quotient % 2 == 1) { return quotient + 1 }
        return quotient
    }
}

import Configuration

extension Cost {
    /// The most that a request can cost: its input in tokens of the dearest kind, all the output that it asks for, in the dearest
    /// tier there is. Saturates. What servers' own tools add (a web search's results) is not known before and not in it.
    ///
    /// - Parameters:
    ///   - inputTokens: the most that there can be: one for each byte of the body, and those of `BodyMarks`.
    ///   - maximumOutput: `max_tokens`.
    package static func most(inputTokens: Int64, maximumOutput: Int64, at price: Price) -> NanoUSD {
        var sets = [price.tokens]
        if let long = price.long { sets.append(long.tokens) }
        var permille: Int64 = 1_000
        for tier in price.tiers.values {
            switch tier {
            case .tokens(let own): sets.append(own)
            case .permille(let factor): permille = max(permille, factor)
            }
        }
        let input = sets.map { max($0.input, $0.cacheWrite5m, $0.cacheWrite1h, $0.cacheRead) }.max() ?? 0
        let output = sets.map(\.output).max() ?? 0
        var pico = Int128(max(0, inputTokens)) * Int128(input) + Int128(max(0, maximumOutput)) * Int128(output)
        for factor in [permille, price.regionPermille, max(1_000, price.fastPermille), max(1_000, price.usPermille)] {
            pico = (pico * Int128(factor) + 999) / 1_000
        }
        return NanoUSD(Int64(clamping: (pico + 999) / 1_000))
    }

    /// What the input of a usage costs in tokens of plain input: a cached token counts for less, a written one for more.
    package static func plainInput(of usage: TokenUsage, at price: Price) -> Int64 {
        guard price.tokens.input > 0 else { return usage.totalInput }
        var inputOnly = usage
        inputOnly.output = 0
        inputOnly.webSearchRequests = 0
        inputOnly.reportedCost = nil
        let cost = Int128(of(inputOnly, at: price).value) * 1_000
        return Int64(clamping: cost / Int128(price.tokens.input))
    }
}

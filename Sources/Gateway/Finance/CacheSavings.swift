import Configuration
import Ledger

/// What reading from the cache saved.
package enum CacheSavings {
    /// By model, nano-dollars: what the tokens read would have cost as input, less what they did cost, less what the written ones cost
    /// more than input. At the standard prices in force at a moment; models without a price are left out.
    package static func of(
        _ usage: [(model: String, provider: String, sums: CostSums)], _ book: PriceBook, at moment: Int64
    ) -> [(model: String, saved: Int64)] {
        var saved: [String: Int128] = [:]
        for (model, provider, sums) in usage {
            guard let price = book.price(account: provider, model: model, at: moment) else { continue }
            let tokens = price.tokens
            let read = Int128(sums.usage.cacheRead) * Int128(tokens.input - tokens.cacheRead)
            let written =
                Int128(sums.usage.cacheWrite5m) * Int128(tokens.cacheWrite5m - tokens.input)
                + Int128(sums.usage.cacheWrite1h) * Int128(tokens.cacheWrite1h - tokens.input)
            saved[model, default: 0] += (read - written) * Int128(price.regionPermille)
        }
        return saved.map { ($0.key, Int64(clamping: $0.value / 1_000_000)) }
    }
}

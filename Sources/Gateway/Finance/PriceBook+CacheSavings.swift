import Configuration
import Ledger
import Wire

extension PriceBook {
    /// What a charge's tokens in caches were worth, at the price in force on its day and for its requests' average length.
    package func cacheWorth(of charge: ProviderCharges.Charge) -> CacheSavings.Worth? {
        guard let day = CivilDate(parsing: charge.key.day) else { return nil }
        let moment = day.lastNanosecond
        guard let price = price(account: charge.key.provider, model: charge.key.model, at: moment) else { return nil }
        let usage = charge.sums.usage, requests = max(1, charge.sums.requests)
        let input =
            Int128(usage.input) + Int128(usage.cacheRead) + Int128(usage.cacheWrite5m) + Int128(usage.cacheWrite1h)
        var tokens = price.tokens
        if let long = price.long, input / Int128(requests) > Int128(long.threshold) { tokens = long.tokens }
        let region = Int128(price.regionPermille)
        return CacheSavings.Worth(
            reads: Int128(usage.cacheRead) * Int128(tokens.input - tokens.cacheRead) * region,
            writes: (Int128(usage.cacheWrite5m) * Int128(tokens.cacheWrite5m - tokens.input)
                + Int128(usage.cacheWrite1h) * Int128(tokens.cacheWrite1h - tokens.input)) * region)
    }
}

/// What a token costs, by class, in pico-dollars (10⁻¹² US dollars): $1 per million tokens is 1,000,000.
package struct TokenPrices: Sendable, Equatable {
    package var input: Int64
    package var output: Int64
    /// The shorter-lived of two ways to write: five minutes with Anthropic, thirty with OpenAI.
    package var cacheWrite5m: Int64
    /// The longer-lived: an hour with Anthropic, twelve with OpenAI.
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

/// Other prices for the whole request when its input (cache included) is larger than `threshold` tokens.
package struct LongPrices: Sendable, Equatable {
    package let threshold: Int64
    package let tokens: TokenPrices
}

/// One dated row of the price table. HOT: a request asks for its price a dozen times, so that this is one reference, not a dozen parts.
package final class Price: Sendable {
    /// The model, without its release date.
    package let model: String
    /// `nil`: on all of them.
    package let platform: PricePlatform?
    /// Unix nanoseconds; `nil`: without a bound.
    package let validFrom: Int64?
    package let validTo: Int64?
    package let tokens: TokenPrices
    package let long: LongPrices?
    /// Thousandths by which fast mode multiplies; 1000 where there is none.
    package let fastPermille: Int64
    /// Thousandths by which inference kept in the USA (`inference_geo: us`) multiplies.
    package let usPermille: Int64
    /// Thousandths by which processing in a region multiplies.
    package let regions: [PriceRegion: Int64]
    /// Tiers besides the standard one.
    package let tiers: [ServiceTier: TierPrice]
    /// Pico-dollars for one web search.
    package let webSearch: Int64
    /// Whether its row says what a search costs; otherwise `webSearch` is that of the table below, or nothing.
    let saysSearch: Bool
    /// As it stands in ledger rows: table and model, and `@` with the region that made it dearer.
    package let version: String
    /// Thousandths for the region that the row was looked up for.
    package let regionPermille: Int64

    init(
        model: String, from: Int64?, to: Int64?, tokens: TokenPrices, options: PriceOptions, platform: PricePlatform?,
        table: String
    ) {
        self.model = model
        self.platform = options.platform ?? platform
        validFrom = from
        validTo = to
        self.tokens = tokens
        long = options.long
        fastPermille = options.fast
        usPermille = options.us
        regions = options.regions
        tiers = options.tiers
        webSearch = options.search ?? 0
        saysSearch = options.search != nil
        version = "\(table)/\(model)"
        regionPermille = 1_000
    }

    /// A copy with some parts that are others.
    private init(
        _ row: Price, platform: PricePlatform?, webSearch: Int64, version: String, regionPermille: Int64
    ) {
        model = row.model
        self.platform = platform
        validFrom = row.validFrom
        validTo = row.validTo
        tokens = row.tokens
        long = row.long
        fastPermille = row.fastPermille
        usPermille = row.usPermille
        regions = row.regions
        tiers = row.tiers
        self.webSearch = webSearch
        saysSearch = row.saysSearch
        self.version = version
        self.regionPermille = regionPermille
    }

    /// The row for requests that are processed in a region. Without a word of its own the EU, or GovCloud, is a region like others.
    func placed(in region: PriceRegion?) -> Price {
        guard let region, let permille = regions[region] ?? regions[.regional], permille != 1_000 else { return self }
        return Price(
            self, platform: platform, webSearch: webSearch, version: "\(version)@\(region.rawValue)",
            regionPermille: permille)
    }

    /// The row for a platform on which a search costs this.
    func searching(for price: Int64, on platform: PricePlatform) -> Price {
        Price(self, platform: platform, webSearch: price, version: version, regionPermille: regionPermille)
    }

    /// Whether it says what the tier costs.
    package func knows(_ tier: ServiceTier) -> Bool { tier == .standard || tiers[tier] != nil }
}

/// What may stand behind the five prices of a row, as name=value:
///
/// - `above=TOKENS:…` five prices, of requests with more input tokens;
/// - `flex`, `batch`, `priority`, `ultrafast`: tiers, each a factor or five prices with `/` between;
/// - `fast`, `us`: factors of fast mode and of inference kept in the USA;
/// - `region`, `eu`, `gov`: factors of processing in a region, in the EU, in AWS GovCloud;
/// - `search`: dollars per web search;
/// - `platform`: where alone the row holds.
struct PriceOptions {
    private(set) var long: LongPrices?
    private(set) var fast: Int64 = 1_000
    private(set) var us: Int64 = 1_000
    private(set) var regions: [PriceRegion: Int64] = [:]
    private(set) var tiers: [ServiceTier: TierPrice] = [:]
    /// `nil`: the row says nothing of it.
    private(set) var search: Int64?
    private(set) var platform: PricePlatform?

    private static let known = [
        "above", "batch", "eu", "fast", "flex", "gov", "platform", "priority", "region", "search", "ultrafast", "us",
    ]

    init(_ words: ArraySlice<String>) throws(PriceParser.Reason) {
        var seen: Set<String> = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw PriceParser.Reason(sentence: "`\(word)` is not name=value") }
            guard seen.insert(parts[0]).inserted else {
                throw PriceParser.Reason(
                    sentence: "`\(word)` is the second `\(parts[0])` of the row; leave one of them")
            }
            try read(parts[0], parts[1])
        }
        // A tier's own prices would need a second set behind the threshold.
        let isPricedApart = tiers.values.contains { if case .tokens = $0 { true } else { false } }
        if long != nil, isPricedApart {
            throw PriceParser.Reason(sentence: "beside `above` a tier is a factor, not five prices")
        }
    }

    private mutating func read(_ name: String, _ value: String) throws(PriceParser.Reason) {
        if let region = PriceRegion(rawValue: name) {
            regions[region] = try Self.permille(value)
        } else if let tier = ServiceTier(rawValue: name), tier != .standard {
            tiers[tier] = try Self.tier(value)
        } else {
            switch name {
            case "fast": fast = try Self.permille(value)
            case "us": us = try Self.permille(value)
            case "search": search = try PriceParser.decimal(value, places: 12, atMost: 1_000)
            case "above": long = try Self.long(value)
            case "platform": platform = try Self.platform(value)
            default:
                let names = Self.known.joined(separator: ", ")
                throw PriceParser.Reason(sentence: "`\(name)` is unknown; known are \(names)")
            }
        }
    }

    private static func permille(_ text: String) throws(PriceParser.Reason) -> Int64 {
        try PriceParser.decimal(text, places: 3, atMost: 100)
    }

    private static func tier(_ text: String) throws(PriceParser.Reason) -> TierPrice {
        guard text.contains("/") else { return .permille(try permille(text)) }
        return .tokens(try PriceParser.prices(text.split(separator: "/").map(String.init)))
    }

    private static func long(_ text: String) throws(PriceParser.Reason) -> LongPrices {
        let halves = text.split(separator: ":").map(String.init)
        guard halves.count == 2, let threshold = Int64(halves[0]), threshold > 0 else {
            throw PriceParser.Reason(sentence: "`\(text)` is not TOKENS:input/output/write-5m/write-1h/read")
        }
        let prices = halves[1].split(separator: "/").map(String.init)
        return LongPrices(threshold: threshold, tokens: try PriceParser.prices(prices))
    }

    private static func platform(_ text: String) throws(PriceParser.Reason) -> PricePlatform {
        if let platform = PricePlatform(rawValue: text) { return platform }
        let names = PricePlatform.allCases.map(\.rawValue).joined(separator: ", ")
        throw PriceParser.Reason(sentence: "`\(text)` is no platform; they are \(names)")
    }
}

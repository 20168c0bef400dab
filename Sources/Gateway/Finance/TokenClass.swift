import Configuration
import Ledger

/// What a price tells apart.
package enum TokenClass: String, CaseIterable, Sendable {
    case input
    case cacheWrite5m = "cache_write_5m"
    case cacheWrite1h = "cache_write_1h"
    case cacheRead = "cache_read"
    case output
    case webSearch = "web_search"

    /// Its place in `allCases`.
    var place: Int {
        switch self {
        case .input: 0
        case .cacheWrite5m: 1
        case .cacheWrite1h: 2
        case .cacheRead: 3
        case .output: 4
        case .webSearch: 5
        }
    }

    /// How an invoice would say it.
    var title: String {
        switch self {
        case .input: "input tokens"
        case .cacheWrite5m: "cache write tokens (5 minutes)"
        case .cacheWrite1h: "cache write tokens (1 hour)"
        case .cacheRead: "cache read tokens"
        case .output: "output tokens"
        case .webSearch: "web searches"
        }
    }

    package func count(in usage: UsageCounts) -> Int64 {
        switch self {
        case .input: usage.input
        case .cacheWrite5m: usage.cacheWrite5m
        case .cacheWrite1h: usage.cacheWrite1h
        case .cacheRead: usage.cacheRead
        case .output: usage.output
        case .webSearch: usage.webSearchRequests
        }
    }

    /// Pico-dollars for one; `nil`: as Claude's classes are to one another.
    func weight(at price: Price?, isLong: Bool = false) -> Int64 {
        guard let price else {
            switch self {
            case .input: return 1_000_000
            case .cacheWrite5m: return 1_250_000
            case .cacheWrite1h: return 2_000_000
            case .cacheRead: return 100_000
            case .output: return 5_000_000
            case .webSearch: return 10_000_000_000
            }
        }
        let tokens = isLong ? price.long?.tokens ?? price.tokens : price.tokens
        switch self {
        case .input: return tokens.input
        case .cacheWrite5m: return tokens.cacheWrite5m
        case .cacheWrite1h: return tokens.cacheWrite1h
        case .cacheRead: return tokens.cacheRead
        case .output: return tokens.output
        case .webSearch: return price.webSearch
        }
    }

    /// Femto-dollars for one in the region of the price, which makes tokens dearer, and no search.
    func rate(at price: Price, isLong: Bool = false) -> Int128 {
        Int128(weight(at: price, isLong: isLong)) * Int128(self == .webSearch ? 1_000 : price.regionPermille)
    }
}

/// A sum of charges told apart by class: what stands in the ledger, to the nano-dollar, in the proportion of the prices.
package struct ClassSplit {
    package struct Part: Equatable {
        package let kind: TokenClass
        package let count: Int64
        package let costNanoUSD: Int64
    }

    /// The classes that were used; their costs add up to the whole.
    package let parts: [Part]

    /// What tiers and multipliers do to a request they do to each of its classes of tokens, and not to searches; only a price that rises
    /// with a request's length may not be the same for all of a day.
    package init(_ sums: CostSums, at price: Price?) {
        let used = TokenClass.allCases.filter { $0.count(in: sums.usage) > 0 }
        if let searches = Self.searches(sums, at: price) {
            parts =
                Self.shares(of: sums.costNanoUSD - searches.costNanoUSD, used.filter { $0 != .webSearch }, sums, price)
                + [searches]
        } else {
            parts = Self.shares(of: sums.costNanoUSD, used, sums, price)
        }
    }

    /// Searches at their price; `nil`: there are none beside tokens, or their price is not known or more than the whole charge.
    private static func searches(_ sums: CostSums, at price: Price?) -> Part? {
        let count = sums.usage.webSearchRequests
        guard let price, count > 0, sums.usage.hasTokens else { return nil }
        let nanos = (Int128(count) * Int128(price.webSearch) + 500) / 1_000
        guard let cost = Int64(exactly: nanos), cost <= sums.costNanoUSD else { return nil }
        return Part(kind: .webSearch, count: count, costNanoUSD: cost)
    }

    private static func shares(
        of whole: Int64, _ used: [TokenClass], _ sums: CostSums, _ price: Price?
    ) -> [Part] {
        var weights = used.map { Int128($0.count(in: sums.usage)) * Int128($0.weight(at: price)) }
        if weights.allSatisfy({ $0 == 0 }) { weights = used.map { Int128($0.count(in: sums.usage)) } }
        // Proportions need no more than 60 bits; with more, a product with the cost could leave the range.
        while weights.contains(where: { $0 >= 1 << 60 }) { weights = weights.map { $0 >> 8 } }
        let all = weights.reduce(0, +)
        guard all > 0 else {
            // A charge without a single token: a provider may report one.
            return whole == 0 ? [] : [Part(kind: .input, count: 0, costNanoUSD: whole)]
        }
        let cost = Int128(whole.magnitude), sign: Int64 = whole < 0 ? -1 : 1
        var shares = weights.map { Int64(cost * $0 / all) }
        // What rounding down left over goes to those that lost most.
        let left = Int(cost - shares.reduce(0) { $0 + Int128($1) })
        if left > 0 {
            let lost = weights.map { cost * $0 % all }
            let order = weights.indices.sorted { lost[$0] == lost[$1] ? $0 < $1 : lost[$0] > lost[$1] }
            for index in order.prefix(left) { shares[index] += 1 }
        }
        shares = shares.map { sign * $0 }
        return used.indices.map {
            Part(kind: used[$0], count: used[$0].count(in: sums.usage), costNanoUSD: shares[$0])
        }
    }
}

extension UsageCounts {
    fileprivate var hasTokens: Bool { max(input, output, cacheWrite5m, cacheWrite1h, cacheRead) > 0 }
}

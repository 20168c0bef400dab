import Configuration
import Ledger
import Providers

/// What the past would have cost in another way: other models, other cache times, other prices. No model is called.
package struct WhatIf {
    package struct Question: Sendable {
        /// `(part of a model's name, the model instead)`; the first that matches counts.
        package var map: [(from: String, to: String)] = []
        /// The model of all requests of subagents.
        package var subagents: String?
        /// All cache writes live for an hour.
        package var hourCache = false

        package init() {}
    }

    package struct Key: Hashable, Sendable {
        package let team: String
        package let model: String
        package let instead: String
    }

    package struct Sums: Sendable, Equatable {
        package var requests: Int64 = 0
        package var actual: Int64 = 0
        package var hypothetical: Int64 = 0

        package init() {}
    }

    package private(set) var sums: [Key: Sums] = [:]
    /// Requests that have no price, in one of the two worlds, or had none when they were charged: they count with their actual cost.
    package private(set) var unpriced: Int64 = 0
    /// Tokens that would have been read from the cache instead of written again.
    package private(set) var savedWrites: Int64 = 0

    private let question: Question
    private let old: PriceBook
    private let new: PriceBook
    private let models: [String]
    private var known: [String: String] = [:]
    /// Places in the question's map.
    private var matched: Set<Int> = []
    private var hasSubagents = false

    package init(_ question: Question, _ snapshot: Snapshot, prices: PriceTable) {
        self.question = question
        old = PriceBook(snapshot)
        new = PriceBook(snapshot, table: prices)
        models = prices.models
    }

    /// What an account charged in a time, of requests whose price depends on the same: priced at their average.
    package mutating func add(_ charge: ProviderCharges.Charge, at moment: Int64) {
        let key = charge.key, instead = model(instead: key.model, isSubagent: charge.part?.isSubagent == true)
        var usage = TokenUsage()
        usage.take(charge.sums.usage)
        var hypothetical = usage
        if question.hourCache { keepForAnHour(&hypothetical, charge.rewritten) }
        add(
            team: key.team, account: key.provider, model: key.model, instead: instead, usage: usage,
            hypothetical: hypothetical, requests: charge.sums.requests, unpriced: charge.sums.unpricedRequests,
            actual: charge.sums.costNanoUSD, at: moment)
    }

    /// What was written for five minutes is written for an hour, at its price; what was written again after a pause of more than
    /// five minutes and less than an hour, up to what was cached before, is read.
    private mutating func keepForAnHour(_ usage: inout TokenUsage, _ rewritten: Int64) {
        usage.cacheWrite1h += usage.cacheWrite5m - rewritten
        usage.cacheWrite5m = 0
        usage.cacheRead += rewritten
        savedWrites += rewritten
    }

    /// The same tokens at two prices; what the actual cost has besides (tiers, rounding) is kept in proportion.
    private mutating func add(
        team: String, account: String, model: String, instead: String, usage: TokenUsage, hypothetical: TokenUsage,
        requests: Int64, unpriced: Int64, actual: Int64, at moment: Int64
    ) {
        var sum = sums[Key(team: team, model: model, instead: instead)] ?? Sums()
        sum.requests += requests
        sum.actual &+= actual
        let price = old.price(account: account, model: model, at: moment)
        let other = new.price(account: account, model: instead, at: moment)
        if let price, let other {
            let before = ClassSplit.plain(usage, price, requests)
            let after = ClassSplit.plain(hypothetical, other, requests)
            sum.hypothetical &+= Self.cost(actual, before, after)
            self.unpriced += unpriced
        } else {
            sum.hypothetical &+= actual
            self.unpriced += requests
        }
        sums[Key(team: team, model: model, instead: instead)] = sum
    }

    /// What an actual cost would have been, where the plain prices (femto-dollars) say one thing of it, and another.
    private static func cost(_ actual: Int64, _ before: Int128, _ after: Int128) -> Int64 {
        // What is free has no proportion to a price: it costs that price, beside what was charged for no token.
        if before == 0 { return Int64(clamping: Int128(actual) + (after + 500_000) / 1_000_000) }
        var (before, after) = (before, after)
        // With more than 60 bits the product with the cost could leave the range.
        while max(before, after) >= 1 << 60 { (before, after) = (before >> 8, after >> 8) }
        // Exact where nothing changes, and where the actual cost is the plain one.
        return Int64(clamping: (Int128(actual) * after * 2 + before) / (before * 2))
    }

    private mutating func model(instead model: String, isSubagent: Bool) -> String {
        if isSubagent, let subagents = question.subagents {
            hasSubagents = true
            return complete(subagents, like: model)
        }
        guard let place = question.map.firstIndex(where: { model.contains($0.from) }) else { return model }
        matched.insert(place)
        return complete(question.map[place].to, like: model)
    }

    /// A whole name stays; of a family (`sonnet`) it is the newest model with a price, at best of the same number.
    private mutating func complete(_ name: String, like model: String) -> String {
        let key = name + "\u{1}" + model
        if let found = known[key] { return found }
        let found = Self.complete(name, like: model, models)
        known[key] = found
        return found
    }

    static func complete(_ name: String, like model: String, _ models: [String]) -> String {
        if models.contains(name) || name.contains(where: \.isNumber) { return name }
        let family = models.filter { $0.contains("-\(name)-") || $0.hasSuffix("-\(name)") }
            .map { (version: version(of: $0), name: $0) }
            .sorted { $0.version == $1.version ? $0.name < $1.name : $0.version.lexicographicallyPrecedes($1.version) }
        let wanted = version(of: model)
        return (family.last { $0.version == wanted } ?? family.last)?.name ?? name
    }

    /// `claude-opus-5-5-20261001` → 5, 5: without releases and what platforms add.
    private static func version(of model: String) -> [Int] {
        model.prefix { !"@:[".contains($0) }.split(separator: "-").filter { $0.count < 3 }.compactMap { Int($0) }
    }

    /// Targets of the question that have no price with any of the accounts: a whole name, or a family, of no model that is known.
    package var unpricedTargets: [String] {
        (question.map.map(\.to) + [question.subagents].compactMap(\.self)).filter { target in
            let model = Self.complete(target, like: "", models)
            return !models.contains(model) && !new.isPriced(model)
        }
    }

    /// Words of the question that were about no request, as they are written on the command line.
    package var unmatched: [String] {
        question.map.enumerated().filter { !matched.contains($0.offset) }.map { "--map \($1.from)=\($1.to)" }
            + (hasSubagents ? [] : question.subagents.map { ["--subagents \($0)"] } ?? [])
    }
}

extension TokenUsage {
    fileprivate mutating func take(_ counts: UsageCounts) {
        input = counts.input
        output = counts.output
        cacheWrite5m = counts.cacheWrite5m
        cacheWrite1h = counts.cacheWrite1h
        cacheRead = counts.cacheRead
        webSearchRequests = counts.webSearchRequests
    }
}

extension ClassSplit {
    /// Femto-dollars at the prices of the standard tier and the region; of several requests those that their average length falls into.
    static func plain(_ usage: TokenUsage, _ price: Price, _ requests: Int64) -> Int128 {
        let isLong = price.long.map { usage.totalInput / max(1, requests) > $0.threshold } ?? false
        let counts = UsageCounts(
            input: usage.input, output: usage.output, cacheWrite5m: usage.cacheWrite5m,
            cacheWrite1h: usage.cacheWrite1h, cacheRead: usage.cacheRead, webSearchRequests: usage.webSearchRequests)
        return TokenClass.allCases.reduce(0) {
            $0 + Int128($1.count(in: counts)) * $1.rate(at: price, isLong: isLong)
        }
    }
}

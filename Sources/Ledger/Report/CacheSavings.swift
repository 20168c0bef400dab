/// What caches of providers saved: what the tokens read from them would have cost more as input, less what the tokens written to them
/// did cost more than input. Each at the price in force at its time, that of long requests included; tiers are not told apart.
package struct CacheSavings: Sendable, Equatable {
    /// Femto-dollars (10⁻¹⁵) of tokens of one model at one price.
    package struct Worth: Sendable, Equatable {
        /// What the tokens read would have cost more as input.
        package var reads: Int128
        /// What the tokens written cost more than input.
        package var writes: Int128

        package init(reads: Int128 = 0, writes: Int128 = 0) { (self.reads, self.writes) = (reads, writes) }

        /// Nano-dollars; what is saved is the difference of the other two as they are shown.
        package var readNanoUSD: Int64 { Int64(clamping: reads / 1_000_000) }
        package var writeNanoUSD: Int64 { Int64(clamping: writes / 1_000_000) }
        package var savedNanoUSD: Int64 { Int64(clamping: reads / 1_000_000 - writes / 1_000_000) }
    }

    /// What a price says of tokens; `nil`: there is none.
    package typealias Pricing = (ProviderCharges.Charge) -> Worth?

    /// Models without a price are left out.
    package private(set) var models: [String: Worth] = [:]
    package private(set) var total = Worth()
    /// Tokens read from caches, and those of them that belong to models without a price.
    package private(set) var read: Int64 = 0
    package private(set) var unpricedRead: Int64 = 0

    /// - Parameters:
    ///   - cuts: when prices change (Unix nanoseconds).
    ///   - pricing: of all of a charge's requests, which are of one model, one class of length and the time between two cuts.
    package init(
        since: String?, until: String?, where conditions: [String] = [], in directory: DataDirectory, now: Int64,
        cuts: Set<Int64>, pricing: Pricing
    ) throws(LedgerError) {
        let charges = try ProviderCharges(
            .teams(cuts: cuts), since: since, until: until, where: conditions, in: directory, now: now)
        for charge in charges.charges { add(charge, pricing(charge)) }
    }

    /// What is known already.
    init(models: [String: Worth]) {
        self.models = models
        total = Self.total(of: models.values)
    }

    static func total(of worths: some Sequence<Worth>) -> Worth { worths.reduce(into: Worth()) { $0.add($1) } }

    /// Nothing was in caches.
    var isEmpty: Bool { models.isEmpty && unpricedRead == 0 }

    /// The columns of conditions by which it cannot be told.
    package static func unknown(_ conditions: [String]) throws(LedgerError) -> [String] {
        try ProviderCharges.unknown(conditions).map(\.name)
    }

    private mutating func add(_ charge: ProviderCharges.Charge, _ worth: Worth?) {
        let usage = charge.sums.usage
        read &+= usage.cacheRead
        guard let worth else {
            unpricedRead &+= usage.cacheRead
            return
        }
        guard usage.cacheRead != 0 || usage.cacheWrite5m != 0 || usage.cacheWrite1h != 0 else { return }
        models[charge.key.model, default: Worth()].add(worth)
        total.add(worth)
    }
}

extension CacheSavings.Worth {
    fileprivate mutating func add(_ other: Self) {
        reads += other.reads
        writes += other.writes
    }
}

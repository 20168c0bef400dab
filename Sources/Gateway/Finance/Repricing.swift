import Configuration
import Ledger
import Providers

/// What stands in the ledger at other prices.
package struct Repricing {
    /// Why a row has the charge that it has.
    package enum Basis: String, CaseIterable, Sendable {
        /// The tier and options that served are known: they are in the usage, or the old price reproduces the old charge.
        case exact
        /// They are not: standard prices were assumed.
        case assumed
        /// The provider said what it charges; that stays.
        case reported
        /// There is no price for it, or there was none for the tier that served, or the configuration has its account no more, or
        /// other models were consulted, which its tokens leave out: it stays as it is.
        case kept
        /// Nothing was used.
        case empty
    }

    private let old: PriceBook
    private let new: PriceBook

    package init(_ snapshot: Snapshot, prices: PriceTable) {
        old = PriceBook(snapshot)
        new = PriceBook(snapshot, table: prices)
    }

    /// The usage of an attempt with its options, as far as they can be known.
    package func usage(of attempt: ChargedAttempt) -> (usage: TokenUsage, basis: Basis) {
        var usage = TokenUsage()
        usage.input = attempt.usage.input
        usage.output = attempt.usage.output
        usage.cacheWrite5m = attempt.usage.cacheWrite5m
        usage.cacheWrite1h = attempt.usage.cacheWrite1h
        usage.cacheRead = attempt.usage.cacheRead
        usage.webSearchRequests = attempt.usage.webSearchRequests
        usage.webFetchRequests = attempt.usage.webFetchRequests
        guard !usage.isZero || attempt.costNanoUSD != 0 else { return (usage, .empty) }
        if attempt.rawUsage?.contains("\"cost_in_usd_ticks\"") == true { return (usage, .reported) }
        if attempt.rawUsage?.contains("\"advisor_message\"") == true { return (usage, .kept) }
        var said: TokenUsage?
        if let raw = attempt.rawUsage {
            var reducer = UsageReducer(), raw = raw
            if (try? raw.withUTF8 { try reducer.started(UnsafeRawBufferPointer($0)) }) != nil { said = reducer.usage }
        }
        usage.isFast = said?.isFast ?? false
        usage.isUS = said?.isUS ?? false
        // What was charged anew already stands at a price of the new table, or at one that is in neither: then its first charge tells.
        let charges = [(attempt.costNanoUSD, attempt.priceVersion)] + (attempt.firstCharge.map { [$0] } ?? [])
        for (cost, version) in charges {
            for book in [old, new] {
                guard let price = book.price(account: attempt.provider, model: attempt.model, at: attempt.requestedAt),
                    price.version == version,
                    let served = candidates(usage).first(where: { Cost.charge(for: $0, at: price)?.value == cost })
                else { continue }
                return (served, .exact)
            }
        }
        // A price was there and no charge: it did not know the tier that served, which so was not the standard one.
        let isTierUnknown = attempt.hasUnpricedRequest && attempt.costNanoUSD == 0 && attempt.priceVersion != nil
        return (usage, isTierUnknown ? .kept : .assumed)
    }

    /// The ways in which it may have been served, the plain one first. Of a stream the row has the last usage, which leaves out what the
    /// first one said of speed and place: what it does not say may have been.
    private func candidates(_ usage: TokenUsage) -> [TokenUsage] {
        var all: [TokenUsage] = []
        for tier in [ServiceTier.standard] + ServiceTier.allCases.filter({ $0 != .standard }) {
            for isFast in usage.isFast ? [true] : [false, true] {
                for isUS in usage.isUS ? [true] : [false, true] {
                    var candidate = usage
                    (candidate.serviceTier, candidate.isFast, candidate.isUS) = (tier, isFast, isUS)
                    all.append(candidate)
                }
            }
        }
        return all
    }

    /// The charge at the new prices.
    package func charge(_ attempt: ChargedAttempt) -> (charge: Recomputation.Charge?, basis: Basis) {
        let (usage, basis) = usage(of: attempt)
        guard basis == .exact || basis == .assumed else { return (nil, basis) }
        let price = new.price(account: attempt.provider, model: attempt.model, at: attempt.requestedAt)
        guard let price, let cost = Cost.charge(for: usage, at: price) else { return (nil, .kept) }
        let bounded = min(cost.value, UsageCounts.mostNanoUSD)
        return (Recomputation.Charge(costNanoUSD: bounded, priceVersion: price.version, isUnpriced: false), basis)
    }
}

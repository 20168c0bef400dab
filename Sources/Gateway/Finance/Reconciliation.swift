import Ledger
import Wire

/// The ledger beside a provider's own export, by day, model and class, and why the two differ.
package struct Reconciliation {
    package enum Reason: String, CaseIterable, Sendable {
        case equal, rounding
        case dayShift = "day_shift"
        case missingDay = "missing_day"
        case lateRows = "late_rows"
        case notThroughGateway = "not_through_gateway"
        case notBilled = "not_billed"
        case estimated, unpriced, price

        /// For people.
        package var explanation: String {
            switch self {
            case .equal: "equal"
            case .rounding: "less than the export's last digit"
            case .dayShift: "counted on the day beside it: another time zone, or requests over midnight"
            case .missingDay: "the export has nothing of this day"
            case .lateRows: "the export ends on this day, before the day did"
            case .notThroughGateway: "billed, and not in the ledger: requests with this account beside the gateway"
            case .notBilled: "in the ledger, and not billed: failed requests, or another account's"
            case .estimated: "charged by an estimate, as an answer ended early"
            case .unpriced: "the ledger has no price for the model"
            case .price: "the same tokens at another price"
            }
        }

        /// Whether it is no difference between the two books.
        var isHarmless: Bool { self == .equal || self == .rounding || self == .dayShift }
    }

    package struct Row: Sendable {
        package let day: CivilDate
        package let model: String
        package let kind: TokenClass?
        /// `nil`: the export has no tokens.
        package var ledgerTokens: Int64?
        package var invoiceTokens: Int64?
        /// `nil`: the export has no costs.
        package var ledgerCost: Int64?
        package var invoiceCost: Int64?
        package fileprivate(set) var reason = Reason.equal

        package var tokenDifference: Int64 { (ledgerTokens ?? 0) - (invoiceTokens ?? 0) }
        package var costDifference: Int64 { (ledgerCost ?? 0) - (invoiceCost ?? 0) }
    }

    package private(set) var rows: [Row] = []
    package let hasTokens: Bool
    package let hasCosts: Bool

    struct Key: Hashable {
        let day: Int
        let model: String
        let kind: TokenClass?
    }

    private struct Sums {
        var tokens: Int64 = 0
        var cost: Int64 = 0
        var lines: Int64 = 0
    }

    /// - Parameters:
    ///   - ledger: what the account charged.
    ///   - estimated: the part of it that was estimated.
    ///   - days: those that are compared, since 1970-01-01.
    package init(
        _ invoice: Invoice, of account: String, ledger: [ProviderCharges.Charge],
        estimated: [EstimatedCharges.Key: CostSums], prices: PriceBook, days: ClosedRange<Int>
    ) {
        hasTokens = invoice.lines.contains { $0.tokens != nil }
        hasCosts = invoice.lines.contains { $0.cost != nil }
        var names: [String: String] = [:], theirs: [Key: Sums] = [:], ours: [Key: Sums] = [:]
        var unpriced: Set<String> = []
        // An export that does not tell classes apart is compared by whole models.
        let hasClasses = invoice.lines.contains { $0.kind != nil }
        for line in invoice.lines where days.contains(line.day.daysSince1970) {
            let model = Invoice.canonical(line.model)
            if names[model] == nil { names[model] = line.model }
            let key = Key(day: line.day.daysSince1970, model: model, kind: line.kind)
            theirs[key, default: Sums()].tokens += line.tokens ?? 0
            theirs[key, default: Sums()].cost += line.cost ?? 0
            theirs[key, default: Sums()].lines += 1
        }
        for charge in ledger {
            let key = charge.key, sums = charge.sums
            guard let day = CivilDate(parsing: key.day), days.contains(day.daysSince1970) else { continue }
            let model = Invoice.canonical(key.model)
            names[model] = key.model
            let price = prices.price(account: account, model: key.model, at: day.lastNanosecond)
            if sums.unpricedRequests > 0 { unpriced.insert(model) }
            for part in ClassSplit(sums, at: price).parts {
                let place = Key(day: day.daysSince1970, model: model, kind: hasClasses ? part.kind : nil)
                ours[place, default: Sums()].tokens += part.count
                ours[place, default: Sums()].cost += part.costNanoUSD
            }
        }
        var doubtful: [Key: Int64] = [:]
        for (key, sums) in estimated {
            guard let day = CivilDate(parsing: key.day) else { continue }
            let price = prices.price(account: account, model: key.model, at: day.lastNanosecond)
            for part in ClassSplit(sums, at: price).parts {
                let place = Key(
                    day: day.daysSince1970, model: Invoice.canonical(key.model), kind: hasClasses ? part.kind : nil)
                doubtful[place, default: 0] += hasTokens ? part.count : part.costNanoUSD
            }
        }
        for key in Set(ours.keys).union(theirs.keys) {
            guard let day = Optional(CivilDate(daysSince1970: key.day)) else { continue }
            var row = Row(day: day, model: names[key.model] ?? key.model, kind: key.kind)
            if hasTokens { (row.ledgerTokens, row.invoiceTokens) = (ours[key]?.tokens ?? 0, theirs[key]?.tokens ?? 0) }
            if hasCosts { (row.ledgerCost, row.invoiceCost) = (ours[key]?.cost ?? 0, theirs[key]?.cost ?? 0) }
            if (ours[key] ?? Sums()).tokens == 0, (ours[key] ?? Sums()).cost == 0, (theirs[key] ?? Sums()).tokens == 0,
                (theirs[key] ?? Sums()).cost == 0
            {
                continue
            }
            rows.append(row)
        }
        rows.sort {
            ($0.day.daysSince1970, $0.model, $0.kind?.rawValue ?? "") < (
                $1.day.daysSince1970, $1.model, $1.kind?.rawValue ?? ""
            )
        }
        var judge = ReconciliationJudge(
            rows: rows, invoiceDays: Set(theirs.keys.map(\.day)), unpriced: unpriced, doubtful: doubtful,
            lines: theirs.mapValues(\.lines), hasTokens: hasTokens, hasCosts: hasCosts)
        for index in rows.indices { rows[index].reason = judge.reason(of: index) }
    }

    /// The sum of all differences that are real, as a share of the invoice: of its costs, or of its tokens where it has no costs.
    package var variance: Double {
        let whole = rows.reduce(0.0) { $0 + Double((hasCosts ? $1.invoiceCost : $1.invoiceTokens) ?? 0) }
        let apart = rows.filter { !$0.reason.isHarmless }.reduce(0.0) {
            $0 + Double((hasCosts ? $1.costDifference : $1.tokenDifference).magnitude)
        }
        // Corrections can leave nothing of an invoice, or less.
        return whole <= 0 ? (apart == 0 ? 0 : 1) : apart / whole
    }

    package func sum(of reason: Reason) -> (rows: Int64, tokens: Int64, cost: Int64) {
        rows.filter { $0.reason == reason }.reduce((0, 0, 0)) {
            ($0.0 + 1, $0.1 + $1.tokenDifference, $0.2 + $1.costDifference)
        }
    }
}

/// Says why a row differs.
struct ReconciliationJudge {
    let rows: [Reconciliation.Row]
    let invoiceDays: Set<Int>
    let unpriced: Set<String>
    /// What was estimated: tokens, or nano-dollars where the export has no tokens.
    let doubtful: [Reconciliation.Key: Int64]
    let lines: [Reconciliation.Key: Int64]
    let hasTokens: Bool
    let hasCosts: Bool
    private var shifted: Set<Int>?
    /// The ratios of two costs, by model and class (the day is 0).
    private var ratios: [Reconciliation.Key: [Double]] = [:]

    init(
        rows: [Reconciliation.Row], invoiceDays: Set<Int>, unpriced: Set<String>,
        doubtful: [Reconciliation.Key: Int64], lines: [Reconciliation.Key: Int64], hasTokens: Bool, hasCosts: Bool
    ) {
        self.rows = rows
        self.invoiceDays = invoiceDays
        self.unpriced = unpriced
        self.doubtful = doubtful
        self.lines = lines
        self.hasTokens = hasTokens
        self.hasCosts = hasCosts
        for row in rows {
            guard let ours = row.ledgerCost, let theirs = row.invoiceCost, ours > 0, theirs > 0 else { continue }
            ratios[.init(day: 0, model: row.model, kind: row.kind), default: []].append(Double(theirs) / Double(ours))
        }
    }

    mutating func reason(of index: Int) -> Reconciliation.Reason {
        let row = rows[index], day = row.day.daysSince1970
        let key = Reconciliation.Key(day: day, model: Invoice.canonical(row.model), kind: row.kind)
        // What the export rounds: a cent, or a ten-thousandth where it has more places, once a line.
        let digit: Int64 = (row.invoiceCost ?? 0) % 10_000_000 == 0 ? 5_000_000 : 50_000
        let slack = digit * max(1, lines[key] ?? 1)
        let isCostEqual = row.costDifference.magnitude <= UInt64(slack)
        if hasTokens ? row.tokenDifference == 0 : isCostEqual {
            if !hasCosts || row.costDifference == 0 { return .equal }
            if isCostEqual { return .rounding }
            return isUnpriced(row) ? .unpriced : .price
        }
        if !hasTokens, isUnpriced(row) { return .unpriced }
        let isMore = difference(row) > 0
        if isMore, !invoiceDays.contains(day) {
            return day > (invoiceDays.max() ?? 0) ? .lateRows : .missingDay
        }
        if let doubt = doubtful[key], doubt > 0,
            difference(row).magnitude <= UInt64(doubt) + (hasTokens ? 0 : UInt64(slack))
        {
            return .estimated
        }
        if shifts().contains(index) { return .dayShift }
        if isMore, day == invoiceDays.max(), invoiceDays.count > 1 { return .lateRows }
        if !hasTokens, isPriceSteady(row) { return .price }
        return isMore ? .notBilled : .notThroughGateway
    }

    /// The ledger has tokens without a cost.
    private func isUnpriced(_ row: Reconciliation.Row) -> Bool {
        unpriced.contains(Invoice.canonical(row.model)) && (row.ledgerCost ?? 0) == 0 && (row.invoiceCost ?? 0) != 0
    }

    private func difference(_ row: Reconciliation.Row) -> Int64 { hasTokens ? row.tokenDifference : row.costDifference }

    /// Without tokens to compare: the same ratio on every day that has this class of this model is another price.
    private func isPriceSteady(_ row: Reconciliation.Row) -> Bool {
        guard let ours = row.ledgerCost, let theirs = row.invoiceCost, ours > 0, theirs > 0,
            let all = ratios[.init(day: 0, model: row.model, kind: row.kind)], all.count >= 3
        else { return false }
        let ratio = Double(theirs) / Double(ours)
        return all.allSatisfy { abs($0 / ratio - 1) < 0.005 }
    }

    /// Rows whose difference is another day's, the other way round: neighbours that together are even to a thousandth.
    private mutating func shifts() -> Set<Int> {
        if let shifted { return shifted }
        var found: Set<Int> = []
        var places: [Reconciliation.Key: Int] = [:]
        for (index, row) in rows.enumerated() {
            places[.init(day: row.day.daysSince1970, model: row.model, kind: row.kind)] = index
        }
        for (index, row) in rows.enumerated() where !found.contains(index) {
            let here = difference(row)
            guard here != 0, let next = places[.init(day: row.day.daysSince1970 + 1, model: row.model, kind: row.kind)]
            else { continue }
            let there = difference(rows[next])
            guard there != 0, (here > 0) != (there > 0) else { continue }
            if abs(Double(here) + Double(there)) <= 0.001 * abs(Double(here)) {
                found.insert(index)
                found.insert(next)
            }
        }
        shifted = found
        return found
    }
}

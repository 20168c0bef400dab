import Configuration
import Governance
import Ledger
import Wire

/// What budgets and limits begin with: what a former start has kept, and what the ledger holds since.
///
/// The rows of the open windows alone decide, a month's among them; kept sums only save the time to read those again. They are
/// of use as long as the rules are the same; without them, or with other rules, all rows of the windows are read.
struct Openings {
    /// What was used of a limit in a slice of its window.
    struct Used {
        let rule: RateRule
        let scope: String
        let start: Int64
        var amount: Int64
    }

    private(set) var budgets: [BudgetAccountID: Int64]
    private(set) var rates: [Used]
    /// Attempts that were read for it.
    private(set) var attempts: Int64 = 0
    private let rules: String
    private let at: Int64
    private let changes: Int64

    init(_ book: RuleBook, _ directory: DataDirectory, at now: Int64) throws {
        at = now
        rules = Self.description(of: book.rules)
        changes = try KeptOpenings.changes(in: directory)
        let kept = try Self.kept(for: book, rules, directory, at: now)
        budgets = kept?.budgets ?? [:]
        rates = kept?.rates ?? []
        try readBudgets(book, directory, from: kept?.before)
        try readRates(book, directory, from: kept?.before)
    }

    /// Some of them began behind the end of a window that is open: by a clock that was ahead, or is behind now. Sums of these windows would
    /// lack them in the next.
    private var hasLater = false

    /// So many rows take some milliseconds.
    var isWorthKeeping: Bool { attempts >= 1000 && !hasLater }

    /// What the next start may begin with, if it was read when exactly the requests below `id` were in the ledger.
    func kept(before id: RequestID) -> KeptOpenings {
        let sums =
            budgets.map { account, amount in
                KeptOpenings.Sum(
                    kind: .budget, rule: account.rule, scope: account.scope, start: account.windowStart, amount: amount)
            }
            + Dictionary(grouping: rates) { "\($0.rule.id)\u{0}\($0.scope)\u{0}\($0.start)" }.values.compactMap {
                same in
                same.first.map { first in
                    KeptOpenings.Sum(
                        kind: .rate, rule: first.rule.id, scope: first.scope, start: first.start,
                        amount: same.reduce(0) { $0.addingSaturated($1.amount) })
                }
            }
        return KeptOpenings(rules: rules, before: id, at: at, changes: changes, sums: sums)
    }

    private mutating func readBudgets(_ book: RuleBook, _ directory: DataDirectory, from id: RequestID?) throws {
        let bounds = book.windowBounds(at: at)
        guard !bounds.isEmpty else { return }
        let rows = try SpendHistory.read(directory, since: bounds, from: id, detail: HistoryDetail(book))
        let spent = rows.map { row in
            SpentBefore(
                subject: RuleSubject(row.dimensions), since: bounds[row.bucket], cost: row.costNanoUSD,
                tokens: row.tokens, attempts: row.attempts, holds: row.holds)
        }
        for (account, amount) in book.openings(of: spent, at: at) {
            budgets[account] = budgets[account, default: 0].addingSaturated(amount)
        }
        attempts = rows.reduce(attempts) { $0 + $1.attempts }
        hasLater = rows.contains { bounds[$0.bucket] > at }
    }

    /// The long windows of limits hold over a restart.
    private mutating func readRates(_ book: RuleBook, _ directory: DataDirectory, from id: RequestID?) throws {
        let windowed = book.rules.rates.enumerated().filter { $0.element.window != nil }
        guard !windowed.isEmpty else { return }
        let buckets = windowed.map { _, rule in
            RateHistory.Buckets(width: rule.sliceWidth, since: at - (rule.window ?? 0))
        }
        for row in try RateHistory.read(directory, buckets, from: id, detail: HistoryDetail(book)) {
            attempts += row.attempts
            let (index, rule) = windowed[row.sequence]
            guard let place = book.places(of: RuleSubject(row.dimensions)).rates.first(where: { $0.rule == index })
            else { continue }
            let amount = if case .tokens = rule.measure { row.tokens } else { row.requests }
            rates.append(Used(rule: rule, scope: place.scope, start: row.start, amount: amount))
        }
        rates.sort { $0.start < $1.start }
    }

    // MARK: Kept sums

    /// All that sums depend on: what budgets and limits say, where days begin, and how accounts are named.
    private static func description(of rules: RuleSet) -> String {
        (rules.budgets.map(\.sumsSummary) + rules.rates.map(\.summary) + [rules.zone.name, scopes]).joined(
            separator: "\n")
    }

    /// Since models are in small letters.
    private static let scopes = "scopes 2"

    /// `nil`: there are none for these rules, or clocks say something else now.
    private static func kept(
        for book: RuleBook, _ description: String, _ directory: DataDirectory, at now: Int64
    ) throws -> (budgets: [BudgetAccountID: Int64], rates: [Used], before: RequestID)? {
        guard let kept = try KeptOpenings.read(directory), kept.rules == description, kept.at <= now else {
            return nil
        }
        var budgets: [BudgetAccountID: Int64] = [:], rates: [Used] = []
        budgets.reserveCapacity(kept.sums.count)
        let zone = book.rules.zone
        for sum in kept.sums {
            switch sum.kind {
            case .budget:
                guard let rule = book.rules.budgets.first(where: { $0.id == sum.rule }),
                    zone.window(rule.window, containing: kept.at).lowerBound == sum.start
                else { return nil }
                let window = zone.window(rule.window, containing: now)
                guard window.lowerBound == sum.start else { continue }
                let id = BudgetAccountID(rule: rule.id, unit: rule.unit, scope: sum.scope, window: window)
                budgets[id] = sum.amount
            case .rate:
                guard let rule = book.rules.rates.first(where: { $0.id == sum.rule }), let window = rule.window else {
                    return nil
                }
                guard sum.start + rule.sliceWidth > now - window else { continue }
                rates.append(Used(rule: rule, scope: sum.scope, start: sum.start, amount: sum.amount))
            }
        }
        return (budgets, rates, kept.before)
    }
}

extension RateRule {
    /// Of the slices that its use is told in over a restart, nanoseconds.
    fileprivate var sliceWidth: Int64 { max(1, (window ?? 0) / 60) }
}

/// What budget accounts begin with that nobody uses at present: of before the process, of windows that are over, and of sessions and tags,
/// whose number has no end. By window, so that a sweep looks at windows only, however many accounts these have.
struct RestingAccounts {
    struct Rest: Equatable {
        var settled: Int64 = 0
        /// The highest threshold that was reported, percent.
        var reported: Int16 = 0
        /// Nothing was admitted to it yet.
        var isNew = true

        /// As `BudgetAccount.reopen`.
        mutating func reopen(settled: Int64, reported: Int) {
            self.reported = max(self.reported, Int16(clamping: reported))
            guard settled > self.settled else { return }
            self.settled = settled
            isNew = true
        }
    }

    private struct Window: Hashable {
        let rule, unit: String
        /// Unix nanoseconds.
        let range: Range<Int64>

        init(_ id: BudgetAccountID) { (rule, unit, range) = (id.rule, id.unit, id.window) }
    }

    private var windows: [Window: [String: Rest]] = [:]
    /// Since when windows are over, as a clock says that never goes back; nanoseconds.
    private var seenOver: [Window: Int64] = [:]

    /// - Parameter reported: percent.
    init(settled: [BudgetAccountID: Int64], reported: [BudgetAccountID: Int]) {
        for (window, accounts) in Dictionary(grouping: settled, by: { Window($0.key) }) {
            windows[window] = Dictionary(uniqueKeysWithValues: accounts.map { ($0.scope, Rest(settled: $1)) })
        }
        for (id, percent) in reported {
            windows[Window(id), default: [:]][id.scope, default: Rest()].reported = Int16(clamping: percent)
        }
    }

    subscript(id: BudgetAccountID) -> Rest? {
        get { windows[Window(id)]?[id.scope] }
        set { windows[Window(id), default: [:]][id.scope] = newValue }
    }

    /// It is used again.
    mutating func take(_ id: BudgetAccountID) -> Rest? {
        windows[Window(id)]?.removeValue(forKey: id.scope)
    }

    var count: Int { windows.values.reduce(0) { $0 + $1.count } }

    /// The accounts of such rules and windows.
    func forEach(
        where isWanted: (_ rule: String, _ unit: String, _ window: Range<Int64>) -> Bool = { _, _, _ in true },
        _ body: (BudgetAccountID, Rest) -> Void
    ) {
        for (window, accounts) in windows where isWanted(window.rule, window.unit, window.range) {
            for (scope, rest) in accounts {
                body(BudgetAccountID(rule: window.rule, unit: window.unit, scope: scope, window: window.range), rest)
            }
        }
    }

    /// What was spent by these rules is to be told anew; what was reported of them was.
    mutating func forgetSpent(of rules: Set<String>) {
        for (window, accounts) in windows where rules.contains(window.rule) {
            windows[window] = accounts.filter { $1.reported > 0 }.mapValues { Rest(reported: $0.reported) }
        }
    }

    /// Lets go of windows that have been over for a while.
    ///
    /// - Parameters:
    ///   - now: Unix nanoseconds.
    ///   - moment: as a clock says that never goes back, nanoseconds.
    mutating func sweep(at now: Int64, _ moment: Int64, after memory: Int64) {
        for (window, accounts) in windows {
            guard BudgetAccount.isOver(window.range.upperBound, at: now), !accounts.isEmpty else {
                seenOver[window] = nil
                if accounts.isEmpty { windows[window] = nil }
                continue
            }
            let since = seenOver[window, default: moment]
            seenOver[window] = since
            guard moment - since >= memory else { continue }
            windows[window] = nil
            seenOver[window] = nil
        }
    }
}

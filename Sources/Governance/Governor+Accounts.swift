import Configuration
import Transport
import Wire

/// The accounts and limiters there are: made when somebody asks for them, let go of when nobody needs them.
extension Governor {
    func account(_ place: RuleBook.Place, of book: RuleBook, at now: Int64) -> BudgetAccount {
        let terms = book.budgets[place.rule], window = window(terms.rule.window, at: now)
        // The request may have begun before the last reload.
        guard book === self.book else { return account(terms, place.scope, window) }
        if let last = lastAccounts[place.rule], last.id.scope == place.scope, last.id.windowStart == window.lowerBound {
            return last
        }
        let account = account(terms, place.scope, window)
        lastAccounts[place.rule] = account
        return account
    }

    private func account(_ terms: BudgetTerms, _ scope: String, _ window: Range<Int64>) -> BudgetAccount {
        let id = BudgetAccountID(rule: terms.rule.id, unit: terms.unit, scope: scope, window: window)
        if let known = accounts[id] { return known }
        // The limit is of now.
        let current = book.budgets.first { $0.rule.id == id.rule && $0.unit == id.unit } ?? terms
        let account = BudgetAccount(
            id, resting.take(id) ?? RestingAccounts.Rest(), limit: current.rule.limit,
            raises: raises.of(rule: id.rule, scope: id.scope), loop: loop)
        accounts[id] = account
        scheduleReport()
        return account
    }

    func window(_ window: BudgetWindow, at now: Int64) -> Range<Int64> {
        // A handful, which is faster to go through than to hash.
        if let known = windows.first(where: { $0.window == window }), known.range.contains(now) { return known.range }
        let range = book.rules.zone.window(window, containing: now)
        windows.removeAll { $0.window == window }
        windows.append((window, range))
        noticeClock(at: now)
        return range
    }

    /// Nanoseconds: clocks that are only kept right are not moved further at once.
    private static let leastStep: UInt64 = 60_000_000_000

    /// A window is entered: by time that passed nothing was spent in it yet, by a clock that was set it may have been.
    private func noticeClock(at now: Int64) {
        let offset = now - elapsed(), step = (offset - clockOffset).magnitude
        clockOffset = offset
        if step >= Self.leastStep { events.windowsUnread(self, book, nextSequence()) }
    }

    /// What is settled at each account. To be asked before the ledger is, for `reopen`.
    package func settledSums() -> [BudgetAccountID: Int64] {
        var sums = accounts.mapValues { account in account.assumeIsolated { $0.settled } }
        resting.forEach { id, rest in sums[id] = rest.settled }
        return sums
    }

    /// What the ledger says was spent in the windows that are open now, by the rules of a book. Returns the place of this in the order
    /// of things; `nil`: other rules are in force by now, and it is asked for anew.
    ///
    /// - Parameters:
    ///   - before: `settledSums` before it was read. What was settled since is added, as it may not have been in the ledger.
    ///   - reported: thresholds that were reported before, percent.
    package func reopen(
        _ spent: [BudgetAccountID: Int64], before: [BudgetAccountID: Int64], reported: [BudgetAccountID: Int],
        of book: RuleBook
    ) -> Int64? {
        guard book === self.book else {
            events.windowsUnread(self, self.book, nextSequence())
            return nil
        }
        let place = nextSequence()
        for (id, amount) in spent {
            let percent = reported[id] ?? 0, before = before[id] ?? 0
            if let account = accounts[id] {
                account.assumeIsolated {
                    $0.reopen(settled: amount.addingSaturated($0.settled - before), reported: percent)
                }
            } else {
                var rest = resting[id] ?? RestingAccounts.Rest()
                rest.reopen(settled: amount.addingSaturated(rest.settled - before), reported: percent)
                resting[id] = rest
            }
        }
        refreshLimits()
        return place
    }

    func limiter(_ place: RuleBook.Place, of book: RuleBook) -> RateLimiter {
        let terms = book.rates[place.rule]
        guard book === self.book else { return limiter(terms, place.scope) }
        if let last = lastLimiters[place.rule], last.id.scope == place.scope { return last }
        let limiter = limiter(terms, place.scope)
        lastLimiters[place.rule] = limiter
        return limiter
    }

    /// Those that were asked for last may have been let go of, or be another book's.
    func forgetLast() {
        lastAccounts = Array(repeating: nil, count: book.budgets.count)
        lastLimiters = Array(repeating: nil, count: book.rates.count)
    }

    func limiter(_ terms: RateTerms, _ scope: String) -> RateLimiter {
        let id = RateLimiterID(rule: terms.rule.id, unit: terms.rule.unit, scope: scope)
        if let known = limiters[id] { return known }
        let current = book.rates.first { $0.rule.id == id.rule && $0.rule.unit == id.unit } ?? terms
        let limiter = RateLimiter(id, rule: current.rule, loop: loop)
        limiters[id] = limiter
        scheduleReport()
        return limiter
    }

    /// Nanoseconds.
    private static let memoryOfWindows: Int64 = 86_400_000_000_000

    /// Lets go of windows that are over, of limiters nothing counts at, of accounts that nobody was ever admitted to, and of those of
    /// sessions and tags that nobody uses at present: they are opened again as they were if somebody asks. Clients choose tags and
    /// sessions, so refusals must leave nothing behind, and what was used once little.
    ///
    /// What was spent in a window that seems over is known for a day: a clock that was wrong by days may be set right again.
    func sweep(at now: Int64, _ moment: Int64) {
        let lasting = Set(book.budgets.lazy.map(\.rule).filter(\.hasLastingScopes).map(\.id))
        leaving = accounts.values.filter { account in
            account.assumeIsolated { $0.mayRest(at: now, isLasting: lasting.contains(account.id.rule)) }
        }
        resting.sweep(at: now, moment, after: Self.memoryOfWindows)
        let idle = limiters.filter { _, limiter in limiter.assumeIsolated { $0.isIdle(at: now) } }
        for id in idle.keys { limiters[id] = nil }
        letGo(at: now)
    }

    /// What one turn of the loop has time for: some milliseconds.
    private static let mostLeaving = 1000

    /// The next of those that may rest.
    func letGo(at now: Int64) {
        for account in leaving.suffix(Self.mostLeaving) {
            let id = account.id
            guard accounts[id] === account, let rest = account.assumeIsolated({ $0.rest(at: now) }) else { continue }
            accounts[id] = nil
            if rest.settled != 0 || rest.reported != 0 { resting[id] = rest }
            endFigures(ofResting: id)
        }
        leaving.removeLast(min(Self.mostLeaving, leaving.count))
        forgetLast()
        if !leaving.isEmpty { scheduleReport() }
    }
}

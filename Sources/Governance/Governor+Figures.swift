import Configuration
import Transport

/// What tells the figures of one account from those of others; its windows follow each other in the same series.
package struct BudgetSeries: Sendable, Hashable {
    package let rule: String
    package let scope: String
    /// Of nano-dollars, not of tokens; for how long they count makes no other series.
    package let isMoney: Bool

    package init(_ id: BudgetAccountID) { (rule, scope, isMoney) = (id.rule, id.scope, id.isMoney) }
}

/// Figures of accounts, which speak of the present window: also after a restart, and no longer once the window is over.
extension Governor {
    /// Nanoseconds: for so long figures may speak of a window that is over.
    private static let renewalInterval: Int64 = 5_000_000_000
    /// Accounts that are told before they are used: there is room for so many series, and who uses theirs needs it too.
    private static let mostOpenings = 1000

    /// Tells how those accounts stand that something was spent at before, and that nobody has asked for yet; of very many those where
    /// most was spent.
    package func tellOpenings() {
        let now = clock()
        let rules = book.budgetsByID.filter(\.value.hasLastingScopes)
        if rules.isEmpty { return }
        var known: [BudgetStatus] = []
        resting.forEach(where: { rules[$0]?.unit == $1 && $2.contains(now) }) { id, rest in
            guard rest.settled != 0, let rule = rules[id.rule] else { return }
            let limit = raises.of(rule: id.rule, scope: id.scope).raising(rule.limit, at: now)
            known.append(BudgetStatus(id: id, limit: limit, settled: rest.settled, reserved: 0, exposure: 0))
        }
        if known.count > Self.mostOpenings { known.sort { $0.settled > $1.settled } }
        tellStanding(Array(known.prefix(Self.mostOpenings)), at: now)
    }

    /// After a reload: figures of changed rules are of the accounts that these have now.
    func endFigures(of changed: Set<String>, but openings: some Sequence<BudgetAccountID>) {
        let here = Set(openings.lazy.map(BudgetSeries.init))
        end(standing.keys.filter { changed.contains($0.rule) && !here.contains($0) })
    }

    /// Of a session that rests there are no figures; of tags as long as they are few.
    func endFigures(ofResting id: BudgetAccountID) {
        guard !standing.isEmpty else { return }
        let isSession = book.budgetsByID[id.rule]?.appliesPer.contains(.session) ?? true
        let series = BudgetSeries(id)
        guard isSession || standing.count > Self.mostOpenings, standing[series] == id.window else { return }
        end([series])
    }

    private func end(_ over: [BudgetSeries]) {
        for series in over { standing[series] = nil }
        if !over.isEmpty { events.accountsOver(over) }
    }

    /// A request that began in the window before ends at that window's account, of which figures speak no more.
    func tellStanding(_ statuses: [BudgetStatus], at now: Int64) {
        let open = statuses.filter {
            $0.id.window.contains(now) && book.budgetsByID[$0.id.rule]?.unit == $0.id.unit
        }
        guard !open.isEmpty else { return }
        for status in open { standing[BudgetSeries(status.id)] = status.id.window }
        events.accountsStand(open)
        guard !renewal.isArmed else { return }
        renewedAt = now
        renewal.whenFired = { [weak self] in self?.assumeIsolated { $0.renew() } }
        renewal.schedule(after: Self.renewalInterval)
    }

    /// Ends what is over, and follows raises that began or ended.
    func renew() {
        let now = clock(), before = renewedAt
        renewedAt = now
        let rules = Set(book.budgets.map(\.rule.id))
        end(standing.filter { !$1.contains(now) || !rules.contains($0.rule) }.map(\.key))
        if raises.contains(where: { $0.isInForce(at: before) != $0.isInForce(at: now) }) { refreshLimits() }
        if !standing.isEmpty { renewal.schedule(after: Self.renewalInterval) }
    }
}

extension BudgetRule {
    /// Its accounts are those of people, teams and models. Sessions and tags of requests come and go, and their number has no end.
    var hasLastingScopes: Bool {
        appliesPer.allSatisfy { scope in
            switch scope {
            case .session, .metadata: false
            case .user, .team, .key, .virtualAccount, .model, .provider: true
            }
        }
    }
}

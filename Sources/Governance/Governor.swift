import Configuration
import Transport
import Wire

/// What the governor tells others, on its loop's thread.
package struct GovernorEvents: Sendable {
    package var thresholdPassed: @Sendable (ThresholdCrossing) -> Void = { _ in }
    /// What was admitted was not dispatched; it was given back at this place in the order of things.
    package var released: @Sendable (Admission, _ sequence: Int64) -> Void = { _, _ in }
    /// Accounts that changed lately.
    package var accountsChanged: @Sendable ([BudgetStatus]) -> Void = { _ in }
    /// How accounts of open windows stand, for figures.
    package var accountsStand: @Sendable ([BudgetStatus]) -> Void = { _ in }
    /// Of these no more is to be said: their window is over, or their rule is gone.
    package var accountsOver: @Sendable ([BudgetSeries]) -> Void = { _ in }
    /// The clock was set, and other windows are open than `openings` are of: what was spent in them is to be told by `reopen`. With the
    /// place of this in the order of things.
    package var windowsUnread: @Sendable (Governor, RuleBook, _ place: Int64) -> Void = { _, _, _ in }

    package init() {}
}

/// Holds requests against budgets and limits: all that concern a request at one moment, all or none. One for the process, on a loop
/// of its own choice, which is the home of every account and limiter.
package actor Governor: LoopActor {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    let events: GovernorEvents
    let clock: @Sendable () -> Int64
    let elapsed: @Sendable () -> Int64
    var book: RuleBook
    var raises: [LimitRaise]
    var accounts: [BudgetAccountID: BudgetAccount] = [:]
    var limiters: [RateLimiterID: RateLimiter] = [:]
    var resting: RestingAccounts
    var windows: [(window: BudgetWindow, range: Range<Int64>)] = []
    /// `clock` less `elapsed` when a window was entered last: it changes when the clock is set.
    var clockOffset: Int64
    /// By the places of the rules in `book`: the account that was asked for last, as most rules have one for many callers.
    var lastAccounts: [BudgetAccount?]
    var lastLimiters: [RateLimiter?]
    /// Of the admission, refusal or settlement before.
    private var sequence: Int64
    private var dirty: [BudgetAccount] = []
    private let report: LoopTimer
    var queue = FairQueue<Waiter>()
    var lastTicket: UInt64 = 0
    let turn: LoopTimer
    /// When `turn` fires, if it is armed; on the loop's clock.
    var nextTurn: Int64 = 0
    private var sweptAt: Int64 = 0
    /// Accounts that the last sweep found at rest.
    var leaving: [BudgetAccount] = []
    /// What figures speak of at present, each with its window.
    var standing: [BudgetSeries: Range<Int64>] = [:]
    let renewal: LoopTimer
    /// When raises were looked at last, on `clock`.
    var renewedAt: Int64 = 0
    /// Nanoseconds.
    private static let reportInterval: Int64 = 1_000_000_000
    private static let sweepInterval: Int64 = 60_000_000_000

    /// - Parameters:
    ///   - sequence: larger than any that the ledger holds.
    ///   - openings: what was spent before, by account.
    ///   - reported: thresholds that were reported before, percent.
    ///   - clock: Unix nanoseconds.
    ///   - elapsed: nanoseconds that never go back, and go on while the machine sleeps: for how long is waited, whatever the clock is set
    ///     to.
    package init(
        _ book: RuleBook, loop: EventLoop, sequence: Int64, openings: [BudgetAccountID: Int64] = [:],
        reported: [BudgetAccountID: Int] = [:], raises: [LimitRaise] = [], events: GovernorEvents = GovernorEvents(),
        clock: @escaping @Sendable () -> Int64 = { wallClockNanoseconds() },
        elapsed: @escaping @Sendable () -> Int64 = { bootNanoseconds() }
    ) {
        self.book = book
        lastAccounts = Array(repeating: nil, count: book.budgets.count)
        lastLimiters = Array(repeating: nil, count: book.rates.count)
        self.loop = loop
        self.sequence = sequence
        resting = RestingAccounts(settled: openings, reported: reported)
        self.raises = raises
        self.events = events
        self.clock = clock
        self.elapsed = elapsed
        clockOffset = clock() - elapsed()
        report = LoopTimer(loop: loop)
        turn = LoopTimer(loop: loop)
        renewal = LoopTimer(loop: loop)
    }

    // MARK: Admission

    /// Holds a request against everything that is about it. `whenTurn` is called with the verdict if the request has to wait for
    /// its turn, on the governor's loop; without it nothing waits.
    @inline(never)  // else it would be in the frame of whoever awaits it, which each connection has
    package func admit(
        _ demand: Demand, whenTurn: (@Sendable (AdmissionVerdict) -> Void)?
    ) -> AdmissionVerdict {
        let now = clock()
        if !queue.isEmpty { letWaitingFirst(demand, at: now) }
        let verdict = examine(demand, at: now)
        guard case .refused(let refusal) = verdict, case .rate(let examination, let rule, _) = refusal.reason,
            rule.onLimit == .queue, let whenTurn, let ticket = enqueue(demand, rule, examination, at: now, whenTurn)
        else { return verdict }
        return .waiting(ticket: ticket, rule: rule.id)
    }

    /// Everything that can refuse is asked before anything is held.
    func examine(_ demand: Demand, at now: Int64) -> AdmissionVerdict {
        sequence += 1
        func refuse(_ reason: AdmissionRefusal.Reason) -> AdmissionVerdict {
            .refused(AdmissionRefusal(reason: reason, sequence: sequence, at: now))
        }
        var rates: [Admission.RateItem] = []
        rates.reserveCapacity(demand.places.rates.count)
        for place in demand.places.rates where !demand.held.contains(place) {
            let terms = demand.book.rates[place.rule]
            let limiter = limiter(place, of: demand.book)
            let countsTokens = if case .tokens = terms.rule.measure { true } else { false }
            let amount = countsTokens ? demand.tokens.amount : 1
            if let full = limiter.assumed(with: (amount, now), { $0.examine($1.0, at: $1.1) }) {
                return refuse(.rate(full, rule: terms.rule, waited: 0))
            }
            rates.append(
                Admission.RateItem(limiter: limiter, amount: amount, place: place, isOfRequest: !countsTokens))
        }
        var budgets: [Admission.BudgetItem] = [], examinations: [BudgetExamination] = [], warnings: [String] = []
        budgets.reserveCapacity(demand.places.budgets.count)
        examinations.reserveCapacity(demand.places.budgets.count)
        for place in demand.places.budgets {
            let terms = demand.book.budgets[place.rule]
            let known = claim(of: demand, on: terms)
            // What only warns lets pass what it cannot count.
            guard let claim = known ?? (terms.rule.onExceed == .warn ? BudgetBalance.Claim(amount: 0, worst: 0) : nil)
            else {
                return refuse(.unpriced(rule: terms.rule))
            }
            let account = account(place, of: demand.book, at: now)
            let met = account.assumed(with: (claim, terms.rule.maximumOvershoot, now)) {
                $0.examine($1.0, maximumOvershoot: $1.1, at: $1.2)
            }
            if !met.fits, terms.rule.onExceed == .block { return refuse(.budget(met, rule: terms.rule)) }
            if !met.fits || known == nil { warnings.append(terms.rule.id) }
            examinations.append(met)
            budgets.append(Admission.BudgetItem(account: account, claim: claim, terms: terms))
        }
        return .admitted(hold(budgets, rates, examinations, warnings, at: now))
    }

    private func claim(of demand: Demand, on terms: BudgetTerms) -> BudgetBalance.Claim? {
        guard terms.rule.measure == .cost else { return demand.tokens }
        return demand.cost ?? terms.rule.unpricedReserve.map { BudgetBalance.Claim(amount: $0, worst: $0) }
    }

    private func hold(
        _ budgets: [Admission.BudgetItem], _ rates: [Admission.RateItem], _ examinations: [BudgetExamination],
        _ warnings: [String], at now: Int64
    ) -> Admission {
        var record = ByteWriter(capacity: 160 * budgets.count)
        var notice: BudgetNotice?
        for index in budgets.indices {
            let account = budgets[index].account, claim = budgets[index].claim
            if account.assumed(with: claim, { $0.hold($1) }) { list(account) }
            // A warning that lets the request pass is no part of the proof.
            if budgets[index].terms.rule.onExceed == .block {
                HoldRecord(examinations[index]).append(account.heading, to: &record)
            }
            notice = Self.nearest(notice, Self.notice(budgets[index], examinations[index]))
        }
        for index in rates.indices {
            rates[index].limiter.assumed(with: (rates[index].amount, now)) { $0.take($1.0, at: $1.1) }
        }
        return Admission(
            sequence: sequence, at: now, record: record.array, notice: notice, warnings: warnings, budgets: budgets,
            rates: rates)
    }

    private static func notice(_ item: Admission.BudgetItem, _ met: BudgetExamination) -> BudgetNotice? {
        var balance = met.balance
        balance.hold(met.claim)
        let percent = balance.percent(of: met.limit)
        guard let threshold = item.terms.rule.alerts.thresholds.last(where: { Int64($0) <= percent }) else {
            return nil
        }
        return BudgetNotice(
            rule: item.terms.rule.id, window: item.terms.rule.window, percent: Int(min(percent, 100)),
            threshold: threshold,
            resetsAt: met.id.windowEnd, isShared: item.terms.rule.appliesPer.isEmpty)
    }

    private static func nearest(_ one: BudgetNotice?, _ other: BudgetNotice?) -> BudgetNotice? {
        guard let one, let other else { return one ?? other }
        return other.percent > one.percent ? other : one
    }

    // MARK: The end of an admission

    /// Holds become charges, what is left goes back; where the price is not known, what was held is charged. The place of this in the
    /// order of things.
    ///
    /// - Parameter keepsPlaces: `finish` gives back what counts requests, when all attempts are over.
    @discardableResult
    package func settle(_ admission: Admission, _ spending: Spending?, keepsPlaces: Bool = false) -> Int64 {
        sequence += 1
        let now = clock()
        for item in admission.budgets {
            let charge = spending.map { spending in
                item.terms.rule.measure == .tokens
                    ? spending.tokens : spending.isUnpriced ? item.claim.amount : spending.cost
            }
            let (passed, isNews) = item.account.assumed(with: (item, charge, now)) {
                $0.settle($1.0.claim, charge: $1.1, thresholds: $1.0.terms.rule.alerts.thresholds, at: $1.2)
            }
            if isNews { list(item.account) }
            for threshold in passed { tell(item, threshold, at: now) }
        }
        for item in admission.rates where !(keepsPlaces && item.isOfRequest) {
            end(item, of: admission, used: spending.map { item.isOfRequest ? 1 : $0.tokens }, spending?.duration ?? 0)
        }
        let place = sequence
        if spending == nil, !admission.record.isEmpty { events.released(admission, place) }
        if !queue.isEmpty, !admission.rates.isEmpty { serveQueue() }
        return place
    }

    /// The request is over whose attempts were settled with `keepsPlaces`: its places at limits are free again.
    ///
    /// - Parameters:
    ///   - isCounted: something was dispatched, so that it counts as a request.
    ///   - duration: nanoseconds.
    package func finish(_ admissions: [Admission], isCounted: Bool, duration: Int64) {
        for admission in admissions {
            for item in admission.rates where item.isOfRequest {
                end(item, of: admission, used: isCounted ? 1 : nil, duration)
            }
        }
        if !queue.isEmpty { serveQueue() }
    }

    private func end(_ item: Admission.RateItem, of admission: Admission, used: Int64?, _ duration: Int64) {
        item.limiter.assumed(with: (item.amount, admission.at, used, duration)) {
            $0.settle($1.0, takenAt: $1.1, used: $1.2, duration: $1.3)
        }
    }

    private func tell(_ item: Admission.BudgetItem, _ threshold: Int, at now: Int64) {
        let status = item.account.assumeIsolated { $0.status(at: now) }
        events.thresholdPassed(
            ThresholdCrossing(status: status, threshold: threshold, rule: item.terms.rule, at: now))
    }

    // MARK: Changes

    /// A reload: limits of the accounts there are follow it; accounts of rules that are new begin with `openings`.
    package func replace(_ book: RuleBook, openings: [BudgetAccountID: Int64]) {
        let changed = Set(book.rules(changedSince: self.book).budgets.map(\.id))
        self.book = book
        windows = []
        forgetLast()
        if !changed.isEmpty {
            resting.forgetSpent(of: changed)
            endFigures(of: changed, but: openings.keys)
        }
        for (id, amount) in openings {
            guard let account = accounts[id] else {
                resting[id] = RestingAccounts.Rest(settled: amount, reported: resting[id]?.reported ?? 0)
                continue
            }
            // The rule was away, or is about others now, and so did not see all that was spent.
            if changed.contains(id.rule) { account.assumeIsolated { $0.reopen(settled: amount) } }
        }
        refreshLimits()
        let rates = Dictionary(book.rules.rates.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for limiter in limiters.values {
            guard let rule = rates[limiter.id.rule], rule.unit == limiter.id.unit else { continue }
            limiter.assumeIsolated { $0.set(limit: rule.limit) }
        }
        serveQueue()
    }

    package func replace(raises: [LimitRaise]) {
        self.raises = raises
        refreshLimits()
    }

    func refreshLimits() {
        for account in accounts.values {
            guard let rule = book.budgetsByID[account.id.rule], rule.unit == account.id.unit else { continue }
            let raises = raises.of(rule: account.id.rule, scope: account.id.scope)
            if account.assumeIsolated({ $0.set(limit: rule.limit, raises: raises) }) { list(account) }
        }
        tellOpenings()
    }

    /// Requests and tokens of the time before this process, oldest first.
    package func restore(_ rule: RateRule, scope: String, amount: Int64, at moment: Int64) {
        limiter(RateTerms(rule), scope).assumeIsolated { $0.restore(amount, at: moment) }
    }

    /// The place of something else in the order of things, such as a reload.
    package func nextSequence() -> Int64 {
        sequence += 1
        return sequence
    }

    // MARK: Reports

    private func list(_ account: BudgetAccount) {
        dirty.append(account)
        scheduleReport()
    }

    func scheduleReport() {
        guard !report.isArmed else { return }
        report.whenFired = { [weak self] in self?.assumeIsolated { $0.tell() } }
        report.schedule(after: Self.reportInterval)
    }

    /// Tells what has changed, at most once a second, and lets go of what is over.
    func tell() {
        let now = clock()
        let statuses = dirty.compactMap { account in account.assumeIsolated { $0.takeChange(at: now) } }
        dirty.removeAll(keepingCapacity: true)
        if !statuses.isEmpty {
            events.accountsChanged(statuses)
            tellStanding(statuses, at: now)
        }
        let moment = elapsed()
        if moment - sweptAt >= Self.sweepInterval {
            sweptAt = moment
            sweep(at: now, moment)
        } else if !leaving.isEmpty {
            letGo(at: now)
        }
    }

    /// How many there are in memory.
    var population: (accounts: Int, resting: Int, limiters: Int) { (accounts.count, resting.count, limiters.count) }

    /// What there is now, for tests and for the end of the process.
    package func statuses() -> [BudgetStatus] {
        let now = clock()
        return accounts.values.map { account in account.assumeIsolated { $0.status(at: now) } }
    }

    /// How accounts of the present windows stand; none is opened for that.
    package func statuses(at places: [RuleBook.Place], of book: RuleBook) -> [BudgetStatus] {
        let now = clock()
        return places.map { place in
            let terms = book.budgets[place.rule], window = window(terms.rule.window, at: now)
            let id = BudgetAccountID(rule: terms.rule.id, unit: terms.unit, scope: place.scope, window: window)
            if let account = accounts[id] { return account.assumeIsolated { $0.status(at: now) } }
            let limit = raises.of(rule: id.rule, scope: id.scope).raising(terms.rule.limit, at: now)
            return BudgetStatus(id: id, limit: limit, settled: resting[id]?.settled ?? 0, reserved: 0, exposure: 0)
        }
    }

    package var now: Int64 { clock() }
}

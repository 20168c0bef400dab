import Configuration
import Transport
import Wire

/// Which account: a rule, whom it is kept for, and the window. One reference, as each admission hands it on several times; HOT.
package final class BudgetAccountID: Sendable, Hashable {
    package let rule: String
    package let unit: String
    package let scope: String
    /// Unix nanoseconds.
    package let windowStart: Int64
    package let windowEnd: Int64

    package init(rule: String, unit: String, scope: String, window: Range<Int64>) {
        self.rule = rule
        self.unit = unit
        self.scope = scope
        windowStart = window.lowerBound
        windowEnd = window.upperBound
    }

    var window: Range<Int64> { windowStart..<windowEnd }
    /// Its amounts are nano-dollars, not tokens.
    var isMoney: Bool { BudgetRule.isMoney(unit: unit) }

    package static func == (one: BudgetAccountID, other: BudgetAccountID) -> Bool {
        one === other
            || (one.windowStart == other.windowStart && one.windowEnd == other.windowEnd && one.scope == other.scope
                && one.rule == other.rule && one.unit == other.unit)
    }

    /// What tells nearly all accounts apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(scope)
        hasher.combine(rule)
        hasher.combine(windowStart)
    }
}

/// A raise of one account's limit for a while.
package struct LimitRaise: Sendable, Equatable {
    package let rule: String
    /// Empty: every account of the rule.
    package let scope: String
    /// Nano-dollars or tokens.
    package let amount: Int64
    /// Unix nanoseconds.
    package let from: Int64
    package let until: Int64

    package init(rule: String, scope: String, amount: Int64, from: Int64, until: Int64) {
        self.rule = rule
        self.scope = scope
        self.amount = amount
        self.from = from
        self.until = until
    }

    func isInForce(at now: Int64) -> Bool { from <= now && now < until }
}

extension [LimitRaise] {
    /// Those that an account has: of its rule, for everybody or for its scope.
    package func of(rule: String, scope: String) -> [LimitRaise] {
        filter { $0.rule == rule && ($0.scope.isEmpty || $0.scope == scope) }
    }

    /// A limit with those that are in force, Unix nanoseconds.
    package func raising(_ limit: Int64, at now: Int64) -> Int64 {
        reduce(limit) { $1.isInForce(at: now) ? $0.addingSaturated($1.amount) : $0 }
    }
}

/// An account as it stands at a moment.
package struct BudgetStatus: Sendable, Equatable {
    package let id: BudgetAccountID
    package let limit: Int64
    package let settled: Int64
    package let reserved: Int64
    package let exposure: Int64

    package init(id: BudgetAccountID, limit: Int64, settled: Int64, reserved: Int64, exposure: Int64) {
        self.id = id
        self.limit = limit
        self.settled = settled
        self.reserved = reserved
        self.exposure = exposure
    }
}

/// What one budget rule has left for one scope in one window. All accounts live on the governor's loop, so that a request is held
/// against several of them at one moment.
package actor BudgetAccount: LoopActor {
    nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let id: BudgetAccountID
    /// What every record of it begins with.
    nonisolated let heading: HoldRecord.Heading
    private var balance: BudgetBalance
    private var limit: Int64
    private var raises: [LimitRaise]
    /// The highest threshold of the limit that was reported, percent.
    private var reported: Int
    /// Nothing was admitted to it yet.
    private var isNew: Bool
    private var hasChanged = false
    /// It stands in the governor's list of what has changed.
    private var isListed = false
    /// Somebody held or settled since the last sweep.
    private var isUsed = true

    init(_ id: BudgetAccountID, _ rest: RestingAccounts.Rest, limit: Int64, raises: [LimitRaise], loop: EventLoop) {
        self.id = id
        heading = HoldRecord.Heading(id)
        self.loop = loop
        self.limit = limit
        self.raises = raises
        reported = Int(rest.reported)
        isNew = rest.isNew
        balance = BudgetBalance(settled: rest.settled)
    }

    /// True: see `change`.
    func set(limit: Int64, raises: [LimitRaise]) -> Bool {
        self.limit = limit
        self.raises = raises
        return change()
    }

    /// Of a rule that is in force again: begins with what the ledger says, if that is more.
    ///
    /// - Parameter reported: the highest threshold that was reported before, percent.
    func reopen(settled: Int64, reported: Int = 0) {
        self.reported = max(self.reported, reported)
        guard settled > balance.settled else { return }
        balance.reopen(settled: settled)
        isNew = true
        hasChanged = true
    }

    /// With the raises in force, Unix nanoseconds.
    func limit(at now: Int64) -> Int64 { raises.raising(limit, at: now) }

    /// What a claim meets.
    func examine(_ claim: BudgetBalance.Claim, maximumOvershoot: Int64?, at now: Int64) -> BudgetExamination {
        let limit = limit(at: now)
        return BudgetExamination(
            id: id, claim: claim, balance: balance, limit: limit, maximumOvershoot: maximumOvershoot, isNew: isNew,
            fits: balance.fits(claim, limit: limit, maximumOvershoot: maximumOvershoot))
    }

    /// True: see `change`.
    func hold(_ claim: BudgetBalance.Claim) -> Bool {
        balance.hold(claim)
        isNew = false
        return change()
    }

    /// Ends a hold. `charge`: `nil` if nothing was dispatched. The thresholds that this has passed, percent, highest last, and
    /// `change`.
    func settle(
        _ claim: BudgetBalance.Claim, charge: Int64?, thresholds: [Int], at now: Int64
    ) -> (passed: [Int], isNews: Bool) {
        let isNews = change()
        guard let charge else {
            balance.release(claim)
            return ([], isNews)
        }
        balance.settle(claim, charge: charge)
        let percent = balance.settledPercent(of: limit(at: now))
        let passed = thresholds.filter { $0 > reported && Int64($0) <= percent }
        if let last = passed.last { reported = last }
        return (passed, isNews)
    }

    func status(at now: Int64) -> BudgetStatus {
        BudgetStatus(
            id: id, limit: limit(at: now), settled: balance.settled, reserved: balance.reserved,
            exposure: balance.exposure)
    }

    /// It stands otherwise than before. True, once until `takeChange`: the governor is to list it. HOT: one call to an account
    /// costs more than what it does there.
    private func change() -> Bool {
        hasChanged = true
        isUsed = true
        defer { isListed = true }
        return !isListed
    }

    /// What has changed since the last call; `nil`: nothing.
    func takeChange(at now: Int64) -> BudgetStatus? {
        isListed = false
        guard hasChanged else { return nil }
        hasChanged = false
        return status(at: now)
    }

    /// Whether it may be let go of, asked at each sweep: its window is over; it is as it was opened; or nobody has used it since the
    /// sweep before, and its like are many.
    ///
    /// - Parameter isLasting: of people, teams and models, whose number is small and whose figures are to stay.
    func mayRest(at now: Int64, isLasting: Bool) -> Bool {
        defer { isUsed = isLasting }
        return rest(at: now) != nil
    }

    /// What it is to be opened with again, if it may still be let go of.
    func rest(at now: Int64) -> RestingAccounts.Rest? {
        let isOver = Self.isOver(id.windowEnd, at: now)
        guard balance.holds == 0, !hasChanged, isOver || isNew || !isUsed else { return nil }
        return RestingAccounts.Rest(settled: balance.settled, reported: Int16(clamping: reported), isNew: isNew)
    }

    /// Nanoseconds.
    private static let grace: Int64 = 3_600_000_000_000

    /// Whether a window with that end is over, also for a clock that is set back a little; Unix nanoseconds.
    static func isOver(_ end: Int64, at now: Int64) -> Bool { end.addingSaturated(grace) <= now }

    var settled: Int64 { balance.settled }
}

/// What a claim met at an account: enough to say why, and to prove it later.
package struct BudgetExamination: Sendable, Equatable {
    package let id: BudgetAccountID
    package let claim: BudgetBalance.Claim
    /// Before the claim.
    package let balance: BudgetBalance
    package let limit: Int64
    package let maximumOvershoot: Int64?
    /// The account was opened for it, with what the ledger says was spent.
    package let isNew: Bool
    package let fits: Bool
}

import Wire

/// Replays admissions, refusals and settlements in their order, from what the ledger keeps of them, and tells where an account was not
/// what it should have been, or a decision was wrong. Pure: the same arithmetic as the gateway's, on the ledger's numbers.
package struct AdmissionReplay {
    /// Something that was decided, in the order of `sequence`.
    package enum Event: Sendable {
        /// A process began: what the one before held is gone, and charged as its rows say.
        case start(sequence: Int64)
        /// A process ended in order: everything that it decided is in the ledger.
        case stop(sequence: Int64)
        /// The rules were changed, or the ledger was read after the clock was set: accounts begin anew with what the ledger had.
        case reload(sequence: Int64)
        /// The clock was set: accounts begin with what is known of the windows that are open by it, which may be nothing as yet.
        case clockSet(sequence: Int64)
        case admitted(Admitted)
        /// A request was refused for what it met at one account.
        case refused(sequence: Int64, requestID: Int64, met: HoldRecord)
        /// What was admitted was not dispatched.
        case released(sequence: Int64, admission: Int64, holds: [HoldRecord])

        var sequence: Int64 {
            switch self {
            case .start(let sequence), .stop(let sequence), .reload(let sequence), .clockSet(let sequence),
                .refused(let sequence, _, _):
                sequence
            // It begins to matter with its admission.
            case .released(_, let admission, _): admission
            case .admitted(let admitted): admitted.sequence
            }
        }
    }

    package struct Admitted: Sendable {
        package let sequence: Int64
        package let requestID: Int64
        package let ordinal: Int
        package let holds: [HoldRecord]
        /// `nil`: its process died before.
        package let settlement: Int64?
        /// Nano-dollars; what its row says.
        package let cost: Int64
        package let tokens: Int64
        /// The model had no price: a budget in dollars was charged what it had reserved.
        package let isUnpriced: Bool

        package init(
            sequence: Int64, requestID: Int64, ordinal: Int, holds: [HoldRecord], settlement: Int64?, cost: Int64,
            tokens: Int64, isUnpriced: Bool = false
        ) {
            self.sequence = sequence
            self.requestID = requestID
            self.ordinal = ordinal
            self.holds = holds
            self.settlement = settlement
            self.cost = cost
            self.tokens = tokens
            self.isUnpriced = isUnpriced
        }
    }

    /// Something that does not add up.
    package struct Finding: Sendable, Equatable {
        package let sequence: Int64
        package let requestID: Int64
        package let account: BudgetAccountID?
        package let sentence: String
        /// It is about what the account was, not about what was decided.
        fileprivate let isDifference: Bool
    }

    /// A hold that is not settled yet.
    private struct Outstanding {
        /// `nil`: until the process ends.
        let settlement: Int64?
        let holds: [HoldRecord]
        /// `nil`: nothing was dispatched.
        let spent: Spending?
    }

    package private(set) var findings: [Finding] = []
    package private(set) var admissions = 0
    package private(set) var refusals = 0
    package private(set) var starts = 0
    /// Records that were written while others of the moment were not yet, and were lost with their process or are still to come: what
    /// they say of an account cannot be compared, what was decided on it was.
    package private(set) var uncompared = 0
    /// Accounts that began with what was spent before any hold on them was recorded: of a rule that was new then.
    package private(set) var openings: [BudgetAccountID: Int64] = [:]
    /// The most that requests in flight could exceed what was reserved for them by: the stated bound on passing a limit.
    package private(set) var exposures: [BudgetAccountID: Int64] = [:]
    /// The highest limits that decisions met.
    private var limits: [BudgetAccountID: Int64] = [:]
    /// The most by which settled sums stood above their limits.
    package private(set) var overshoots: [BudgetAccountID: Int64] = [:]
    /// Accounts as they stand after everything so far.
    package private(set) var balances: [BudgetAccountID: BudgetBalance] = [:]
    /// Accounts that may begin anew, each once, as there was a reload.
    private var reopening: Set<BudgetAccountID> = []
    private var outstanding: [Outstanding] = []
    private var last = Int64.min
    /// Where the process began whose decisions are read.
    private var began = Int64.min
    private var hasStopped = false
    /// Rows are handed to the ledger by each loop for itself, so that a decision may be written some moments before an earlier one.
    /// No loop is behind the others by so many.
    static let unordered: Int64 = 1000
    private let first: Int64

    /// - Parameter first: the sequence of the first decision that is taken again; of those before only what is held counts.
    package init(from first: Int64 = .min) { self.first = first }

    /// The next event; they come in the order of their sequence.
    package mutating func apply(_ event: Event) {
        if event.sequence < last {
            note(event.sequence, 0, nil, "events are out of order")
        }
        if case .start = event { pardonUnordered() }
        last = event.sequence
        settle(before: event.sequence)
        let counts = event.sequence >= first
        switch event {
        case .start(let sequence): begin(sequence, counts: counts)
        case .stop: hasStopped = true
        case .reload: reopening = Set(balances.keys)
        case .clockSet: balances = [:]
        case .admitted(let admitted):
            if counts { admissions += 1 }
            admit(admitted)
        case .refused(let sequence, let requestID, let met):
            guard counts else { return }
            refusals += 1
            refuse(sequence, requestID, met)
        case .released(let sequence, let admission, let holds):
            for hold in holds { take(hold, admission, 0) }
            outstanding.append(Outstanding(settlement: sequence, holds: holds, spent: nil))
        }
    }

    /// After the last event: whatever was settled is.
    ///
    /// - Parameter place: of the first decision since requests are under way that have no row yet.
    package mutating func finish(underWaySince place: Int64 = .max) {
        pardonUnordered(from: place)
        settle(before: .max)
        for (account, excess) in overshoots where excess > (exposures[account] ?? 0) {
            note(last, 0, account, "was passed by \(excess), more than the bound of \(exposures[account] ?? 0)")
        }
    }

    // MARK: Events

    /// What went before a crash, or before now, may lack what was decided a moment earlier: an account may have been different from
    /// what the rows make of it.
    ///
    /// - Parameter place: of the first decision whose request may not be in the ledger, as it is under way.
    private mutating func pardonUnordered(from place: Int64 = .max) {
        guard !hasStopped, last != .min else { return }
        let first = max(began, min(last.subtractingSaturated(Self.unordered), place.subtractingSaturated(1)))
        let compared = findings.filter { !($0.isDifference && $0.sequence > first) }
        uncompared += findings.count - compared.count
        findings = compared
    }

    private mutating func begin(_ sequence: Int64, counts: Bool) {
        if counts { starts += 1 }
        began = sequence
        hasStopped = false
        for hold in outstanding { charge(hold) }
        outstanding = []
    }

    private mutating func admit(_ admitted: Admitted) {
        for hold in admitted.holds {
            take(hold, admitted.sequence, admitted.requestID)
        }
        var spent = Spending()
        spent.cost = admitted.cost
        spent.tokens = admitted.tokens
        spent.isUnpriced = admitted.isUnpriced
        outstanding.append(Outstanding(settlement: admitted.settlement, holds: admitted.holds, spent: spent))
    }

    private mutating func take(_ hold: HoldRecord, _ sequence: Int64, _ requestID: Int64) {
        guard sequence >= first else { return }
        limits[hold.id] = max(limits[hold.id] ?? .min, hold.limit)
        compare(hold, sequence, requestID)
        if !BudgetBalance(hold).fits(hold.claim, limit: hold.limit, maximumOvershoot: hold.maximumOvershoot) {
            note(sequence, requestID, hold.id, "was admitted and does not fit: \(Self.sum(hold))")
        }
        balances[hold.id]?.hold(hold.claim)
        exposures[hold.id] = max(exposures[hold.id] ?? 0, balances[hold.id]?.exposure ?? 0)
    }

    private mutating func refuse(_ sequence: Int64, _ requestID: Int64, _ met: HoldRecord) {
        compare(met, sequence, requestID)
        if BudgetBalance(met).fits(met.claim, limit: met.limit, maximumOvershoot: met.maximumOvershoot) {
            note(sequence, requestID, met.id, "was refused and fits: \(Self.sum(met))")
        }
    }

    private static func sum(_ hold: HoldRecord) -> String {
        "settled \(hold.settled) + reserved \(hold.reserved) + claim \(hold.claim.amount), limit \(hold.limit)"
    }

    /// Whether the account was what the record says it was.
    private mutating func compare(_ record: HoldRecord, _ sequence: Int64, _ requestID: Int64) {
        if record.isNew, reopening.remove(record.id) != nil { balances[record.id]?.reopen(settled: record.settled) }
        let balance = balances[record.id] ?? open(record)
        if balance.settled != record.settled {
            note(
                sequence, requestID, record.id,
                "says that \(record.settled) is settled; the ledger's rows come to \(balance.settled)",
                isDifference: true)
        }
        if balance.reserved != record.reserved || balance.worst != record.worst {
            note(
                sequence, requestID, record.id,
                "says that \(record.reserved) is reserved, \(record.worst) at worst; holds come to "
                    + "\(balance.reserved), \(balance.worst)", isDifference: true)
        }
    }

    /// An account that no decision was about before begins with what the record says was spent, and what is held on it.
    private mutating func open(_ record: HoldRecord) -> BudgetBalance {
        if record.settled != 0 { openings[record.id] = record.settled }
        var balance = BudgetBalance(settled: record.settled)
        for hold in outstanding.lazy.flatMap(\.holds) where hold.id == record.id { balance.hold(hold.claim) }
        balances[record.id] = balance
        exposures[record.id] = balance.exposure.addingSaturated(
            max(0, record.settled.subtractingSaturated(record.limit)))
        return balance
    }

    // MARK: Settlements

    private mutating func settle(before sequence: Int64) {
        guard outstanding.contains(where: { ($0.settlement ?? .max) < sequence }) else { return }
        let due = outstanding.filter { ($0.settlement ?? .max) < sequence }
        outstanding.removeAll { ($0.settlement ?? .max) < sequence }
        for hold in due { charge(hold) }
    }

    private mutating func charge(_ ended: Outstanding) {
        for hold in ended.holds {
            guard let spent = ended.spent else {
                balances[hold.id]?.release(hold.claim)
                continue
            }
            let charge =
                hold.id.isMoney
                ? spent.isUnpriced ? hold.claim.amount : spent.cost : spent.tokens
            balances[hold.id]?.settle(hold.claim, charge: charge)
            guard let balance = balances[hold.id] else { continue }
            // A raise that came meanwhile let others in.
            let excess = balance.settled.subtractingSaturated(max(hold.limit, limits[hold.id] ?? hold.limit))
            if excess > 0 { overshoots[hold.id] = max(overshoots[hold.id] ?? 0, excess) }
        }
    }

    private mutating func note(
        _ sequence: Int64, _ requestID: Int64, _ account: BudgetAccountID?, _ sentence: String,
        isDifference: Bool = false
    ) {
        findings.append(
            Finding(
                sequence: sequence, requestID: requestID, account: account, sentence: sentence,
                isDifference: isDifference))
    }
}

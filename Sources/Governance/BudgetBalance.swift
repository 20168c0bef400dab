import Wire

/// The arithmetic of one budget account, in nano-dollars or tokens: pure, and the same for the gateway and for the checker that
/// replays the ledger.
///
/// `settled` is what was spent; `reserved` what requests in flight are expected to spend; `worst` what they could spend at most. A
/// request is admitted while `settled + reserved + amount <= limit`, so that what is spent passes the limit by no more than
/// `exposure = worst - reserved` of the requests in flight. With `maximumOvershoot` also `settled + worst + its worst <= limit +
/// maximumOvershoot` must hold: then the limit is passed by no more than that, whatever the requests do.
package struct BudgetBalance: Sendable, Equatable {
    package private(set) var settled: Int64
    package private(set) var reserved: Int64 = 0
    package private(set) var worst: Int64 = 0
    /// Requests in flight.
    package private(set) var holds = 0

    package init(settled: Int64) { self.settled = settled }

    /// As a record tells it, to be asked what fits; its holds are others'.
    init(_ record: HoldRecord) {
        settled = record.settled
        reserved = record.reserved
        worst = record.worst
    }

    /// What one request claims. `worst` is at least `amount`.
    package struct Claim: Sendable, Equatable {
        package let amount: Int64
        package let worst: Int64

        package init(amount: Int64, worst: Int64) {
            self.amount = max(0, amount)
            self.worst = max(self.amount, worst)
        }
    }

    /// By how much what is in flight could pass what is reserved for it.
    package var exposure: Int64 { worst - reserved }
    /// Spent or about to be.
    package var committed: Int64 { settled.addingSaturated(reserved) }

    /// Whether a claim fits.
    package func fits(_ claim: Claim, limit: Int64, maximumOvershoot: Int64?) -> Bool {
        guard committed.addingSaturated(claim.amount) <= limit else { return false }
        guard let maximumOvershoot else { return true }
        return settled.addingSaturated(worst).addingSaturated(claim.worst) <= limit.addingSaturated(maximumOvershoot)
    }

    package mutating func hold(_ claim: Claim) {
        reserved = reserved.addingSaturated(claim.amount)
        worst = worst.addingSaturated(claim.worst)
        holds += 1
    }

    /// Its rule was not in force for a while: what was spent is more than it saw.
    package mutating func reopen(settled: Int64) { self.settled = max(self.settled, settled) }

    /// Ends a hold: `charge` was spent, nothing less than 0.
    package mutating func settle(_ claim: Claim, charge: Int64) {
        release(claim)
        settled = settled.addingSaturated(max(0, charge))
    }

    /// Ends a hold of which nothing was spent.
    package mutating func release(_ claim: Claim) {
        precondition(holds > 0, "a hold ends once")
        holds -= 1
        // With the last hold everything is given back, also what saturation had cut off.
        reserved = holds == 0 ? 0 : max(0, reserved - claim.amount)
        worst = holds == 0 ? 0 : max(reserved, worst - claim.worst)
    }

    /// The share of the limit that is committed, in percent, rounded down.
    package func percent(of limit: Int64) -> Int64 {
        limit <= 0 ? 100 : Int64(clamping: Int128(committed) * 100 / Int128(limit))
    }

    /// The share that is settled, in percent, rounded down.
    package func settledPercent(of limit: Int64) -> Int64 {
        limit <= 0 ? 100 : Int64(clamping: Int128(settled) * 100 / Int128(limit))
    }
}

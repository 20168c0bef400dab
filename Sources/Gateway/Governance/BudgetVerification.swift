import Configuration
import Governance
import Ledger
import Transport
import Wire

/// `tollgate budgets verify`: takes every decision of the budgets again, from the ledger's rows and its audit.
package struct BudgetVerification {
    package private(set) var replay: AdmissionReplay
    /// Rows whose record of holds cannot be read, or did not fit.
    package private(set) var unreadable = 0
    /// The order number of the first decision that is taken again.
    private let first: Int64

    /// Takes the decisions again that were taken at `since` (Unix nanoseconds) or later.
    package static func run(in directory: DataDirectory, since: Int64) throws -> BudgetVerification {
        var underWay = Int64.max
        if try Ledger.recoverIfUnattended(directory) == nil {
            // Before the database is read: a request that begins meanwhile is later than now.
            let now = wallClockNanoseconds()
            underWay = min(now, try LedgerExamination.earliestUnwritten(in: directory) ?? now)
        }
        let first = since <= 0 ? .min : try AdmissionHistory.firstPlace(directory, since: since) ?? .max
        var verification = BudgetVerification(from: first)
        // What was admitted before may be in flight then.
        try AdmissionHistory.read(directory, since: max(0, since - AdmissionHistory.longestRequest)) {
            verification.take($0)
        }
        let place = underWay == .max ? nil : try AdmissionHistory.firstPlace(directory, since: underWay)
        verification.replay.finish(underWaySince: place ?? .max)
        return verification
    }

    private init(from first: Int64) {
        self.first = first
        replay = AdmissionReplay(from: first)
    }

    private mutating func take(_ event: AdmissionHistory.Event) {
        switch event {
        case .attempt(let attempt): take(attempt)
        case .audit(let entry): take(entry)
        }
    }

    private mutating func take(_ attempt: AdmissionHistory.Attempt) {
        guard let admission = attempt.admission, !attempt.holds.isEmpty else { return }
        guard let holds = HoldRecord.parse(attempt.holds) else { return missUnreadable(at: admission) }
        replay.apply(
            .admitted(
                AdmissionReplay.Admitted(
                    sequence: admission, requestID: attempt.requestID.rawValue, ordinal: attempt.ordinal, holds: holds,
                    settlement: attempt.settlement, cost: attempt.costNanoUSD, tokens: attempt.tokens,
                    isUnpriced: attempt.costNanoUSD == 0 && attempt.tokens > 0)))
    }

    private mutating func take(_ entry: AuditEntry) {
        guard let details = (try? JSONValue(parsing: entry.details))?.object else { return }
        func text(_ name: String) -> String {
            for member in details.members where member.key == name {
                if case .string(let value) = member.value { return value }
            }
            return ""
        }
        let order = entry.order
        switch entry.action {
        case "start": replay.apply(.start(sequence: order))
        case "stop": replay.apply(.stop(sequence: order))
        case "reload" where order != 0, "reopen": replay.apply(.reload(sequence: order))
        case "clock_set": replay.apply(.clockSet(sequence: order))
        case "refuse" where order != 0:
            // Limits and access keep no accounts.
            guard !text("account").isEmpty else { return }
            guard let met = HoldRecord(parsing: Substring(text("account"))) else { return missUnreadable(at: order) }
            replay.apply(.refused(sequence: order, requestID: RequestID(text("request_id"))?.rawValue ?? 0, met: met))
        case "release":
            guard let holds = HoldRecord.parse(text("holds")), let released = Int64(text("released")) else {
                return missUnreadable(at: order)
            }
            replay.apply(.released(sequence: released, admission: order, holds: holds))
        default: break
        }
    }

    private mutating func missUnreadable(at place: Int64) {
        if place >= first { unreadable += 1 }
    }
}

/// Charges what is in the ledger anew, after a price was wrong: batch by batch, each in a transaction of its own together with the
/// roll-up and a line of the audit, beside a running gateway.
package struct Recomputation {
    /// What an attempt costs now.
    package struct Charge: Sendable, Equatable {
        package var costNanoUSD: Int64
        package var priceVersion: String?
        package var isUnpriced: Bool

        package init(costNanoUSD: Int64, priceVersion: String?, isUnpriced: Bool) {
            self.costNanoUSD = costNanoUSD
            self.priceVersion = priceVersion
            self.isUnpriced = isUnpriced
        }
    }

    /// What was done, or would be.
    package struct Result: Sendable, Equatable {
        package var requests: Int64 = 0
        package var changed: Int64 = 0
        package var oldNanoUSD: Int64 = 0
        package var newNanoUSD: Int64 = 0
    }

    private struct Change {
        let attempt: ChargedAttempt
        let charge: Charge
    }

    private let database: Database
    private let isDry: Bool
    private let actor: String
    private let source: String
    private let now: Int64
    private let lock: HistoryLock

    /// Requests of one transaction: a gateway waits for it no longer than some hundredths of a second.
    static let batch = 2_000

    /// Throws `historyLocked` while another command changes the past.
    ///
    /// - Parameters:
    ///   - actor: who does it, for the audit.
    ///   - source: by which prices, for the audit.
    package init(_ directory: DataDirectory, isDry: Bool, actor: String, source: String, now: Int64) throws(LedgerError)
    {
        lock = try HistoryLock(directory)
        database = try directory.openDatabase()
        self.isDry = isDry
        self.actor = actor
        self.source = source
        self.now = now
    }

    /// Gives the lock back.
    package func end() { lock.release() }

    /// Charges all model requests from `since` up to `until` (Unix nanoseconds) with what `price` says; `nil`: it stays as it is.
    package func run(
        since: Int64, until: Int64, price: (ChargedAttempt) -> Charge?
    ) throws(LedgerError) -> Result {
        try Retention.check(since: since, in: database)
        let rows = try ChargedAttempt.statement(database, limit: Self.batch)
        let end = RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp(until)).rawValue
        var first = RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp(since)).rawValue
        var result = Result()
        while first < end {
            rows.bind(1, first)
            rows.bind(2, end)
            var changes: [Change] = [], unpriced: [RequestID: Bool] = [:], last: RequestID?
            var old: Int64 = 0, new: Int64 = 0
            while try rows.step() {
                let attempt = ChargedAttempt(reading: rows)
                if last != attempt.requestID { result.requests += 1 }
                last = attempt.requestID
                let charge = price(attempt)
                let cost = charge?.costNanoUSD ?? attempt.costNanoUSD
                old = try Self.sum(old, attempt.costNanoUSD)
                new = try Self.sum(new, cost)
                let wasUnpriced = attempt.priceVersion == nil && attempt.hasUsage && attempt.costNanoUSD == 0
                unpriced[attempt.requestID] =
                    (unpriced[attempt.requestID] ?? false)
                    || (charge?.isUnpriced ?? (wasUnpriced && attempt.hasUnpricedRequest))
                if let charge, charge.costNanoUSD != attempt.costNanoUSD || charge.priceVersion != attempt.priceVersion
                {
                    changes.append(Change(attempt: attempt, charge: charge))
                }
            }
            guard let last else { break }
            first = last.rawValue + 1
            result.oldNanoUSD = try Self.sum(result.oldNanoUSD, old)
            result.newNanoUSD = try Self.sum(result.newNanoUSD, new)
            result.changed += Int64(Set(changes.map(\.attempt.requestID)).count)
            if !isDry, !changes.isEmpty { try write(changes, unpriced) }
        }
        if !isDry { try finish(result, since: since, until: until) }
        return result
    }

    private static func sum(_ left: Int64, _ right: Int64) throws(LedgerError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .overflow }
        return sum
    }

    // MARK: Writing

    private func write(_ changes: [Change], _ unpriced: [RequestID: Bool]) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            let attempt = try database.prepare(
                "UPDATE attempts SET cost_nano_usd = ?1, price_version = ?2 WHERE request_id = ?3 AND ordinal = ?4")
            let kept = try database.prepare("INSERT OR IGNORE INTO cost_corrections VALUES (?, ?, ?, ?, ?, ?, ?)")
            let rollups = [
                try database.prepare(Self.rollup(monthly: false)), try database.prepare(Self.rollup(monthly: true)),
                try database.prepare(SessionRollup.correction),
            ]
            // What attempts differ by is taken away as it was, and added as it is.
            let retried = (
                before: try database.prepare(RetriedRollup.addition(of: RetriedRollup.one, sign: "-")),
                after: try database.prepare(RetriedRollup.addition(of: RetriedRollup.one))
            )
            let several = Set(changes.lazy.map(\.attempt).filter { $0.ordinal > 0 || !$0.isLast }.map(\.requestID))
            for id in several {
                retried.before.bind(1, id.rawValue)
                try retried.before.run()
            }
            let request = try database.prepare(
                "UPDATE requests SET cost_nano_usd = cost_nano_usd + ?1, unpriced = ?2, "
                    + "price_version = CASE WHEN ?3 THEN ?4 ELSE price_version END WHERE id = ?5")
            for change in changes {
                let old = change.attempt, difference = change.charge.costNanoUSD - old.costNanoUSD
                let isUnpriced = unpriced[old.requestID] ?? false
                attempt.bind(1, change.charge.costNanoUSD)
                bind(attempt, 2, change.charge.priceVersion)
                attempt.bind(3, old.requestID.rawValue)
                attempt.bind(4, Int64(old.ordinal))
                try attempt.run()
                kept.bind(1, old.requestID.rawValue)
                kept.bind(2, Int64(old.ordinal))
                kept.bind(3, now)
                kept.bind(4, old.costNanoUSD)
                kept.bind(5, change.charge.costNanoUSD)
                bind(kept, 6, old.priceVersion)
                bind(kept, 7, change.charge.priceVersion)
                try kept.run()
                // Before the request: its old mark says what the roll-up counts.
                for rollup in rollups {
                    rollup.bind(1, difference)
                    rollup.bind(2, isUnpriced)
                    rollup.bind(3, old.requestID.rawValue)
                    try rollup.run()
                }
                request.bind(1, difference)
                request.bind(2, isUnpriced)
                request.bind(3, old.isLast)
                bind(request, 4, change.charge.priceVersion)
                request.bind(5, old.requestID.rawValue)
                try request.run()
            }
            for id in several {
                retried.after.bind(1, id.rawValue)
                try retried.after.run()
            }
            let old = changes.reduce(0) { $0 &+ $1.attempt.costNanoUSD }
            let new = changes.reduce(0) { $0 &+ $1.charge.costNanoUSD }
            try audit(
                "recompute", rows: Int64(changes.count), old: old, new: new,
                "\"first\":\"\(changes[0].attempt.requestID)\",\"last\":\"\(changes[changes.count - 1].attempt.requestID)\""
            )
        }
    }

    private func bind(_ statement: Statement, _ index: Int32, _ text: String?) {
        if let text { statement.bind(index, text) } else { statement.bindNull(index) }
    }

    /// A request's group in the roll-up, corrected by a difference of cost and of its mark.
    private static func rollup(monthly: Bool) -> String {
        let keys = monthly ? MonthlyRollup.keyColumns : DailyRollup.keyColumns
        let day = ReportColumn.day.scanExpression { $0 }
        let values = keys.map { $0 == "day" ? monthly ? "substr(\(day), 1, 8) || '01'" : day : $0 }
        let number = PricedPart.expression(requests: "", figures: "")
        return "UPDATE \(monthly ? "monthly_costs" : "daily_costs") SET cost_nano_usd = cost_nano_usd + ?1, "
            + PricedPart.stored.map { part in
                let column = part.prefix + "cost_nano_usd"
                return
                    "\(column) = \(column) + iif((SELECT \(number) FROM requests WHERE id = ?3) = \(part.rawValue), ?1, 0), "
            }.joined()
            + "unpriced_requests = unpriced_requests + ?2 - (SELECT unpriced FROM requests WHERE id = ?3) "
            + "WHERE (\(keys.joined(separator: ", "))) = "
            + "(SELECT \(values.joined(separator: ", ")) FROM requests WHERE id = ?3)"
    }

    private func finish(_ result: Result, since: Int64, until: Int64) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            try audit(
                "recompute_end", rows: result.changed, old: result.oldNanoUSD, new: result.newNanoUSD,
                "\"requests\":\(result.requests),\"since\":\(since),\"until\":\(until)")
        }
    }

    private func audit(_ action: String, rows: Int64, old: Int64, new: Int64, _ more: String) throws(LedgerError) {
        try AuditTable(database).insert(
            AuditEntry(
                at: now, actor: actor, action: action, subject: source,
                details: "{\"rows\":\(rows),\"old_nano_usd\":\(old),\"new_nano_usd\":\(new),\(more)}"))
    }
}

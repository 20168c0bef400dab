/// Puts groups of closed slots into the database, each group in one transaction: rows and roll-up together or not
/// at all. Used by the writer while the gateway runs, and by recovery.
struct RowWriter {
    /// The most requests of one transaction.
    static let groupSize = 1000
    /// Turns are shared in groups up to this size. A larger one says that the writer is behind.
    private static let sharingSize = 256

    private let database: Database
    private let rows: RowInserter
    private var rollup: DailyRollup
    private var sessions: SessionRollup
    private let mark: OrderMark
    private let retried: Statement
    /// Read when the first row is written, not while a gateway starts.
    private var pauses: CachePauses?
    private var conversation = DimensionKey()

    init(_ database: Database) throws(LedgerError) {
        self.database = database
        rows = try RowInserter(database)
        rollup = try DailyRollup(database, capacity: Self.groupSize)
        sessions = try SessionRollup(database)
        mark = try OrderMark(database)
        retried = try database.prepare(RetriedRollup.addition(of: RetriedRollup.one))
    }

    /// - Parameter slots: at most `groupSize`, which must not change before the call returns.
    /// - Returns: how many of them were not there yet.
    mutating func write(_ slots: some Collection<SlotMemory>) throws(LedgerError) -> Int {
        precondition(slots.count <= Self.groupSize, "a group of rows has a bound")
        rollup.discard()
        sessions.discard()
        // Taken out meanwhile: changed in place, nothing is copied.
        var pauses: CachePauses
        if let known = self.pauses { pauses = known } else { pauses = try CachePauses.before(database) }
        self.pauses = nil
        defer { self.pauses = pauses }
        SharedTurns.offer(slots.count <= Self.sharingSize)
        defer { SharedTurns.offer(true) }
        try database.execute("BEGIN IMMEDIATE")
        do throws(LedgerError) {
            var inserted = 0
            var order: Int64 = 0
            for slot in slots {
                SharedTurns.offer()
                slot.boundFigures()
                let usage = CachePauses.conversation(of: slot, &conversation)
                let rewritten =
                    usage.map { pauses.rewritten(conversation, at: slot.numbers.pointee.startedAt, $0) } ?? 0
                guard try rows.insert(slot, rewritten: rewritten) else { continue }
                try rollup.add(slot, rewritten: rewritten)
                try sessions.add(slot)
                if slot.attemptCount > 1 {
                    retried.bind(1, slot.numbers.pointee.id)
                    try retried.run()
                }
                order = max(order, slot.newestOrder)
                inserted += 1
            }
            try rollup.write()
            try sessions.write()
            try mark.raise(to: order)
            try database.execute("COMMIT")
            pauses.keep()
            return inserted
        } catch {
            pauses.discard()
            database.rollBack()
            throw error
        }
    }
}

extension SlotMemory {
    /// The highest order number of the row's attempts.
    fileprivate var newestOrder: Int64 {
        var newest: Int64 = 0
        for index in 0..<attemptCount {
            newest = max(newest, attempt(index).pointee.admission, attempt(index).pointee.settlement)
        }
        return newest
    }

    /// Brings counts and costs into their bounds, and marks the row `truncated` if that changed them.
    fileprivate func boundFigures() {
        bound(&numbers.pointee.usage, &numbers.pointee.costNanoUSD)
        for index in 0..<attemptCount { bound(&attempt(index).pointee.usage, &attempt(index).pointee.costNanoUSD) }
    }

    private func bound(_ usage: inout UsageCounts, _ cost: inout Int64) {
        let boundUsage = usage.bounded
        let boundCost = min(max(0, cost), UsageCounts.mostNanoUSD)
        guard boundUsage != usage || boundCost != cost else { return }
        usage = boundUsage
        cost = boundCost
        numbers.pointee.truncated = true
    }
}

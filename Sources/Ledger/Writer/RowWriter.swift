/// Puts groups of closed slots into the database, each group in one transaction: rows and roll-up together or not
/// at all. Used by the writer while the gateway runs, and by recovery.
struct RowWriter {
    /// The most requests of one transaction.
    static let groupSize = 1000

    private let database: Database
    private let rows: RowInserter
    private var rollup: DailyRollup

    init(_ database: Database) throws(LedgerError) {
        self.database = database
        rows = try RowInserter(database)
        rollup = try DailyRollup(database, capacity: Self.groupSize)
    }

    /// - Parameter slots: at most `groupSize`, which must not change before the call returns.
    /// - Returns: how many of them were not there yet.
    mutating func write(_ slots: some Collection<SlotMemory>) throws(LedgerError) -> Int {
        precondition(slots.count <= Self.groupSize, "a group of rows has a bound")
        rollup.discard()
        try database.execute("BEGIN IMMEDIATE")
        do throws(LedgerError) {
            var inserted = 0
            for slot in slots where try rows.insert(slot) {
                try rollup.add(slot)
                inserted += 1
            }
            try rollup.write()
            try database.execute("COMMIT")
            return inserted
        } catch {
            database.rollBack()
            throw error
        }
    }
}

/// The highest order number that a budget decision has had, kept with the rows that carry them.
struct OrderMark {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare("UPDATE meta SET value = ?1 WHERE name = 'newest_order' AND value < ?1")
    }

    /// Raises the mark, within the transaction that writes the rows. 0 is no order.
    func raise(to order: Int64) throws(LedgerError) {
        guard order > 0 else { return }
        statement.bind(1, order)
        try statement.run()
    }

    static func read(in database: Database) throws(LedgerError) -> Int64 {
        try database.integer("SELECT value FROM meta WHERE name = 'newest_order'")
    }
}

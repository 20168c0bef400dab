/// What was spent, for rebuilding budget accounts at a start.
package enum SpendHistory {
    /// The spend of attempts that no rule can tell apart, and that started between the same two boundaries.
    package struct Row: Sendable, Equatable {
        /// The latest boundary that had passed when the attempts started: an index into the boundaries asked for. What was
        /// spent since a boundary is the sum of the rows with its index or a higher one.
        package let bucket: Int
        package let dimensions: SpendDimensions
        package let costNanoUSD: Int64
        /// All classes together.
        package let tokens: Int64
        package let attempts: Int64
        /// Of an attempt without a price, what it reserved, as its row has it: such attempts have a row each. Empty: they are without a price,
        /// and what they reserved is not known. `nil` for all others.
        package let holds: String?
    }

    /// Adds up the attempts of model requests by when they started, in one pass for all windows, and calls `visit` with each
    /// sum. The sums are in memory together, as bytes.
    ///
    /// Reads what the database holds: for the time after `Ledger.init`, which has recovered what a killed process left, and
    /// before the first request. Throws `overflow` if a sum leaves 64 bits.
    ///
    /// - Parameters:
    ///   - boundaries: where windows begin and end, Unix nanoseconds, ascending; attempts before the first are left out.
    ///   - request: the first request that counts; `nil`: all.
    ///   - detail: dear dimensions that a rule needs.
    package static func read(
        _ directory: DataDirectory, since boundaries: [Int64], from request: RequestID? = nil,
        detail: HistoryDetail = [], visit: (Row) -> Void
    ) throws(LedgerError) {
        guard let first = boundaries.first, let database = try directory.openDatabaseSnapshot(withStaleRollups: true)
        else { return }
        var sums = DimensionSums(), unpriced: [String?] = [nil, ""]
        try AttemptScan(database, since: first, from: request, detail: detail).run {
            (figures, key) throws(LedgerError) in
            let bucket = boundaries.lastIndex { $0 <= figures.startedAt } ?? 0
            switch figures.holds {
            case nil: key.end(Int64(bucket), 0)
            case "": key.end(Int64(bucket), 1)
            case let holds:
                key.end(Int64(bucket), Int64(unpriced.count))
                unpriced.append(holds)
            }
            try sums.add(figures, to: key)
        }
        sums.forEach { dimensions, numbers, sums in
            visit(
                Row(
                    bucket: Int(numbers.0), dimensions: dimensions, costNanoUSD: sums.costNanoUSD, tokens: sums.tokens,
                    attempts: sums.attempts, holds: unpriced[Int(numbers.1)]))
        }
    }

    /// The same, as an array.
    package static func read(
        _ directory: DataDirectory, since boundaries: [Int64], from request: RequestID? = nil,
        detail: HistoryDetail = []
    ) throws(LedgerError) -> [Row] {
        var rows: [Row] = []
        try read(directory, since: boundaries, from: request, detail: detail) { rows.append($0) }
        return rows
    }
}

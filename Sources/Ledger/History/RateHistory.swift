/// How many requests and tokens there were lately, for rebuilding rate limits with long windows at a start.
package enum RateHistory {
    /// A sequence of buckets of equal width.
    package struct Buckets: Sendable, Equatable {
        /// Nanoseconds; more than 0. Buckets begin at multiples of it, counted from 1970.
        package let width: Int64
        /// Attempts that started earlier are left out, Unix nanoseconds.
        package let since: Int64

        package init(width: Int64, since: Int64) {
            precondition(width > 0, "a bucket has a width")
            self.width = width
            self.since = since
        }
    }

    /// The attempts of one bucket that no rule can tell apart.
    package struct Row: Sendable, Equatable {
        /// Which of the sequences asked for.
        package let sequence: Int
        /// The first moment of the bucket, Unix nanoseconds.
        package let start: Int64
        package let dimensions: SpendDimensions
        /// Requests, each counted with its first attempt.
        package let requests: Int64
        package let attempts: Int64
        /// All classes together.
        package let tokens: Int64
    }

    /// Counts the attempts of model requests by when they started, in one pass for all sequences of buckets.
    ///
    /// When to call it, and what it throws: as `SpendHistory.read`.
    package static func read(
        _ directory: DataDirectory, _ buckets: [Buckets], from request: RequestID? = nil, detail: HistoryDetail = []
    ) throws(LedgerError) -> [Row] {
        guard let since = buckets.map(\.since).min(),
            let database = try directory.openDatabaseSnapshot(withStaleRollups: true)
        else {
            return []
        }
        var sums = DimensionSums()
        try AttemptScan(database, since: since, from: request, detail: detail).run {
            (figures, key) throws(LedgerError) in
            let dimensions = key
            for (index, sequence) in buckets.enumerated() where figures.startedAt >= sequence.since {
                key = dimensions
                key.end(Int64(index), figures.startedAt / sequence.width * sequence.width)
                try sums.add(figures, to: key)
            }
        }
        var rows: [Row] = []
        sums.forEach { dimensions, numbers, sums in
            rows.append(
                Row(
                    sequence: Int(numbers.0), start: numbers.1, dimensions: dimensions, requests: sums.requests,
                    attempts: sums.attempts, tokens: sums.tokens))
        }
        return rows
    }
}

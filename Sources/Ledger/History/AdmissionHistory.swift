import Wire

/// The decisions about budgets as they were taken, one after the other: for a checker that takes them again.
package enum AdmissionHistory {
    /// An attempt: what it reserved, and what it was charged with.
    package struct Attempt: Sendable, Equatable {
        package let requestID: RequestID
        package let ordinal: Int
        /// Unix nanoseconds; decides the windows that its charge counts in.
        package let startedAt: Int64
        /// The order numbers of reservation and settlement. `nil`: it reserved nothing; it was not settled by the process that
        /// reserved, because that died.
        package let admission: Int64?
        package let settlement: Int64?
        /// What was reserved, in the words of whoever reserved it; empty if nothing was, or it did not fit the row.
        package let holds: String
        package let costNanoUSD: Int64
        /// All classes together.
        package let tokens: Int64
        package let outcome: String
        /// Some of the usage was estimated.
        package let estimated: Bool
        package let priceVersion: String
        /// With metadata and session.
        package let dimensions: SpendDimensions
    }

    package enum Event: Sendable, Equatable {
        case attempt(Attempt)
        /// A line of the audit: `start`, `stop`, `reload`, `clock_set`, `reopen`, `refuse` or `release`.
        case audit(AuditEntry)
    }

    /// No request takes longer, nanoseconds.
    package static let longestRequest = AttemptScan.longestRequest * 1_000_000

    /// The moment (Unix nanoseconds) from which on all rows are there; `nil`: none was ever taken out.
    package static func firstWhole(_ directory: DataDirectory) throws(LedgerError) -> Int64? {
        guard let database = try directory.openDatabaseReadOnly(withStaleRollups: true) else { return nil }
        let day = try Retention.firstDay(database)
        return day > 0 ? CivilDate(daysSince1970: day).firstNanosecond : nil
    }

    /// The place of the first decision that was taken at `since` (Unix nanoseconds) or later; `nil`: there is none.
    package static func firstPlace(_ directory: DataDirectory, since: Int64) throws(LedgerError) -> Int64? {
        guard let database = try directory.openDatabaseReadOnly(withStaleRollups: true) else { return nil }
        let first = try database.prepare(
            """
            SELECT min(place) FROM (
                SELECT min(admission) AS place FROM attempts WHERE request_id >= ?1 AND started_at >= ?2
                UNION ALL SELECT min(place) FROM audit WHERE place > 0 AND at >= ?2)
            """)
        first.bind(1, AttemptScan.firstRequest(triedAt: since).rawValue)
        first.bind(2, since)
        return try first.step() ? first.optionalInteger(0) : nil
    }

    /// Calls `visit` with each attempt of a model request that started at `since` (Unix nanoseconds) or later, and with each
    /// such line of the audit, in their order; only one at a time is in memory.
    ///
    /// An attempt's place is its admission; that of one that reserved nothing its settlement, or the beginning if it has none.
    /// A line without a place stands at the beginning. At the same place lines come first.
    package static func read(_ directory: DataDirectory, since: Int64, _ visit: (Event) -> Void) throws(LedgerError) {
        guard let database = try directory.openDatabaseSnapshot(withStaleRollups: true) else { return }
        let attempts = try AdmissionCursor(database, since: since)
        let audit = try AuditCursor(database, since: since)
        var nextAttempt = try attempts.next()
        var nextLine = try audit.next()
        while nextAttempt != nil || nextLine != nil {
            if let line = nextLine, line.order <= nextAttempt?.order ?? .max {
                visit(.audit(line))
                nextLine = try audit.next()
            } else if let attempt = nextAttempt {
                visit(.attempt(attempt.attempt))
                nextAttempt = try attempts.next()
            }
        }
    }
}

/// The audit's lines in their order.
private struct AuditCursor {
    private let lines: Statement

    init(_ database: Database, since: Int64) throws(LedgerError) {
        lines = try database.prepare(
            """
            SELECT ifnull(place, 0) AS place, at, actor, action, subject, details
            FROM audit WHERE action IN ('start', 'stop', 'reload', 'clock_set', 'reopen', 'refuse', 'release')
                AND at >= ?1 ORDER BY 1, id
            """)
        lines.bind(1, since)
    }

    func next() throws(LedgerError) -> AuditEntry? {
        guard try lines.step() else { return nil }
        return AuditEntry(
            at: lines.integer(1), actor: lines.text(2), action: lines.text(3), subject: lines.text(4),
            details: lines.text(5), order: lines.integer(0))
    }
}

/// The attempts in their order: only the numbers are sorted, the rest is looked up row by row.
private struct AdmissionCursor {
    private let order: Statement
    private let rows: Statement
    private static let attemptColumns = [
        "a.request_id", "a.ordinal", "a.started_at", "a.admission", "a.settlement", "a.holds",
        // Decisions were taken by the first charge, not by one that was corrected later.
        "ifnull((SELECT old_cost_nano_usd FROM cost_corrections c WHERE c.request_id = a.request_id "
            + "AND c.ordinal = a.ordinal ORDER BY c.at LIMIT 1), a.cost_nano_usd)",
        "a.input_tokens + a.output_tokens + a.cache_write_5m_tokens + a.cache_write_1h_tokens + a.cache_read_tokens",
        "a.outcome", "a.estimated", "a.price_version", "r.operation", "a.provider", "a.model",
    ]

    init(_ database: Database, since: Int64) throws(LedgerError) {
        let first = AttemptScan.firstRequest(triedAt: since)
        order = try database.prepare(
            """
            SELECT coalesce(admission, settlement, 0) AS place, request_id, ordinal FROM attempts
            WHERE request_id >= ?1 AND started_at >= ?2 ORDER BY place, request_id, ordinal
            """)
        order.bind(1, first.rawValue)
        order.bind(2, since)
        let requestColumns = DimensionColumns.request([]).prefix(6).map { "r.\($0)" } + ["r.metadata", "r.session_id"]
        rows = try database.prepare(
            "SELECT \((Self.attemptColumns + requestColumns).joined(separator: ", ")) "
                + "FROM attempts a CROSS JOIN requests r ON r.id = a.request_id "
                + "WHERE a.request_id = ?1 AND a.ordinal = ?2")
    }

    func next() throws(LedgerError) -> (order: Int64, attempt: AdmissionHistory.Attempt)? {
        while try order.step() {
            rows.bind(1, order.integer(1))
            rows.bind(2, order.integer(2))
            defer { rows.reset() }
            guard try rows.step(), rows.text(11) == "\(Operation.messages.name)" else { continue }
            return (order.integer(0), attempt())
        }
        return nil
    }

    private func attempt() -> AdmissionHistory.Attempt {
        var dimensions = SpendDimensions()
        var column: Int32 = 12
        func next() -> String {
            defer { column += 1 }
            return rows.text(column)
        }
        dimensions.readAttempt(next)
        dimensions.readRequest(next)
        return AdmissionHistory.Attempt(
            requestID: RequestID(rawValue: rows.integer(0)), ordinal: Int(rows.integer(1)), startedAt: rows.integer(2),
            admission: rows.optionalInteger(3), settlement: rows.optionalInteger(4), holds: rows.text(5),
            costNanoUSD: rows.integer(6), tokens: rows.integer(7), outcome: rows.text(8),
            estimated: rows.integer(9) != 0, priceVersion: rows.text(10), dimensions: dimensions)
    }
}

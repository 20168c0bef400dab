/// A call that paid again for what a provider's cache had had.
package struct CacheBreakRow: Sendable, Equatable {
    package let requestID: Int64
    /// The call that had it cached.
    package var previousRequestID: Int64 = 0
    /// When the call began, Unix nanoseconds.
    package var at: Int64 = 0
    package var sessionID = ""
    /// Empty: the main conversation.
    package var agentID = ""
    package var user = ""
    package var team = ""
    package var project = ""
    /// As the upstream knows it.
    package var model = ""
    package var provider = ""
    package var cause = ""
    /// `tools`, `system` or `message`; empty: no part of the prompt changed.
    package var segment = ""
    package var segmentIndex: Int64 = 0
    package var parameter = ""
    /// Nanoseconds.
    package var sinceLast: Int64 = 0
    /// Seconds.
    package var ttl: Int64 = 0
    package var expected: Int64 = 0
    package var read: Int64 = 0
    package var rebilled: Int64 = 0
    /// `nil`: the model was unpriced.
    package var costNanoUSD: Int64?

    package init(requestID: Int64) { self.requestID = requestID }
}

/// The table `cache_breaks`, which only grows.
struct CacheBreakTable {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare(
            "INSERT OR IGNORE INTO cache_breaks (request_id, previous_request_id, at, session_id, agent_id, user, team, "
                + "project, model, provider, cause, segment, segment_index, parameter, since_last_ns, ttl_s, "
                + "expected_tokens, read_tokens, rebilled_tokens, cost_nano_usd) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    }

    func insert(_ row: CacheBreakRow) throws(LedgerError) {
        statement.bind(1, row.requestID)
        statement.bind(2, row.previousRequestID)
        statement.bind(3, row.at)
        let texts = [
            row.sessionID, row.agentID, row.user, row.team, row.project, row.model, row.provider, row.cause,
            row.segment,
        ]
        for (index, text) in texts.enumerated() { statement.bind(Int32(4 + index), text) }
        statement.bind(13, row.segmentIndex)
        statement.bind(14, row.parameter)
        let figures = [row.sinceLast, row.ttl, row.expected, row.read, row.rebilled]
        for (index, figure) in figures.enumerated() { statement.bind(Int32(15 + index), figure) }
        if let cost = row.costNanoUSD { statement.bind(20, cost) } else { statement.bindNull(20) }
        try statement.run()
    }
}

/// A call of a tool, between two requests.
package struct ToolRow: Sendable, Equatable {
    /// The request whose answer called for it.
    package let requestID: Int64
    /// `tool_use.id`.
    package let callID: String
    package var sessionID = ""
    /// The subagent that called it; empty: the main conversation.
    package var agentID = ""
    package var name = ""
    /// Unix nanoseconds.
    package var startedAt: Int64 = 0
    /// Until the request that brought its result; `nil`: none came.
    package var duration: Int64?
    /// Nanoseconds that the client says it ran.
    package var reported: Int64?
    package var isError = false
    /// Of the result.
    package var bytes: Int64 = 0
    /// The subagent that it started.
    package var spawned = ""

    package init(requestID: Int64, callID: String) {
        self.requestID = requestID
        self.callID = callID
    }
}

/// The table `tool_calls`.
struct ToolTable {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare(
            """
            INSERT INTO tool_calls (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (request_id, call_id) DO UPDATE SET duration_ns = excluded.duration_ns,
                reported_ns = excluded.reported_ns, error = excluded.error, result_bytes = excluded.result_bytes,
                spawned_agent = excluded.spawned_agent
            """)
    }

    private static let columns =
        "request_id, call_id, session_id, agent_id, name, started_at, duration_ns, reported_ns, error, result_bytes, "
        + "spawned_agent"

    func upsert(_ row: ToolRow) throws(LedgerError) {
        statement.bind(1, row.requestID)
        statement.bind(2, row.callID)
        statement.bind(3, row.sessionID)
        statement.bind(4, row.agentID)
        statement.bind(5, row.name)
        statement.bind(6, row.startedAt)
        if let duration = row.duration { statement.bind(7, duration) } else { statement.bindNull(7) }
        if let reported = row.reported { statement.bind(8, reported) } else { statement.bindNull(8) }
        statement.bind(9, row.isError)
        statement.bind(10, row.bytes)
        statement.bind(11, row.spawned)
        try statement.run()
    }

    /// Of a session, those that requests of a range called for, in the order of time.
    static func calls(
        of session: String, from first: Int64, to last: Int64, in database: Database
    ) throws(LedgerError) -> [ToolRow] {
        let statement = try database.prepare(
            "SELECT \(columns) FROM tool_calls WHERE request_id BETWEEN ?1 AND ?2 AND session_id = ?3 "
                + "ORDER BY request_id, started_at, call_id")
        statement.bind(1, first)
        statement.bind(2, last)
        statement.bind(3, session)
        return try read(statement)
    }

    /// Those that some requests called for, in the order of the requests and of time.
    static func calls(
        of requests: some Sequence<Int64>, in database: Database
    ) throws(LedgerError) -> [ToolRow] {
        let statement = try database.prepare(
            "SELECT \(columns) FROM tool_calls WHERE request_id = ?1 ORDER BY started_at, call_id")
        var rows: [ToolRow] = []
        for request in requests {
            statement.bind(1, request)
            rows += try read(statement)
        }
        return rows
    }

    private static func read(_ statement: Statement) throws(LedgerError) -> [ToolRow] {
        var rows: [ToolRow] = []
        while try statement.step() {
            var row = ToolRow(requestID: statement.integer(0), callID: statement.text(1))
            row.sessionID = statement.text(2)
            row.agentID = statement.text(3)
            row.name = statement.text(4)
            row.startedAt = statement.integer(5)
            row.duration = statement.optionalInteger(6)
            row.reported = statement.optionalInteger(7)
            row.isError = statement.integer(8) != 0
            row.bytes = statement.integer(9)
            row.spawned = statement.text(10)
            rows.append(row)
        }
        return rows
    }
}

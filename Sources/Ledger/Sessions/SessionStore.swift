/// Reads sessions, beside a running gateway or without one. `requests` is read only between a session's first and last row.
package final class SessionStore {
    private let directory: DataDirectory
    private var connection: Database?

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// `nil`: nothing was ever written.
    private func database() throws(LedgerError) -> Database? {
        if connection == nil { connection = try directory.openDatabaseReadOnly() }
        return connection
    }

    /// Sessions with a request since a moment, the newest first.
    ///
    /// - Parameters:
    ///   - since: Unix nanoseconds; `nil`: all.
    ///   - now: for what each cost in the last five minutes.
    package func sessions(since: Int64?, now: Int64, limit: Int) throws(LedgerError) -> [SessionRow] {
        guard let database = try database() else { return [] }
        let from = since.map { RequestID.first(atUnixMilliseconds: $0 / 1_000_000).rawValue } ?? 0
        let statement = try database.prepare(
            "SELECT \(SessionRow.columns) FROM sessions WHERE last_id >= ?1 ORDER BY last_id DESC LIMIT ?2")
        statement.bind(1, from)
        statement.bind(2, Int64(limit))
        var rows: [SessionRow] = []
        while try statement.step() { rows.append(SessionRow(reading: statement)) }
        let recent = try recentCosts(since: now - Self.recentTime, in: database)
        for index in rows.indices { rows[index].recentNanoUSD = recent[rows[index].id] ?? 0 }
        return rows
    }

    /// Nanoseconds.
    package static let recentTime: Int64 = 300_000_000_000

    private func recentCosts(since: Int64, in database: Database) throws(LedgerError) -> [String: Int64] {
        let statement = try database.prepare(
            "SELECT session_id, sum(cost_nano_usd) FROM requests WHERE id >= ?1 AND session_id != '' GROUP BY 1")
        statement.bind(1, RequestID.first(atUnixMilliseconds: since / 1_000_000).rawValue)
        var costs: [String: Int64] = [:]
        while try statement.step() { costs[statement.text(0)] = statement.integer(1) }
        return costs
    }

    /// The sessions whose ids begin so; the newest first.
    package func find(prefix: String) throws(LedgerError) -> [SessionRow] {
        guard let database = try database() else { return [] }
        let statement = try database.prepare(
            "SELECT \(SessionRow.columns) FROM sessions WHERE session_id >= ?1 AND session_id < ?2 "
                + "ORDER BY last_id DESC LIMIT 20")
        statement.bind(1, prefix)
        // No UTF-8 text that begins so is behind it.
        statement.bind(2, prefix + "\u{10FFFF}")
        var rows: [SessionRow] = []
        while try statement.step() { rows.append(SessionRow(reading: statement)) }
        return rows
    }

    /// A session's requests behind one, in the order of their ids.
    package func calls(of session: SessionRow, after: RequestID? = nil) throws(LedgerError) -> [SessionCallRow] {
        guard let database = try database() else { return [] }
        let statement = try database.prepare(
            "SELECT \(SessionCallRow.columns) FROM requests WHERE id BETWEEN ?1 AND ?2 AND session_id = ?3 ORDER BY id")
        statement.bind(1, max(session.first.rawValue, after.map { $0.rawValue + 1 } ?? 0))
        statement.bind(2, session.last.rawValue)
        statement.bind(3, session.id)
        var rows: [SessionCallRow] = []
        while try statement.step() { rows.append(SessionCallRow(reading: statement)) }
        return rows
    }

    /// A session's requests in the order of their ids, looked for from the newest back until there are as many as it has, or until
    /// the time is over: whoever resumes a session after weeks has all of these weeks' rows between its own.
    ///
    /// - Parameter milliseconds: how long at most; a day of 100,000 requests takes a tenth of a second.
    /// - Returns: how many older ones are missing, too.
    package func newestCalls(
        of session: SessionRow, within milliseconds: Int64
    ) throws(LedgerError) -> (calls: [SessionCallRow], missing: Int64) {
        guard let database = try database() else { return ([], 0) }
        let deadline = monotonicMilliseconds() + milliseconds
        let statement = try database.prepare(
            "SELECT \(SessionCallRow.columns) FROM requests WHERE id BETWEEN ?1 AND ?2 AND session_id = ?3 "
                + "ORDER BY id DESC")
        var rows: [SessionCallRow] = []
        var end = session.last.rawValue
        while end >= session.first.rawValue, rows.count < session.sums.requests, monotonicMilliseconds() < deadline {
            let start = max(session.first.rawValue, end - Self.stretch + 1)
            statement.bind(1, start)
            statement.bind(2, end)
            statement.bind(3, session.id)
            while try statement.step() { rows.append(SessionCallRow(reading: statement)) }
            end = start - 1
        }
        return (rows.reversed(), max(0, session.sums.requests - Int64(rows.count)))
    }

    /// Ids of two hours: they count milliseconds above their lower 22 bits.
    private static let stretch: Int64 = 7_200_000 << 22

    /// The tools that these requests called for.
    package func tools(of calls: [SessionCallRow]) throws(LedgerError) -> [ToolRow] {
        guard let database = try database() else { return [] }
        return try ToolTable.calls(of: calls.lazy.map(\.id.rawValue), in: database)
    }

    /// The tools that its requests called for, from one on.
    package func tools(of session: SessionRow, from: RequestID) throws(LedgerError) -> [ToolRow] {
        guard let database = try database() else { return [] }
        return try ToolTable.calls(
            of: session.id, from: from.rawValue, to: session.last.rawValue, in: database)
    }
}

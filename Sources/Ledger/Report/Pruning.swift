import Wire

/// Takes the rows of old requests out, batch by batch, beside a running gateway. Sums by day and month stay, and so do rows of sessions
/// that went on later: a budget per session may count them.
package struct Pruning {
    /// What was taken out, or would be.
    package struct Result: Sendable, Equatable {
        package var requests: Int64 = 0
        package var attempts: Int64 = 0
        package var sessions: Int64 = 0
        /// Lines of the audit about single requests.
        package var decisions: Int64 = 0

        package init() {}
    }

    /// Windows of budgets, forecasts and proofs need what is younger.
    package static let leastMonths = 3
    package static let mostMonths = 1200

    /// The first day that keeps its rows: a month's first.
    package let since: CivilDate

    private let database: Database
    private let lock: HistoryLock
    private let actor: String
    private let now: Int64
    /// The first request that stays.
    private let end: Int64
    /// Rows of one transaction, as of `Recomputation`.
    private static let batch = 2_000

    /// Throws `historyLocked` while another command changes the past.
    ///
    /// - Parameters:
    ///   - months: how many whole months before that of the newest request keep their rows, or before `now` if that is earlier: a
    ///     clock that is ahead takes nothing out.
    ///   - actor: who does it, for the audit.
    ///   - now: the wall clock, Unix nanoseconds.
    package init(_ directory: DataDirectory, keeping months: Int, actor: String, now: Int64) throws(LedgerError) {
        precondition((Self.leastMonths...Self.mostMonths).contains(months))
        lock = try HistoryLock(directory)
        do throws(LedgerError) {
            database = try directory.openDatabase()
            let newest = RequestID(rawValue: try database.integer("SELECT ifnull(max(id), 0) FROM requests"))
            let base = CivilDate(unixNanoseconds: min(now, newest.unixMilliseconds * 1_000_000))
            since = Self.month(months, before: base)
        } catch {
            lock.release()
            throw error
        }
        end = Retention.firstRequest(ofDay: since.daysSince1970).rawValue
        self.actor = actor
        self.now = now
    }

    private static func month(_ count: Int, before day: CivilDate) -> CivilDate {
        let months = max(1970 * 12, day.year * 12 + day.month - 1 - count)
        return CivilDate(year: months / 12, month: months % 12 + 1, day: 1) ?? CivilDate(daysSince1970: 0)
    }

    /// Gives the lock back.
    package func release() { lock.release() }

    /// What `run` would take out.
    package func count() throws(LedgerError) -> Result {
        var result = Result()
        let rows = try database.prepare("SELECT count(*), ifnull(sum(attempts), 0) FROM requests WHERE \(Self.isGone)")
        rows.bind(1, 0)
        rows.bind(2, end)
        if try rows.step() { (result.requests, result.attempts) = (rows.integer(0), rows.integer(1)) }
        result.sessions = try database.integer("SELECT count(*) FROM sessions WHERE last_id < \(end)")
        result.decisions = try database.integer("SELECT count(*) FROM audit WHERE \(decisionIsGone)")
        return result
    }

    /// Throws `invalidQuery` if sums that are to stay are not those of the rows that are to go, or of the days.
    package func run() throws(LedgerError) -> Result {
        guard try isNeeded() else { return Result() }
        try compareSums()
        try database.execute("PRAGMA secure_delete = ON")
        try database.transaction { () throws(LedgerError) in
            try database.execute(
                "UPDATE meta SET value = max(value, \(since.daysSince1970)) WHERE name = '\(Retention.mark)'")
            try audit("prune", Result())
        }
        var result = Result()
        try removeRequests(&result)
        result.sessions = try removeAll("sessions", "session_id", where: "last_id < \(end)")
        result.decisions = try removeAll("audit", "id", where: decisionIsGone)
        try database.transaction { () throws(LedgerError) in try audit("prune_end", result) }
        return result
    }

    // MARK: What goes

    /// Of requests from the first parameter up to the second, those whose session did not go on past it; asked of each row as it goes, as
    /// a gateway may take a session up again meanwhile.
    private static let isGone =
        "id >= ?1 AND id < ?2 AND NOT EXISTS "
        + "(SELECT 1 FROM sessions s WHERE s.session_id = requests.session_id AND s.last_id >= ?2)"

    private var decisionIsGone: String { "action IN ('refuse', 'release') AND at < \(since.firstNanosecond)" }

    /// Whether anything would go: no day is marked for nothing. Where a run was killed its sessions and decisions may be what is left.
    private func isNeeded() throws(LedgerError) -> Bool {
        let row = try database.prepare(
            "SELECT EXISTS (SELECT 1 FROM requests WHERE \(Self.isGone)) OR EXISTS (SELECT 1 FROM sessions WHERE last_id < ?2) "
                + "OR EXISTS (SELECT 1 FROM audit WHERE \(decisionIsGone))")
        row.bind(1, 0)
        row.bind(2, end)
        defer { row.reset() }
        return try row.step() && row.integer(0) != 0
    }

    private func compareSums() throws(LedgerError) {
        let oldest = RequestID(rawValue: try database.integer("SELECT ifnull(min(id), 0) FROM requests"))
        let first = max(try Retention.firstDay(database), Int(oldest.unixMilliseconds / 86_400_000))
        let comparison = try RollupExamination.DayComparison(database)
        for day in first..<max(first, since.daysSince1970) where try comparison.isApart(day) {
            throw Self.refusal("of \(CivilDate(daysSince1970: day).text)", "its rows")
        }
        if try RollupExamination.monthsAreApart(database) { throw Self.refusal("by month", "the days") }
    }

    private static func refusal(_ sums: String, _ parts: String) -> LedgerError {
        .invalidQuery(
            "nothing was taken out: the sums \(sums), which are to stay, are not those of \(parts); "
                + "somebody changed the ledger by hand. `tollgate report rebuild` makes the sums anew")
    }

    // MARK: Removing

    private func removeRequests(_ result: inout Result) throws(LedgerError) {
        try database.execute("PRAGMA temp_store = MEMORY; CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
        let choose = try database.prepare(
            "INSERT INTO temp.gone SELECT id FROM requests WHERE \(Self.isGone) ORDER BY id LIMIT \(Self.batch)")
        let children = try ["tool_calls", "cache_breaks", "cost_corrections"].map { (table) throws(LedgerError) in
            try database.prepare("DELETE FROM \(table) WHERE request_id IN (SELECT id FROM temp.gone)")
        }
        let attempts = try database.prepare("DELETE FROM attempts WHERE request_id IN (SELECT id FROM temp.gone)")
        let requests = try database.prepare("DELETE FROM requests WHERE id IN (SELECT id FROM temp.gone)")
        var first: Int64 = 0
        while true {
            let count = try database.transaction { () throws(LedgerError) -> Int64 in
                try database.execute("DELETE FROM temp.gone")
                choose.bind(1, first)
                choose.bind(2, end)
                try choose.run()
                for statement in children { try statement.run() }
                try attempts.run()
                result.attempts += Int64(database.changes)
                try requests.run()
                return Int64(database.changes)
            }
            guard count > 0 else { return }
            result.requests += count
            first = try database.integer("SELECT max(id) FROM temp.gone") + 1
        }
    }

    private func removeAll(_ table: String, _ key: String, where condition: String) throws(LedgerError) -> Int64 {
        let statement = try database.prepare(
            "DELETE FROM \(table) WHERE \(key) IN (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(Self.batch))")
        var sum: Int64 = 0, count: Int64 = 0
        repeat {
            count = try database.transaction { () throws(LedgerError) -> Int64 in
                try statement.run()
                return Int64(database.changes)
            }
            sum += count
        } while count > 0
        return sum
    }

    private func audit(_ action: String, _ result: Result) throws(LedgerError) {
        try AuditTable(database).insert(
            AuditEntry(
                at: now, actor: actor, action: action, subject: since.text,
                details:
                    "{\"requests\":\(result.requests),\"attempts\":\(result.attempts),\"sessions\":\(result.sessions),"
                    + "\"decisions\":\(result.decisions)}"))
    }
}

/// What a caller has spent, as the ledger has it this moment.
package struct Standing: Sendable, Equatable {
    /// The session asked for, if it is the caller's own.
    package var session: SessionRow?
    /// Since midnight UTC, nano-dollars.
    package var todayNanoUSD: Int64 = 0
    package var todayRequests: Int64 = 0
}

/// The questions to it, prepared once. Each is answered by a primary key.
struct StandingQuery {
    private let session: Statement
    private let today: Statement

    init(_ database: Database) throws(LedgerError) {
        session = try database.prepare(
            "SELECT \(SessionRow.columns) FROM sessions WHERE session_id = ?1 AND user = ?2")
        today = try database.prepare(
            "SELECT ifnull(sum(cost_nano_usd), 0), ifnull(sum(requests), 0) FROM daily_costs WHERE day = ?1 AND user = ?2"
        )
    }

    func answer(session id: String, user: String, day: String) throws(LedgerError) -> Standing {
        var standing = Standing()
        if !id.isEmpty {
            session.bind(1, id)
            session.bind(2, user)
            while try session.step() { standing.session = SessionRow(reading: session) }
        }
        today.bind(1, day)
        today.bind(2, user)
        while try today.step() {
            standing.todayNanoUSD = today.integer(0)
            standing.todayRequests = today.integer(1)
        }
        return standing
    }
}

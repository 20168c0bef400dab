/// An attempt as it stands in the ledger, with what its price depended on.
package struct ChargedAttempt: Sendable {
    package let requestID: RequestID
    package let ordinal: Int
    /// When its request came in, Unix nanoseconds: decides the price in force.
    package let requestedAt: Int64
    package let provider: String
    package let model: String
    package let usage: UsageCounts
    package let costNanoUSD: Int64
    /// `nil`: it had no price.
    package let priceVersion: String?
    /// What it was charged with before it was charged anew for the first time; `nil`: it never was.
    package let firstCharge: (costNanoUSD: Int64, priceVersion: String?)?
    package let isEstimated: Bool
    package let hasUnpricedRequest: Bool
    /// The provider's usage object; only a request's last attempt has one.
    package let rawUsage: String?
    package let isLast: Bool
    package let team: String
    package let user: String
    package let session: String
    package let agent: String

    static let columns = [
        "r.id", "a.ordinal", "r.started_at", "a.provider", "a.model", "a.input_tokens", "a.cache_write_5m_tokens",
        "a.cache_write_1h_tokens", "a.cache_read_tokens", "a.output_tokens", "a.web_search_requests",
        "a.web_fetch_requests", "a.cost_nano_usd", "a.price_version", "a.estimated", "r.unpriced",
        "a.ordinal = r.attempts - 1", "CASE WHEN a.ordinal = r.attempts - 1 THEN r.usage END", "r.team", "r.user",
        "r.session_id", "r.agent_id", first("old_cost_nano_usd"), first("old_price_version"),
    ]

    private static func first(_ column: String) -> String {
        "(SELECT \(column) FROM cost_corrections c WHERE c.request_id = r.id AND c.ordinal = a.ordinal ORDER BY at LIMIT 1)"
    }

    init(reading row: Statement) {
        requestID = RequestID(rawValue: row.integer(0))
        ordinal = Int(row.integer(1))
        requestedAt = row.integer(2)
        provider = row.text(3)
        model = row.text(4)
        usage = UsageCounts(
            input: row.integer(5), output: row.integer(9), cacheWrite5m: row.integer(6), cacheWrite1h: row.integer(7),
            cacheRead: row.integer(8), webSearchRequests: row.integer(10), webFetchRequests: row.integer(11))
        costNanoUSD = row.integer(12)
        priceVersion = row.optionalText(13)
        isEstimated = row.integer(14) != 0
        hasUnpricedRequest = row.integer(15) != 0
        isLast = row.integer(16) != 0
        rawUsage = row.optionalText(17)
        team = row.text(18)
        user = row.text(19)
        session = row.text(20)
        agent = row.text(21)
        firstCharge = row.optionalText(22) == nil ? nil : (row.integer(22), row.optionalText(23))
    }

    package var hasUsage: Bool { usage != UsageCounts() }

    /// Of model requests from the first id up to the second, at most `limit` of them.
    static func statement(_ database: Database, limit: Int) throws(LedgerError) -> Statement {
        let rows =
            "SELECT * FROM requests WHERE id >= ?1 AND id < ?2 AND operation = '\(Operation.messages.name)' ORDER BY id"
        return try database.prepare(
            "SELECT \(columns.joined(separator: ", ")) FROM (\(rows) LIMIT \(limit)) r "
                + "CROSS JOIN attempts a ON a.request_id = r.id ORDER BY r.id, a.ordinal")
    }
}

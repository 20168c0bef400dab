/// Goes through the attempts of model requests from a moment on, each with its request, in the order of time.
///
/// Two cursors move forward together, one over `requests` and one over `attempts`, both in the order of ids: nothing is
/// looked up and nothing sorted. A request's id tells when it came in, and an attempt starts later than its request: the
/// scan begins a day before the moment, longer than a request is tried.
struct AttemptScan {
    /// How long before its attempt a request may have come in.
    static let longestRequest: Int64 = 86_400_000

    /// The first request that may have an attempt that started at `moment` (Unix nanoseconds) or later.
    static func firstRequest(triedAt moment: Int64) -> RequestID {
        RequestID.first(atUnixMilliseconds: moment / 1_000_000 - longestRequest)
    }

    private let requests: Statement
    private let attempts: Statement
    private static let requestTexts = Int32(DimensionColumns.request([]).count)
    private static let attemptTexts = Int32(DimensionColumns.attempt.count)

    /// - Parameters:
    ///   - since: Unix nanoseconds.
    ///   - from: the first request; `nil`: all.
    init(_ database: Database, since: Int64, from: RequestID?, detail: HistoryDetail) throws(LedgerError) {
        let earliest = Self.firstRequest(triedAt: since)
        let first = max(earliest, from ?? earliest)
        requests = try database.prepare(
            "SELECT id, \(DimensionColumns.request(detail).joined(separator: ", ")), unpriced FROM requests "
                + "WHERE id >= ?1 AND operation = '\(Operation.messages.name)' ORDER BY id")
        requests.bind(1, first.rawValue)
        attempts = try database.prepare(
            "SELECT request_id, started_at, ordinal, cost_nano_usd, \(DimensionColumns.tokens), "
                + "\(DimensionColumns.attempt.joined(separator: ", ")), "
                + "CASE WHEN cost_nano_usd = 0 AND \(DimensionColumns.tokens) > 0 THEN ifnull(holds, '') END, "
                + "price_version IS NULL FROM attempts "
                + "WHERE request_id >= ?1 AND started_at >= ?2 ORDER BY request_id, ordinal")
        attempts.bind(1, first.rawValue)
        attempts.bind(2, since)
    }

    /// The figures of an attempt.
    struct Figures {
        let startedAt: Int64
        let ordinal: Int64
        let costNanoUSD: Int64
        let tokens: Int64
        /// Of one that used tokens and whose cost is not known: what it reserved, empty where that was not kept. `nil` for others, such
        /// as those of a model whose price is 0.
        let holds: String?
    }

    /// Calls `visit` for each attempt. The texts of its dimensions are in `key`, in the order of
    /// `DimensionColumns.request`, then `.attempt`; `visit` may change it, it is made anew each time.
    func run(_ visit: (Figures, inout DimensionKey) throws(LedgerError) -> Void) throws(LedgerError) {
        var key = DimensionKey()
        var current: Int64 = -1
        while try attempts.step() {
            let id = attempts.integer(0)
            var isThere = true
            while current < id, isThere {
                isThere = try requests.step()
                current = isThere ? requests.integer(0) : .max
            }
            guard current == id else { continue }
            key.reset()
            for column in 1...Self.requestTexts { key.append(requests.bytes(column)) }
            for column in 5..<5 + Self.attemptTexts { key.append(attempts.bytes(column)) }
            // A price says nothing of some tiers: then the request is told as unpriced.
            let isUnpriced =
                attempts.integer(6 + Self.attemptTexts) != 0 || requests.integer(1 + Self.requestTexts) != 0
            let figures = Figures(
                startedAt: attempts.integer(1), ordinal: attempts.integer(2), costNanoUSD: attempts.integer(3),
                tokens: attempts.integer(4),
                holds: isUnpriced ? attempts.optionalText(5 + Self.attemptTexts) : nil)
            try visit(figures, &key)
        }
    }
}

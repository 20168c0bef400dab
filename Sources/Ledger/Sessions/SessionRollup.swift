/// The additions that one transaction makes to `sessions`, summed up in memory: one statement for each session and model.
///
/// A group is known by one of its slots, which stay where they are until the transaction is over.
struct SessionRollup {
    private struct Group {
        var newest: SlotMemory
        var first: Int64
        var lastAt: Int64
        /// The newest answer in the main conversation.
        var context: SlotMemory?
        var sums: CostSums
    }

    private let statement: Statement
    private var groups: [Group] = []
    /// By session and model, into `groups`.
    private var places: [Key: Int] = [:]

    private struct Key: Hashable {
        let session: String
        let model: String
    }

    init(_ database: Database) throws(LedgerError) {
        statement = try database.prepare(Self.upsert)
    }

    private static let facts = [
        "session_id", "user", "team", "project", "client_version", "entrypoint", "first_id", "last_id", "last_at",
        "models", "context_id", "context_model", "context_tokens",
    ]

    /// The newest row says who it is; sums are added; models are kept, each once, up to a bound.
    private static let upsert: String = {
        let columns = facts + CostSums.columns
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        let newest = ["user", "team", "project", "client_version", "entrypoint"].map {
            "\($0) = iif(excluded.last_id >= last_id, excluded.\($0), \($0))"
        }
        let context = ["context_model", "context_tokens"].map {
            "\($0) = iif(excluded.context_id > context_id, excluded.\($0), \($0))"
        }
        let known = "instr(',' || models || ',', ',' || excluded.models || ',') > 0"
        let sets =
            newest + context + [
                "first_id = min(first_id, excluded.first_id)", "last_id = max(last_id, excluded.last_id)",
                "last_at = max(last_at, excluded.last_at)", "context_id = max(context_id, excluded.context_id)",
                "models = CASE WHEN excluded.models = '' OR \(known) OR length(models) > \(longestModels) THEN models "
                    + "WHEN models = '' THEN excluded.models ELSE models || ',' || excluded.models END",
            ] + CostSums.columns.map { "\($0) = \($0) + excluded.\($0)" }
        return "INSERT INTO sessions (\(columns.joined(separator: ", "))) VALUES (\(places)) "
            + "ON CONFLICT (session_id) DO UPDATE SET " + sets.joined(separator: ", ")
    }()

    private static let longestModels = 512

    /// Adds a request that was inserted.
    mutating func add(_ slot: SlotMemory) throws(LedgerError) {
        let session = slot.bytes(.sessionID)
        guard !session.isEmpty else { return }
        let key = Key(
            session: String(decoding: session, as: UTF8.self),
            model: String(decoding: slot.bytes(.modelServed), as: UTF8.self))
        let id = slot.numbers.pointee.id, end = slot.end
        guard let place = places[key] else {
            places[key] = groups.count
            let context = slot.isMainAnswer ? slot : nil
            return groups.append(
                Group(newest: slot, first: id, lastAt: end, context: context, sums: CostSums(of: slot)))
        }
        if id >= groups[place].newest.numbers.pointee.id { groups[place].newest = slot }
        if slot.isMainAnswer, id > groups[place].context?.numbers.pointee.id ?? 0 { groups[place].context = slot }
        groups[place].first = min(groups[place].first, id)
        groups[place].lastAt = max(groups[place].lastAt, end)
        try groups[place].sums.add(CostSums(of: slot))
    }

    /// Writes the sums within the transaction, and forgets them.
    mutating func write() throws(LedgerError) {
        for group in groups {
            SharedTurns.offer()
            let texts: [TextField] = [.sessionID, .user, .team, .project, .clientVersion, .entrypoint]
            for (offset, field) in texts.enumerated() {
                statement.bindBorrowed(Int32(offset + 1), group.newest.bytes(field))
            }
            statement.bind(7, group.first)
            statement.bind(8, group.newest.numbers.pointee.id)
            statement.bind(9, group.lastAt)
            statement.bindBorrowed(10, group.newest.bytes(.modelServed))
            statement.bind(11, group.context?.numbers.pointee.id ?? 0)
            if let context = group.context {
                statement.bindBorrowed(12, context.bytes(.modelServed))
            } else {
                statement.bind(12, "")
            }
            statement.bind(13, group.context?.contextTokens ?? 0)
            group.sums.bind(to: statement, from: 14)
            try statement.run()
        }
        discard()
    }

    /// Forgets the sums: their transaction failed.
    mutating func discard() {
        groups.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    // MARK: Anew

    /// A request's cost was another: the difference, whether it is unpriced now, and its id. Before the row is changed.
    static let correction =
        "UPDATE sessions SET cost_nano_usd = cost_nano_usd + ?1, unpriced_requests = unpriced_requests + ?2 "
        + "- (SELECT unpriced FROM requests WHERE id = ?3) "
        + "WHERE session_id = (SELECT session_id FROM requests WHERE id = ?3)"

    /// Fills `sessions` from all rows, as if each had been added; it has to be empty.
    static let rebuilding: String = {
        let sums = CostSums.scanExpressions.map { "sum(\($0))" }.joined(separator: ", ")
        return """
            INSERT INTO sessions (\((facts + CostSums.columns).joined(separator: ", ")))
            SELECT session_id, '', '', '', '', '', min(id), max(id), max(started_at + ifnull(duration_ns, 0)),
                ifnull(group_concat(DISTINCT nullif(model_served, '')), ''), 0, '', 0, \(sums)
            FROM requests WHERE session_id != '' GROUP BY session_id;
            UPDATE sessions SET (user, team, project, client_version, entrypoint) =
                (SELECT user, team, project, client_version, entrypoint FROM requests WHERE id = last_id);
            UPDATE sessions SET context_id = answer.id FROM (SELECT session_id AS session, max(id) AS id FROM requests
                WHERE operation = 'messages' AND outcome = 'ok' AND agent_id = '' AND request_class IN ('', 'main')
                GROUP BY session_id) AS answer WHERE answer.session = session_id;
            UPDATE sessions SET (context_model, context_tokens) = (SELECT model_served, input_tokens
                + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens
                FROM requests WHERE id = context_id) WHERE context_id > 0;
            """
    }()
}

extension SlotMemory {
    /// When the request ended, Unix nanoseconds.
    fileprivate var end: Int64 {
        numbers.pointee.startedAt &+ max(0, numbers.pointee.duration)
    }

    /// An answer in the main conversation: what the next turn begins with.
    fileprivate var isMainAnswer: Bool {
        guard operation == .messages, outcome == .ok, bytes(.agentID).isEmpty else { return false }
        let kind = bytes(.requestClass)
        return kind.isEmpty || String(decoding: kind, as: UTF8.self) == "main"
    }

    fileprivate var contextTokens: Int64 {
        let usage = numbers.pointee.usage
        return usage.input &+ usage.cacheWrite5m &+ usage.cacheWrite1h &+ usage.cacheRead &+ usage.output
    }
}

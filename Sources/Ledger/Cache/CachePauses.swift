/// Tells how much of what a request wrote into a provider's cache for five minutes was written again, and would still have been in a
/// cache that lives for an hour: what its conversation had there, if that was heard of more than five minutes and less than an hour before.
///
/// A conversation is a session, a subagent in it and the model that serves it. It is told once, when a row is written, and stands in the row.
struct CachePauses {
    /// Longer than five minutes, shorter than an hour; nanoseconds.
    private static let pause: Range<Int64> = 300_000_000_001..<3_600_000_000_000

    private struct Last {
        var at: Int64
        var cached: Int64
    }

    private var conversations: [[UInt8]: Last] = [:]
    /// What the open transaction changed, as it was before.
    private var changed: [(key: [UInt8], before: Last?)] = []
    private var newest: Int64 = 0
    /// At how many conversations those of more than an hour ago are forgotten.
    private var sweepAt = leastSweep
    private static let leastSweep = 4096
    /// Beyond it all are forgotten. About 200 bytes each.
    private static let most = 262_144

    /// Tokens that were written again.
    ///
    /// - Parameters:
    ///   - conversation: the texts of its key.
    ///   - at: when the request came in, Unix nanoseconds.
    mutating func rewritten(_ conversation: DimensionKey, at: Int64, _ usage: UsageCounts) -> Int64 {
        let cached = usage.cacheRead &+ usage.cacheWrite5m &+ usage.cacheWrite1h
        guard cached != 0 || usage.input != 0 || usage.output != 0 else { return 0 }
        let last = remember(conversation.bytes, Last(at: at, cached: cached))
        newest = max(newest, at)
        guard let last, Self.pause.contains(at - last.at) else { return 0 }
        return max(0, min(usage.cacheWrite5m, last.cached - usage.cacheRead))
    }

    /// What was remembered before. One that ends later than the one after it has nothing to say, and is not remembered.
    private mutating func remember(_ key: [UInt8], _ latest: Last) -> Last? {
        guard let index = conversations.index(forKey: key) else {
            // As long as it is, and not as what it was written into.
            let own = Array(key[...])
            changed.append((own, nil))
            conversations[own] = latest
            return nil
        }
        let (own, last) = conversations[index]
        guard last.at <= latest.at else { return last }
        changed.append((own, last))
        conversations.values[index] = latest
        return last
    }

    /// Conversations that are known.
    var count: Int { conversations.count }

    /// The transaction is written.
    mutating func keep() {
        changed.removeAll(keepingCapacity: true)
        guard conversations.count > sweepAt else { return }
        let oldest = newest - Self.pause.upperBound
        conversations = conversations.filter { $0.value.at >= oldest }
        if conversations.count > Self.most { conversations = [:] }
        sweepAt = max(Self.leastSweep, conversations.count * 2)
    }

    /// The transaction is undone.
    mutating func discard() {
        for (key, before) in changed.reversed() { conversations[key] = before }
        changed.removeAll(keepingCapacity: true)
    }
}

// MARK: From rows

extension CachePauses {
    /// The key of a closed row's conversation, and what its last attempt used; `nil` where there is none.
    static func conversation(of slot: SlotMemory, _ key: inout DimensionKey) -> UsageCounts? {
        let count = slot.attemptCount
        guard slot.operation == .messages, count > 0, !slot.bytes(.sessionID).isEmpty else { return nil }
        let attempt = slot.attempt(count - 1)
        key.reset()
        key.append(slot.bytes(.sessionID))
        key.append(slot.bytes(.agentID))
        key.append(slot.bytes(attempt.pointee.provider))
        key.append(slot.bytes(attempt.pointee.model))
        return attempt.pointee.usage
    }

    /// Rows from the first id up to the second: id, moment, what is stored, four texts of the key, four counts.
    private static let rows =
        "SELECT r.id, r.started_at, r.rewritten_tokens, r.session_id, r.agent_id, a.provider, a.model, a.input_tokens, "
        + "a.output_tokens, a.cache_write_5m_tokens, a.cache_write_1h_tokens, a.cache_read_tokens FROM requests r "
        + "CROSS JOIN attempts a ON a.request_id = r.id AND a.ordinal = r.attempts - 1 "
        + "WHERE r.id >= ?1 AND r.id < ?2 AND r.operation = '\(Operation.messages.name)' AND r.session_id != '' ORDER BY r.id"

    /// Goes over rows as if they were written now.
    ///
    /// - Parameter tell: of those where it does not stand yet, the id and the tokens.
    mutating func read(
        from first: Int64, to end: Int64, in database: Database, tell: (Int64, Int64) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let rows = try database.prepare(Self.rows)
        rows.bind(1, first)
        rows.bind(2, end)
        var key = DimensionKey()
        while try rows.step() {
            key.reset()
            for column in 3..<7 as Range<Int32> { key.append(rows.bytes(column)) }
            let usage = UsageCounts(
                input: rows.integer(7), output: rows.integer(8), cacheWrite5m: rows.integer(9),
                cacheWrite1h: rows.integer(10), cacheRead: rows.integer(11))
            let tokens = rewritten(key, at: rows.integer(1), usage)
            if rows.optionalInteger(2) == nil { try tell(rows.integer(0), tokens) }
        }
        keep()
    }

    /// What a gateway that starts has to know of the time before: an hour's rows.
    static func before(_ database: Database) throws(LedgerError) -> CachePauses {
        var pauses = CachePauses()
        let newest = try database.integer("SELECT ifnull(max(id), 0) FROM requests")
        try pauses.read(from: newest - reach, to: .max, in: database) { _, _ in }
        return pauses
    }

    /// Ids of an hour: they count milliseconds above their lower 22 bits.
    static let reach: Int64 = 3_600_000 << 22
}

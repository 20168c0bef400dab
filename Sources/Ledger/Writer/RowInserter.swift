/// Writes closed slots as rows. A row that is there already stays as it is.
final class RowInserter {
    private let database: Database
    private let request: Statement
    private let attempt: Statement

    init(_ database: Database) throws(LedgerError) {
        self.database = database
        request = try database.prepare(Self.insert(into: "requests", Self.requestColumns, key: "id"))
        attempt = try database.prepare(
            Self.insert(into: "attempts", Self.attemptColumns, key: "request_id, ordinal"))
    }

    private static func insert(into table: String, _ columns: [String], key: String) -> String {
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        // Only the conflict with the same row is a replay; any other violation must be an error.
        return "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places)) "
            + "ON CONFLICT (\(key)) DO NOTHING"
    }

    /// Inserts a request and its attempts.
    ///
    /// - Parameter rewritten: see `CachePauses`.
    /// - Returns: `false` if the row was there.
    func insert(_ slot: SlotMemory, rewritten: Int64) throws(LedgerError) -> Bool {
        bindRequest(slot)
        request.bind(Int32(Self.requestColumns.count), rewritten)
        try request.run()
        guard database.changes > 0 else { return false }
        for ordinal in 0..<slot.attemptCount {
            bindAttempt(slot.attempt(ordinal), ordinal: ordinal, of: slot)
            try attempt.run()
        }
        return true
    }

    private static let requestColumns = [
        "id", "started_at", "duration_ns", "ttfb_ns", "bytes_in", "bytes_out", "trace_id", "span_id", "status",
        "operation", "outcome", "streamed", "unpriced", "estimated", "truncated", "attempts", "cost_nano_usd",
        "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens",
        "web_search_requests", "web_fetch_requests",
        "user", "team", "key_id", "session_id", "agent_id", "parent_agent_id", "agent_type", "request_class",
        "prompt_id", "project", "model_requested", "model_served", "provider", "provider_kind", "client_version",
        "entrypoint",
        "groups", "virtual_account", "tool_durations", "metadata", "price_version", "stop_reason", "error_type",
        "upstream_request_id", "usage", "rewritten_tokens",
    ]

    /// The texts from column 25 on: first those where empty stands for none, then those where null does.
    private static let plainTexts: [TextField] = [
        .user, .team, .keyID, .sessionID, .agentID, .parentAgentID, .agentType, .requestClass, .promptID, .project,
        .modelRequested, .modelServed, .provider, .providerKind, .clientVersion, .entrypoint, .groups, .virtualAccount,
    ]
    private static let optionalTexts: [TextField] = [
        .toolDurations, .metadata, .priceVersion, .stopReason, .errorType, .upstreamRequestID, .rawUsage,
    ]

    private func bindRequest(_ slot: SlotMemory) {
        let numbers = slot.numbers.pointee
        request.bind(1, numbers.id)
        request.bind(2, numbers.startedAt)
        request.bind(3, unknown: -1, numbers.duration)
        request.bind(4, unknown: -1, numbers.timeToFirstByte)
        request.bind(5, numbers.bytesIn)
        request.bind(6, numbers.bytesOut)
        bindTrace(7, numbers)
        request.bindSpan(8, numbers.spanID)
        request.bind(9, unknown: 0, Int64(numbers.status))
        request.bind(10, slot.operation.name)
        request.bind(11, slot.outcome.name)
        request.bind(12, numbers.streamed)
        request.bind(13, numbers.unpriced)
        request.bind(14, numbers.estimated)
        request.bind(15, numbers.truncated)
        request.bind(16, Int64(slot.attemptCount))
        request.bind(17, numbers.costNanoUSD)
        request.bindUsage(18, numbers.usage)
        var index: Int32 = 25
        for field in Self.plainTexts {
            request.bindBorrowed(index, slot.bytes(field))
            index += 1
        }
        for field in Self.optionalTexts {
            request.bindOptional(index, slot.bytes(field))
            index += 1
        }
    }

    private func bindTrace(_ index: Int32, _ numbers: RequestNumbers) {
        guard numbers.traceHigh != 0 || numbers.traceLow != 0 else { return request.bindNull(index) }
        withUnsafeBytes(of: (numbers.traceHigh.bigEndian, numbers.traceLow.bigEndian)) {
            request.bindBlob(index, $0)
        }
    }

    private static let attemptColumns = [
        "request_id", "ordinal", "span_id", "started_at", "duration_ns", "ttfb_ns", "status", "outcome", "estimated",
        "reused_connection", "cost_nano_usd",
        "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens",
        "web_search_requests", "web_fetch_requests", "provider", "model", "provider_kind", "price_version", "holds",
        "error_type", "upstream_request_id", "admission", "settlement",
    ]

    private func bindAttempt(_ record: UnsafePointer<AttemptRecord>, ordinal: Int, of slot: SlotMemory) {
        attempt.bind(1, slot.numbers.pointee.id)
        attempt.bind(2, Int64(ordinal))
        attempt.bindSpan(3, record.pointee.spanID)
        attempt.bind(4, record.pointee.startedAt)
        attempt.bind(5, unknown: -1, record.pointee.duration)
        attempt.bind(6, unknown: -1, record.pointee.timeToFirstByte)
        attempt.bind(7, unknown: 0, Int64(record.pointee.status))
        attempt.bind(8, (Outcome(rawValue: record.pointee.outcome) ?? .interrupted).name)
        attempt.bind(9, record.pointee.estimated)
        attempt.bind(10, record.pointee.reusedConnection)
        attempt.bind(11, record.pointee.costNanoUSD)
        attempt.bindUsage(12, record.pointee.usage)
        attempt.bindBorrowed(19, slot.bytes(record.pointee.provider))
        attempt.bindBorrowed(20, slot.bytes(record.pointee.model))
        attempt.bindBorrowed(21, slot.bytes(record.pointee.providerKind))
        attempt.bindOptional(22, slot.bytes(record.pointee.priceVersion))
        attempt.bindOptional(23, slot.bytes(record.pointee.holds))
        attempt.bindOptional(24, slot.bytes(record.pointee.errorType))
        attempt.bindOptional(25, slot.bytes(record.pointee.upstreamRequestID))
        attempt.bind(26, unknown: 0, record.pointee.admission)
        attempt.bind(27, unknown: 0, record.pointee.settlement)
    }
}

extension SlotMemory {
    /// The outcome of a closed row.
    var outcome: Outcome { Outcome(rawValue: numbers.pointee.outcome) ?? .interrupted }
}

extension Statement {
    fileprivate func bind(_ index: Int32, unknown: Int64, _ value: Int64) {
        if value == unknown { bindNull(index) } else { bind(index, value) }
    }

    fileprivate func bindOptional(_ index: Int32, _ text: UnsafeRawBufferPointer) {
        if text.isEmpty { bindNull(index) } else { bindBorrowed(index, text) }
    }

    fileprivate func bindSpan(_ index: Int32, _ span: UInt64) {
        guard span != 0 else { return bindNull(index) }
        withUnsafeBytes(of: span.bigEndian) { bindBlob(index, $0) }
    }

    fileprivate func bindUsage(_ index: Int32, _ usage: UsageCounts) {
        bind(index, usage.input)
        bind(index + 1, usage.cacheWrite5m)
        bind(index + 2, usage.cacheWrite1h)
        bind(index + 3, usage.cacheRead)
        bind(index + 4, usage.output)
        bind(index + 5, usage.webSearchRequests)
        bind(index + 6, usage.webFetchRequests)
    }
}

/// A session as the roll-up has it.
package struct SessionRow: Sendable, Equatable {
    package let id: String
    package var user = ""
    package var team = ""
    package var project = ""
    package var clientVersion = ""
    package var entrypoint = ""
    /// Where its rows lie.
    package var first: RequestID
    package var last: RequestID
    /// When its last request ended, Unix nanoseconds.
    package var lastAt: Int64 = 0
    package var models: [String] = []
    package var contextModel = ""
    /// Tokens of the main conversation, its newest answer included; 0: there was none.
    package var contextTokens: Int64 = 0
    package var sums = CostSums()
    /// What it cost in the last five minutes, nano-dollars; only where that was asked for.
    package var recentNanoUSD: Int64 = 0

    package var startedAt: Int64 { first.unixMilliseconds * 1_000_000 }

    static let columns =
        "session_id, user, team, project, client_version, entrypoint, first_id, last_id, last_at, models, "
        + "context_model, context_tokens, " + CostSums.columns.joined(separator: ", ")

    init(reading statement: Statement) {
        id = statement.text(0)
        user = statement.text(1)
        team = statement.text(2)
        project = statement.text(3)
        clientVersion = statement.text(4)
        entrypoint = statement.text(5)
        first = RequestID(rawValue: statement.integer(6))
        last = RequestID(rawValue: statement.integer(7))
        lastAt = statement.integer(8)
        models = statement.text(9).split(separator: ",").map(String.init)
        contextModel = statement.text(10)
        contextTokens = statement.integer(11)
        sums = CostSums(reading: statement, from: 12)
    }
}

/// One request of a session.
package struct SessionCallRow: Sendable, Equatable {
    package let id: RequestID
    /// Unix nanoseconds; the others from there.
    package var startedAt: Int64 = 0
    package var duration: Int64?
    package var timeToFirstByte: Int64?
    package var operation = ""
    package var agentID = ""
    package var parentAgentID = ""
    package var agentType = ""
    package var requestClass = ""
    package var modelRequested = ""
    package var model = ""
    package var provider = ""
    package var status: Int64?
    package var outcome = ""
    package var errorType = ""
    package var stopReason = ""
    package var attempts: Int64 = 0
    package var usage = UsageCounts()
    package var costNanoUSD: Int64 = 0
    package var isEstimated = false
    /// The prompt's trace in hexadecimal; empty: it has none.
    package var trace = ""

    static let columns =
        "id, started_at, duration_ns, ttfb_ns, operation, agent_id, parent_agent_id, agent_type, request_class, "
        + "model_requested, model_served, provider, status, outcome, ifnull(error_type, ''), ifnull(stop_reason, ''), "
        + "attempts, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, "
        + "cost_nano_usd, estimated, lower(hex(trace_id))"

    init(reading statement: Statement) {
        id = RequestID(rawValue: statement.integer(0))
        startedAt = statement.integer(1)
        duration = statement.optionalInteger(2)
        timeToFirstByte = statement.optionalInteger(3)
        operation = statement.text(4)
        agentID = statement.text(5)
        parentAgentID = statement.text(6)
        agentType = statement.text(7)
        requestClass = statement.text(8)
        modelRequested = statement.text(9)
        model = statement.text(10)
        provider = statement.text(11)
        status = statement.optionalInteger(12)
        outcome = statement.text(13)
        errorType = statement.text(14)
        stopReason = statement.text(15)
        attempts = statement.integer(16)
        usage = UsageCounts(
            input: statement.integer(17), output: statement.integer(21), cacheWrite5m: statement.integer(18),
            cacheWrite1h: statement.integer(19), cacheRead: statement.integer(20))
        costNanoUSD = statement.integer(22)
        isEstimated = statement.integer(23) != 0
        trace = statement.text(24)
    }

    package var endedAt: Int64 { startedAt + (duration ?? 0) }
    package var totalInput: Int64 { usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead }
}

import Ledger
import Wire

extension SessionTree {
    /// The session for programs: nested as the tree is; money in nano-dollars, durations in nanoseconds.
    ///
    /// - Parameter missing: older calls that are not in it.
    func json(_ session: SessionRow, missing: Int64) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        session.writeMembers(to: &writer)
        writer.member("missing_calls", missing)
        writer.key("prompts")
        writer.beginArray()
        for prompt in prompts {
            writer.beginObject()
            writer.member("trace_id", prompt.trace)
            writer.member("started_at", RFC3339.text(prompt.begin))
            writer.member("duration_ns", prompt.end - prompt.begin)
            writer.member("cost_nano_usd", prompt.cost)
            Self.write(prompt.calls, prompt.agents, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }

    private static func write(_ calls: [Call], _ agents: [Agent], to writer: inout JSONWriter) {
        writer.key("calls")
        writer.beginArray()
        for call in calls { write(call, to: &writer) }
        writer.endArray()
        guard !agents.isEmpty else { return }
        writer.key("agents")
        writer.beginArray()
        for agent in agents { write(agent, to: &writer) }
        writer.endArray()
    }

    private static func write(_ agent: Agent, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("agent_id", agent.id)
        writer.member("type", agent.type)
        write(agent.calls, agent.agents, to: &writer)
        writer.endObject()
    }

    private static func write(_ call: Call, to writer: inout JSONWriter) {
        let row = call.row
        func optional(_ name: StaticString, _ value: Int64?) {
            if let value { writer.member(name, value) }
        }
        writer.beginObject()
        writer.member("request_id", row.id.description)
        writer.member("started_at", RFC3339.text(row.startedAt))
        optional("duration_ns", row.duration)
        optional("time_to_first_byte_ns", row.timeToFirstByte)
        writer.member("operation", row.operation)
        writer.member("class", row.requestClass)
        writer.member("model", row.model)
        writer.member("provider", row.provider)
        optional("status", row.status)
        writer.member("outcome", row.outcome)
        writer.member("error_type", row.errorType)
        writer.member("stop_reason", row.stopReason)
        writer.member("attempts", row.attempts)
        row.usage.writeMembers(to: &writer)
        writer.member("cost_nano_usd", row.costNanoUSD)
        writer.key("tools")
        writer.beginArray()
        for tool in call.tools { write(tool, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ tool: Tool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", tool.row.callID)
        writer.member("name", tool.row.name)
        writer.member("started_at", RFC3339.text(tool.row.startedAt))
        if let duration = tool.row.duration { writer.member("duration_ns", duration) }
        if let reported = tool.row.reported { writer.member("reported_ns", reported) }
        writer.key("is_error")
        writer.value(tool.row.isError)
        writer.member("result_bytes", tool.row.bytes)
        if let agent = tool.agent {
            writer.key("agent")
            write(agent, to: &writer)
        }
        writer.endObject()
    }
}

extension SessionRow {
    func writeMembers(to writer: inout JSONWriter) {
        writer.member("session_id", id)
        writer.member("user", user)
        writer.member("team", team)
        writer.member("project", project)
        writer.member("client_version", clientVersion)
        writer.member("started_at", RFC3339.text(startedAt))
        writer.member("last_at", RFC3339.text(lastAt))
        writer.key("models")
        writer.beginArray()
        for model in models { writer.value(string: model) }
        writer.endArray()
        writer.member("requests", sums.requests)
        writer.member("errors", sums.errors)
        writer.member("context_tokens", contextTokens)
        sums.usage.writeMembers(to: &writer)
        writer.member("cost_nano_usd", sums.costNanoUSD)
    }
}

extension UsageCounts {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("input_tokens", input)
        writer.member("cache_write_5m_tokens", cacheWrite5m)
        writer.member("cache_write_1h_tokens", cacheWrite1h)
        writer.member("cache_read_tokens", cacheRead)
        writer.member("output_tokens", output)
    }
}

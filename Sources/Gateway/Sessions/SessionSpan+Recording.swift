import Ledger
import Sessions
import Telemetry
import Wire

extension SessionSpan {
    /// Writes the span as it is exported. Tokens and money stand on the attempts' spans alone under the conventions' names, so that
    /// back ends count them once; the sums here are under ours.
    func record(in spans: inout SpanRecorder) {
        switch detail {
        case .prompt(let end, let agents, let previous, let marks):
            begin(&spans, "invoke_agent ", "claude-code")
            spans.text(.operationName, "invoke_agent")
            spans.text(.agentName, "claude-code")
            spans.text(.promptEnd, end.rawValue)
            spans.integer(.promptAgents, Int64(agents))
            addSubject(&spans)
            addTotals(&spans)
            if isError { spans.text(.errorType, "model_call_failed") }
            for mark in marks { add(mark, &spans) }
            if let previous {
                spans.link(trace: previous.traceID, span: previous.span)
                spans.text(.linkType, "previous_prompt")
            }
        case .agent(let id, let type):
            begin(&spans, "invoke_agent ", type.isEmpty ? "subagent" : type)
            spans.text(.operationName, "invoke_agent")
            spans.text(.genAgentID, id)
            spans.text(.agentName, type)
            addSubject(&spans)
            addTotals(&spans)
            if isError { spans.text(.errorType, "model_call_failed") }
        case .tool(let run):
            begin(&spans, "execute_tool ", run.name)
            record(run, &spans)
        }
        spans.end()
    }

    private func begin(_ spans: inout SpanRecorder, _ name: StaticString, _ rest: String) {
        spans.begin(
            .stage, trace: place.traceID, span: span, parent: parent, from: begin, to: max(begin, end),
            isError: isError,
            name: name, rest)
    }

    private func addSubject(_ spans: inout SpanRecorder) {
        spans.text(.conversationID, sessionID)
        spans.text(.sessionID, sessionID)
        spans.text(.userID, user)
        spans.text(.team, team)
        spans.text(.project, project)
    }

    private func addTotals(_ spans: inout SpanRecorder) {
        spans.integer(.totalCalls, totals.calls)
        spans.integer(.totalErrors, totals.errors)
        spans.integer(.totalTools, totals.tools)
        spans.integer(.totalInput, totals.input)
        spans.integer(.totalCacheRead, totals.cacheRead)
        spans.integer(.totalCacheWrite, totals.cacheWrite)
        spans.integer(.totalOutput, totals.output)
        spans.integer(.costNanoUSD, totals.costNanoUSD)
    }

    private func add(_ mark: CompactionMark, _ spans: inout SpanRecorder) {
        spans.event("tollgate.compaction", at: mark.at)
        spans.text(.compactionKind, mark.kind.rawValue)
        spans.text(.compactionTrigger, mark.trigger)
        spans.integer(.compactionContext, mark.context)
    }

    private func record(_ run: ToolRun, _ spans: inout SpanRecorder) {
        spans.text(.operationName, "execute_tool")
        spans.text(.toolName, run.name)
        spans.text(.toolCallID, run.id)
        spans.text(.toolType, "function")
        spans.text(.conversationID, run.sessionID)
        spans.text(.sessionID, run.sessionID)
        spans.text(.userID, user)
        spans.text(.agentID, run.agentID)
        spans.text(.spawnedAgent, run.spawned)
        spans.text(.toolRequest, "\(RequestID(rawValue: run.requestID))")
        guard let duration = run.duration else { return spans.text(.toolOutcome, "no_result") }
        spans.text(.toolOutcome, run.isError ? "error" : "ok")
        if run.isError { spans.text(.errorType, "tool_error") }
        spans.integer(.toolResultSize, Int64(run.bytes))
        guard let reported = run.reported else { return }
        spans.integer(.toolReported, reported)
        spans.integer(.toolWaiting, max(0, duration / 1_000_000 - reported))
    }
}

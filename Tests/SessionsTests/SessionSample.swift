import Testing
import Wire

@testable import Sessions

/// A session's model calls as a test tells of them, and what the machine makes of them.
final class SessionSample {
    var machine: SessionStateMachine
    var events: [SessionEvent] = []
    private var requests: Int64 = 0
    static let second: Int64 = 1_000_000_000

    init(_ limits: SessionStateMachine.Limits = SessionStateMachine.Limits()) { machine = SessionStateMachine(limits) }

    /// A call from one moment to another, in seconds.
    func call(
        _ from: Int64, _ to: Int64, prompt: UInt64 = 1, session: String = "s", agent: String = "", parent: String = "",
        results: [String] = [], uses: [(String, String)] = []
    ) -> ModelCall {
        requests += 1
        let place = session.utf8CString.withUnsafeBytes {
            PromptPlace(session: UnsafeRawBufferPointer(rebasing: $0.dropLast()), key: prompt)
        }
        guard let span = SpanID(UInt64(requests)) else { preconditionFailure("ids begin at 1") }
        var call = ModelCall(
            requestID: requests, traceID: place.traceID, serverSpan: span, startedAt: from * Self.second,
            endedAt: to * Self.second)
        call.place = place
        call.sessionID = session
        call.agentID = agent
        call.parentAgentID = parent
        call.status = 200
        call.input = 10
        call.output = 5
        call.costNanoUSD = 100
        call.stopReason = uses.isEmpty ? "end_turn" : "tool_use"
        call.toolUses = uses.map { ToolUse(id: $0.0, name: $0.1, at: to * Self.second) }
        call.conversation.toolResults = results.map { ToolResult(id: $0, isError: false, bytes: 7) }
        return call
    }

    func begin(_ call: ModelCall) {
        machine.began(RunningCall(trace: call.traceID.low, isOfAgent: !call.agentID.isEmpty))
    }

    func tell(_ call: ModelCall, at now: Int64? = nil) {
        machine.ended(call, at: now.map { $0 * Self.second } ?? call.endedAt) { events.append($0) }
    }

    func wait(until second: Int64) { machine.timePassed(at: second * Self.second) { events.append($0) } }

    func stop() { machine.shutdown { events.append($0) } }

    var spans: [SessionSpan] { events.compactMap { if case .span(let span) = $0 { span } else { nil } } }
    var tools: [ToolRun] { events.compactMap { if case .tool(let run) = $0 { run } else { nil } } }

    var prompts: [SessionSpan] {
        spans.filter { if case .prompt = $0.detail { true } else { false } }
    }
    var agents: [SessionSpan] {
        spans.filter { if case .agent = $0.detail { true } else { false } }
    }

    /// How a prompt ended.
    func end(_ span: SessionSpan) -> PromptEnd? {
        if case .prompt(let end, _, _, _) = span.detail { end } else { nil }
    }

    /// Each span once, none before its begin, and every parent there or a call's agent that is still open.
    func expectWellFormed() {
        let ids = spans.map(\.span)
        #expect(Set(ids).count == ids.count, "each span is told once")
        for span in spans {
            #expect(span.begin <= span.end)
            guard let parent = span.parent else { continue }
            #expect(spans.contains { $0.span == parent && $0.place == span.place }, "a parent is missing")
        }
    }
}

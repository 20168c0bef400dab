import Ledger
import Sessions
import Synchronization
import Telemetry
import Transport

/// Follows all sessions, on the exporter's loop: no request waits for it. `SessionStateMachine` says what is to be told; this makes
/// spans, figures and rows of it.
actor SessionTracker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let telemetry: LoopTelemetry
    private let writer: LedgerWriter
    private var machine = SessionStateMachine()
    private var cache: CacheWatch?
    private let timer: LoopTimer
    private var ticks = 0
    /// Of the wall's clock to the one that only goes forward.
    private var clockOffset = Int64.min + tick
    private static let tick: Int64 = 1_000_000_000
    private static let ticksToTidy = 600

    /// - Parameter loops: how many hand calls over.
    init(_ telemetry: LoopTelemetry, writer: LedgerWriter, loops: Int, watchesCaches: Bool) {
        loop = telemetry.loop
        self.telemetry = telemetry
        self.writer = writer
        cache = watchesCaches ? CacheWatch(telemetry, writer: writer, loops: loops) : nil
        timer = LoopTimer(loop: telemetry.loop)
    }

    /// From now on time passes; the loop runs.
    nonisolated func start() {
        loop.post { [self] in assumeIsolated { $0.begin() } }
    }

    private func begin() {
        telemetry.beforeCollection = { [unowned self] figures in
            let active = assumeIsolated { $0.machine.activeSessions(at: monotonicNanoseconds()) }
            figures.set(.activeSessions, Int64(active))
        }
        timer.whenFired = { [unowned self] in assumeIsolated { $0.timePassed() } }
        timer.schedule(after: Self.tick)
    }

    /// Model calls that have begun, and those that have ended; from any thread.
    ///
    /// This loop gives way to requests, so what it is given may wait: beyond a bound it is left out, and counted.
    nonisolated func give(begun: [RunningCall], _ calls: [EndedCall]) {
        let weight = calls.reduce(begun.count) { $0 + Self.weight + $1.call.conversation.segments.count }
        guard waiting.add(weight, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.subtract(weight, ordering: .relaxed)
            leftOut.add(calls.count, ordering: .relaxed)
            return
        }
        loop.post { [self] in
            waiting.subtract(weight, ordering: .relaxed)
            assumeIsolated { $0.take(begun, calls) }
        }
    }

    /// What waits, in segments of conversations, of 24 bytes; a call itself weighs as much as several.
    private let waiting = Atomic(0)
    private static let mostWaiting = 1_000_000
    private static let weight = 32
    /// Calls that found no room, not told yet.
    private let leftOut = Atomic(0)

    private func tellLeftOut() {
        let count = leftOut.exchange(0, ordering: .relaxed)
        guard count > 0 else { return }
        telemetry.figures.add(.telemetryDropped, Int64(count), .dropped("calls", "queue_full"))
    }

    private func take(_ begun: [RunningCall], _ calls: [EndedCall]) {
        let now = monotonicNanoseconds()
        cache?.take(calls, at: now)
        for call in begun { machine.began(call) }
        var told: [SessionEvent] = []
        for ended in calls { machine.ended(ended.call, at: now) { told.append($0) } }
        tell(told)
    }

    private func timePassed() {
        tellLeftOut()
        let now = monotonicNanoseconds()
        let offset = wallClockNanoseconds() - now
        if offset < clockOffset - Self.tick { machine.clockWentBack() }
        clockOffset = offset
        var told: [SessionEvent] = []
        machine.timePassed(at: now) { told.append($0) }
        cache?.timePassed(at: now)
        ticks += 1
        if ticks % Self.ticksToTidy == 0 { machine.tidy(at: now) { told.append($0) } }
        tell(told)
        timer.schedule(after: Self.tick)
    }

    /// Tells what is open, as it stands. After this nothing is told any more.
    func shutdown() {
        timer.cancel()
        timer.whenFired = {}
        cache?.finish()
        var told: [SessionEvent] = []
        machine.shutdown { told.append($0) }
        tell(told)
    }

    // MARK: Telling

    private func tell(_ events: [SessionEvent]) {
        guard !events.isEmpty else { return }
        var rows: [ToolRow] = []
        for event in events {
            switch event {
            case .tool(let run):
                rows.append(ToolRow(run))
                measure(run)
            case .span(let span):
                measure(span)
                guard telemetry.records else { continue }
                span.record(in: &telemetry.spans)
            }
        }
        if telemetry.records, telemetry.spans.count > 0 { telemetry.recorded() }
        writer.save(tools: rows)
    }

    private func measure(_ run: ToolRun) {
        // What is told a second time was counted.
        guard let duration = run.duration, run.spawned.isEmpty || !run.isToldAgain else { return }
        let labels = Labels().adding("gen_ai.tool.name", KnownTools.bounded(run.name))
            .adding("error.type", run.isError ? "tool_error" : "")
        let seconds = Double(duration) / 1e9
        telemetry.figures.record(.toolDuration, seconds, at: telemetry.figures.index(.toolDuration, labels))
        telemetry.figures.record(
            .executeToolDuration, seconds,
            at: telemetry.figures.index(
                .executeToolDuration, labels.adding("gen_ai.operation.name", "execute_tool")))
    }

    private func measure(_ span: SessionSpan) {
        let agent: String
        switch span.detail {
        case .prompt: agent = "claude-code"
        case .agent(id: _, let type): agent = KnownTools.boundedAgent(type)
        case .tool: return
        }
        let labels = Labels().adding("gen_ai.operation.name", "invoke_agent").adding("gen_ai.agent.name", agent)
            .adding("error.type", span.isError ? "_OTHER" : "")
        telemetry.figures.record(
            .invokeAgentDuration, Double(span.end - span.begin) / 1e9,
            at: telemetry.figures.index(.invokeAgentDuration, labels))
    }
}

/// Names that become labels: those the client brings along; others are as many as people make up.
enum KnownTools {
    private static let builtIn: Set<String> = [
        "Agent", "Task", "Bash", "BashOutput", "KillShell", "Edit", "MultiEdit", "Write", "Read", "NotebookEdit",
        "NotebookRead", "Glob", "Grep", "LS", "WebFetch", "WebSearch", "TodoWrite", "TodoRead", "ExitPlanMode",
        "EnterPlanMode", "AskUserQuestion", "Skill", "SlashCommand", "ToolSearch", "TaskOutput", "TaskStop",
        "TaskCreate", "TaskUpdate", "TaskGet", "TaskList", "SendMessage", "LSP", "Monitor", "ScheduleWakeup",
        "ListMcpResourcesTool", "ReadMcpResourceTool", "PowerShell", "EnterWorktree", "ExitWorktree",
    ]
    private static let agents: Set<String> = [
        "Explore", "Plan", "general-purpose", "custom", "teammate", "fork", "claude-code-guide", "statusline-setup",
    ]

    /// A built-in tool's name, `mcp`, or `other`.
    static func bounded(_ name: String) -> String {
        builtIn.contains(name) ? name : name.hasPrefix("mcp__") ? "mcp" : "other"
    }

    static func boundedAgent(_ type: String) -> String {
        type.isEmpty ? "subagent" : agents.contains(type) ? type : "other"
    }
}

extension ToolRow {
    fileprivate init(_ run: ToolRun) {
        self.init(requestID: run.requestID, callID: run.id)
        sessionID = run.sessionID
        agentID = run.agentID
        name = run.name
        startedAt = run.startedAt
        duration = run.duration
        reported = run.reported.map { $0 * 1_000_000 }
        isError = run.isError
        bytes = Int64(run.bytes)
        spawned = run.spawned
    }
}

import Wire

/// What a model call changes.
extension SessionState {
    mutating func add(
        _ call: ModelCall, at now: Int64, _ limits: SessionStateMachine.Limits, _ tell: (SessionEvent) -> Void
    ) {
        if !call.user.isEmpty { (user, team, project) = (call.user, call.team, call.project) }
        let key = call.place?.key ?? call.traceID.low
        // Results first: they may be of tools of the prompt before.
        takeResults(of: call, limits, tell)
        var prompt = prompts.removeValue(forKey: key) ?? newPrompt(key, call.traceID.low)
        if prompt.place == nil, call.isSampled { prompt.place = call.place }
        prompt.lastSeen = now
        prompt.span(call.startedAt, call.endedAt)
        prompt.totals.add(call)
        if prompt.workers[call.agentID] == nil {
            if !call.agentID.isEmpty { prompt.agents += 1 }
            if prompt.workers.count >= limits.workers {
                prompts[key] = prompt
                dropWorker(key, tell)
                prompt = prompts.removeValue(forKey: key) ?? prompt
            }
        }
        // The helping requests work for the main conversation.
        prompt.workers[call.agentID, default: PromptState.Worker(id: call.agentID)].add(call, at: now)
        noteCompaction(call, &prompt, limits)
        if call.isMain, prompt.supersededAt == nil { turn(to: &prompt, call, at: now) }
        prompts[key] = prompt
        takeUses(of: call, key, limits, tell)
        if prompts.count > limits.prompts { dropPrompt(tell) }
    }

    private func newPrompt(_ key: UInt64, _ trace: UInt64) -> PromptState {
        var prompt = PromptState(key: key, trace: trace)
        prompt.isClosed = retired.contains(key)
        return prompt
    }

    /// Tells of the agent that was not heard of for longest, as it stands, and forgets it: its requests have its span as their parent.
    private mutating func dropWorker(_ key: UInt64, _ tell: (SessionEvent) -> Void) {
        let oldest = prompts[key]?.workers.values.filter { !$0.id.isEmpty }.min {
            ($0.isTold ? 0 : 1, $0.lastSeen, $0.begin) < ($1.isTold ? 0 : 1, $1.lastSeen, $1.begin)
        }
        guard let oldest else { return }
        if !oldest.isTold { closeAgent(oldest.id, key, tell) }
        prompts[key]?.workers[oldest.id] = nil
    }

    /// The main conversation is at that prompt.
    private mutating func turn(to prompt: inout PromptState, _ call: ModelCall, at now: Int64) {
        guard current != prompt.key else { return }
        // A call of an older prompt that is told late.
        guard call.startedAt >= currentSince else {
            prompt.supersededAt = now
            return
        }
        if let current, var last = prompts[current] {
            prompt.previous = last.place
            last.supersededAt = last.supersededAt ?? now
            prompts[current] = last
        }
        current = prompt.key
        currentSince = call.startedAt
    }

    private mutating func noteCompaction(
        _ call: ModelCall, _ prompt: inout PromptState, _ limits: SessionStateMachine.Limits
    ) {
        func mark(_ kind: CompactionMark.Kind, _ trigger: String) {
            guard prompt.marks.count < limits.marks else { return }
            prompt.marks.append(
                CompactionMark(kind: kind, at: call.startedAt, trigger: trigger, context: call.context))
        }
        if !call.compaction.isEmpty || call.requestClass == "compaction" { return mark(.summary, call.compaction) }
        guard call.isMain, call.status == 200, !call.isRefused else { return }
        if !call.contextCompacted.isEmpty {
            mark(.compacted, call.contextCompacted)
        } else if context > Self.leastShrunk, call.context < context / 2, call.requestClass.isEmpty {
            mark(.shrunk, "")
        }
        context = call.context
    }

    /// Tokens of a context that is worth summing up.
    private static let leastShrunk: Int64 = 20_000

    // MARK: Tools

    private mutating func takeResults(
        of call: ModelCall, _ limits: SessionStateMachine.Limits, _ tell: (SessionEvent) -> Void
    ) {
        guard !call.conversation.toolResults.isEmpty else { return }
        var durations = ToolDurations(call.toolDurations)
        for result in call.conversation.toolResults.prefix(limits.tools) {
            let key = ToolKey(agent: call.agentID, id: result.id)
            if let open = tools[key] {
                let early = EarlyResult(
                    key: key, at: call.startedAt, result: result, reported: durations.take(open.call.name))
                close(open, by: early, tell)
            } else if !early.contains(where: { $0.key == key }) {
                if early.count >= Self.maximumEarly { early.removeFirst() }
                early.append(EarlyResult(key: key, at: call.startedAt, result: result, reported: nil))
            }
        }
    }

    /// Results without a call: of calls that are not known yet, and of requests that are sent once more.
    private static let maximumEarly = 256

    private mutating func takeUses(
        of call: ModelCall, _ key: UInt64, _ limits: SessionStateMachine.Limits, _ tell: (SessionEvent) -> Void
    ) {
        for use in call.toolUses {
            let made = ToolRun(
                sessionID: id, agentID: call.agentID, requestID: call.requestID, id: use.id, name: use.name,
                startedAt: use.at)
            let open = OpenTool(call: made, prompt: key)
            if open.call.spawns {
                if spawns.count >= Self.maximumSpawns { spawns.removeFirst() }
                spawns.append(Spawn(call: made, prompt: key))
            }
            // A result that was on its way before its call was asked for is none of it: ids repeat where an upstream makes them up.
            let name = ToolKey(agent: call.agentID, id: use.id)
            if let place = early.firstIndex(where: { $0.key == name }), early[place].at >= call.startedAt {
                close(open, by: early.remove(at: place), tell)
            } else if tools.count < limits.tools || tools[name] != nil {
                // Of two calls with one id the older one gets no result any more.
                let older = tools.updateValue(open, forKey: name)
                if let older, older.call.requestID != call.requestID { tellTool(older.call, older.prompt, tell) }
            } else {
                tellTool(made, key, tell)
            }
        }
    }

    private static let maximumSpawns = 64

    private mutating func close(_ open: OpenTool, by result: EarlyResult, _ tell: (SessionEvent) -> Void) {
        if tools[result.key]?.call.requestID == open.call.requestID { tools[result.key] = nil }
        var call = open.call
        call.endedAt = max(call.startedAt, result.at)
        call.isError = result.result.isError
        call.bytes = result.result.bytes
        call.reported = result.reported
        tellTool(call, open.prompt, tell)
    }

    /// What is told of a tool is told once; of one that starts subagents again when it is known which.
    mutating func tellTool(_ call: ToolRun, _ key: UInt64, _ tell: (SessionEvent) -> Void) {
        var call = call
        if call.spawns,
            let place = spawns.firstIndex(where: { $0.call.id == call.id && $0.call.requestID == call.requestID })
        {
            call.spawned = spawns[place].call.spawned
            spawns[place].call = call
            spawns[place].isTold = true
        }
        tell(.tool(call))
        guard var prompt = prompts[key] else { return }
        prompt.span(call.startedAt, call.endedAt ?? call.startedAt)
        if let end = prompt.workers[call.agentID]?.end {
            prompt.workers[call.agentID]?.end = max(end, call.endedAt ?? call.startedAt)
        }
        prompts[key] = prompt
        guard let place = prompt.place else { return }
        tell(
            .span(
                SessionSpan(
                    place: place, span: place.toolSpan(call.id, of: call.requestID),
                    parent: parent(of: call.agentID, place), begin: call.startedAt,
                    end: call.endedAt ?? max(call.startedAt, prompt.end), isError: call.isError,
                    sessionID: id, user: user, team: team, project: project, detail: .tool(call))))
    }

    private func parent(of agent: String, _ place: PromptPlace) -> SpanID {
        agent.isEmpty ? place.span : place.agentSpan(agent)
    }

    /// Finds the calls that started subagents, both in the order of time: late, when all of them are known that began together. The
    /// calls are told again with what is known now.
    mutating func matchSpawns(_ key: UInt64, _ tell: (SessionEvent) -> Void) {
        guard var prompt = prompts[key] else { return }
        let agents = prompt.workers.values.filter { !$0.id.isEmpty && $0.spawner == nil }.sorted { $0.begin < $1.begin }
        for agent in agents {
            let match = spawns.indices.filter { index in
                let spawn = spawns[index]
                return spawn.prompt == key && spawn.call.spawned.isEmpty && spawn.call.agentID == agent.parent
                    && spawn.call.startedAt <= agent.begin
            }.min { spawns[$0].call.startedAt < spawns[$1].call.startedAt }
            guard let match else { continue }
            spawns[match].call.spawned = agent.id
            prompt.workers[agent.id]?.spawner = (spawns[match].call.id, spawns[match].call.requestID)
            guard spawns[match].isTold else { continue }
            var again = spawns[match].call
            again.isToldAgain = true
            tell(.tool(again))
        }
        prompts[key] = prompt
    }
}

extension ToolRun {
    /// It starts a subagent.
    var spawns: Bool { name == "Task" || name == "Agent" }
}

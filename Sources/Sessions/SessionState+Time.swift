import Wire

/// What comes with time: ends that nobody announces.
extension SessionState {
    mutating func timePassed(
        at now: Int64, _ limits: SessionStateMachine.Limits, isRunning: (RunningCall) -> Bool,
        _ tell: (SessionEvent) -> Void
    ) {
        for key in Array(prompts.keys) {
            guard let prompt = prompts[key], !prompt.isTold || hasTools(key) else { continue }
            let isIdle = now - prompt.lastSeen >= limits.idle
            if prompt.isTold {
                if isIdle { abandonTools(key, tell) }
                continue
            }
            // What still runs says more when it ends.
            if isIdle || !isRunning(RunningCall(trace: prompt.trace, isOfAgent: true)) {
                closeAgents(key, at: now, limits, tell)
            }
            if !isIdle, isRunning(RunningCall(trace: prompt.trace, isOfAgent: false)) { continue }
            if let end = end(of: prompts[key] ?? prompt, at: now, limits) { close(key, end, tell) }
        }
    }

    /// Whether a prompt is over, and why.
    private func end(
        of prompt: PromptState, at now: Int64, _ limits: SessionStateMachine.Limits
    ) -> PromptEnd? {
        if prompt.isClosed { return nil }
        if let since = prompt.supersededAt, now - since >= limits.grace { return .next }
        let silence = now - prompt.lastSeen
        if silence >= limits.idle { return .idle }
        let isOpen = prompt.workers.values.contains { !$0.id.isEmpty && !$0.isTold }
        guard !isOpen, !hasTools(prompt.key) else { return nil }
        switch prompt.workers[""]?.ending {
        case .answered?: return silence >= limits.quiet ? .answered : nil
        case .failed?: return silence >= limits.patience ? .failed : nil
        // Only subagents and helping requests are known, and they are over.
        case nil: return silence >= limits.quiet ? .answered : nil
        case .working?: return nil
        }
    }

    /// Tells of subagents that have said their last word.
    private mutating func closeAgents(
        _ key: UInt64, at now: Int64, _ limits: SessionStateMachine.Limits, _ tell: (SessionEvent) -> Void
    ) {
        guard let prompt = prompts[key] else { return }
        for agent in prompt.workers.values where !agent.id.isEmpty && !agent.isTold {
            let isOver =
                switch agent.ending {
                case .answered?: now - agent.lastSeen >= limits.quiet
                case .failed?: now - agent.lastSeen >= limits.patience
                case nil: now - agent.lastSeen >= limits.quiet
                case .working?: now - prompt.lastSeen >= limits.idle
                }
            if isOver { closeAgent(agent.id, key, tell) }
        }
    }

    private func hasTools(_ key: UInt64) -> Bool { tools.values.contains { $0.prompt == key } }

    mutating func closeAgent(_ agent: String, _ key: UInt64, _ tell: (SessionEvent) -> Void) {
        abandonTools(key, tell) { $0.agentID == agent }
        matchSpawns(key, tell)
        guard var prompt = prompts[key], let worker = prompt.workers[agent] else { return }
        prompt.workers[agent]?.isTold = true
        prompts[key] = prompt
        guard let place = prompt.place else { return }
        let parent: SpanID =
            if let spawner = worker.spawner {
                place.toolSpan(spawner.id, of: spawner.request)
            } else if prompt.workers[worker.parent] != nil, !worker.parent.isEmpty {
                place.agentSpan(worker.parent)
            } else {
                place.span
            }
        tell(
            .span(
                SessionSpan(
                    place: place, span: place.agentSpan(agent), parent: parent, begin: worker.begin, end: worker.end,
                    isError: worker.ending == .failed, sessionID: id, user: user, team: team, project: project,
                    totals: worker.totals, detail: .agent(id: agent, type: worker.type))))
    }

    /// Tells of tools that no result has come for: nobody waits for it any more.
    private mutating func abandonTools(
        _ key: UInt64, _ tell: (SessionEvent) -> Void, where isLeft: (ToolRun) -> Bool = { _ in true }
    ) {
        let left = tools.values.filter { $0.prompt == key && isLeft($0.call) }
        for open in left.sorted(by: { ($0.call.startedAt, $0.call.id) < ($1.call.startedAt, $1.call.id) }) {
            tools[ToolKey(agent: open.call.agentID, id: open.call.id)] = nil
            tellTool(open.call, key, tell)
        }
    }

    /// The prompt's own span: its subagents may go on.
    private mutating func close(_ key: UInt64, _ end: PromptEnd, _ tell: (SessionEvent) -> Void) {
        guard prompts[key]?.isClosed == false else { return }
        abandonTools(key, tell) { $0.agentID.isEmpty }
        guard var prompt = prompts[key] else { return }
        prompt.isClosed = true
        prompts[key] = prompt
        guard let place = prompt.place else { return }
        tell(
            .span(
                SessionSpan(
                    place: place, span: place.span, parent: nil, begin: prompt.begin, end: prompt.end,
                    isError: prompt.workers[""]?.ending == .failed && end != .next, sessionID: id, user: user,
                    team: team, project: project, totals: prompt.totals,
                    detail: .prompt(end: end, agents: prompt.agents, previous: prompt.previous, marks: prompt.marks))))
    }

    private mutating func closeWhole(_ key: UInt64, _ end: PromptEnd, _ tell: (SessionEvent) -> Void) {
        for agent in prompts[key]?.workers.values.filter({ !$0.id.isEmpty && !$0.isTold }) ?? [] {
            closeAgent(agent.id, key, tell)
        }
        close(key, end, tell)
        // Of what went on when it had been told of.
        abandonTools(key, tell)
    }

    mutating func closeAll(_ end: PromptEnd, _ tell: (SessionEvent) -> Void) {
        for key in prompts.keys.sorted(by: { (prompts[$0]?.begin ?? 0) < (prompts[$1]?.begin ?? 0) }) {
            closeWhole(key, end, tell)
        }
    }

    /// Forgets the prompt that was not heard of for longest.
    mutating func dropPrompt(_ tell: (SessionEvent) -> Void) {
        let oldest = prompts.values.filter { $0.key != current }.min { $0.lastSeen < $1.lastSeen }
        guard let key = oldest?.key else { return }
        closeWhole(key, .idle, tell)
        retire(key)
    }

    /// Forgets prompts of which nothing is open and nothing was heard for long.
    mutating func tidy(at now: Int64, _ limits: SessionStateMachine.Limits) {
        for prompt in Array(prompts.values)
        where prompt.isTold && prompt.key != current && now - prompt.lastSeen >= limits.activity
            && !hasTools(prompt.key)
        {
            retire(prompt.key)
        }
    }

    /// What still comes of it will find its span told.
    private mutating func retire(_ key: UInt64) {
        prompts[key] = nil
        spawns.removeAll { $0.prompt == key }
        retired.removeAll { $0 == key }
        if retired.count >= Self.maximumRetired { retired.removeFirst() }
        retired.append(key)
    }

    private static let maximumRetired = 64
}

import Configuration
import HTTP
import Ledger
import Providers
import Sessions
import Telemetry
import Wire

extension LoopWorker {
    /// accept, at its end: what the body tells of the conversation, and the trace of the prompt that the request is for.
    ///
    /// A client with a trace of its own keeps it: its spans say what the session does.
    func join(_ exchange: Exchange, _ scan: MessagesBody) {
        guard exchange.facts.sessionID != nil, let body = exchange.body else { return }
        let counts = exchange.operation == .countTokens
        let wanted = exchange.setting.snapshot.telemetry
        // With nothing to tell of sessions nobody needs to know the conversation.
        guard wanted.sessionTraces || wanted.cacheForensics else { return }
        if !counts {
            exchange.conversation = conversations.conversation(
                body.bytes, members: scan.members, session: exchange.session, trail: scan.trail)
        }
        findPlace(of: exchange, counts: counts)
        guard !counts else { return }
        let agent = exchange.facts.agentID.map { !$0.isEmpty && $0.count <= Self.longestHint } ?? false
        sessions.began(RunningCall(trace: exchange.trace.traceID.low, isOfAgent: agent))
    }

    private func findPlace(of exchange: Exchange, counts: Bool) {
        guard exchange.trace.parent == nil, exchange.setting.snapshot.telemetry.sessionTraces else { return }
        let agent = exchange.text(exchange.facts.agentID)
        guard let found = prompts.place(of: asker(exchange, agent, counts: counts)) else { return }
        if let news = found.news { tellPrompt(news) }
        exchange.isHelping = found.isHelping
        let place = found.place
        exchange.trace = RequestTrace(
            traceID: place.traceID, serverSpan: exchange.trace.serverSpan,
            parent: agent.isEmpty || counts ? place.span : place.agentSpan(agent),
            isSampled: telemetry.isSampled(parent: nil, traceID: place.traceID), place: place)
    }

    private func asker(
        _ exchange: Exchange, _ agent: UnsafeRawBufferPointer, counts: Bool
    ) -> PromptTable.Asker {
        let facts = exchange.facts
        var asker = PromptTable.Asker(session: exchange.session)
        asker.agent = agent
        asker.promptID = exchange.text(facts.promptID)
        asker.requestClass = exchange.text(facts.requestClass)
        asker.isCount = counts
        // HOT: a conversation has many parts, and is not copied to be asked.
        if let key = exchange.conversation?.promptKey { asker.promptKey = key }
        if let bytes = exchange.conversation?.segments.toolBytes { asker.toolBytes = bytes }
        return asker
    }
}

import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// admit: the request is let through, and its row opened, before any upstream can see it. From here on it is accounted for,
    /// whatever happens to this process.
    func admit(_ exchange: Exchange) async throws(Refusal) -> JournalSlot {
        try brake(exchange)
        try await holdTarget(exchange)
        guard let slot = journal.open(facts(exchange)) else {
            ledgerRefused()
            throw .ledgerBehind
        }
        return slot
    }

    /// Holds the present target, or the first after it that nothing forbids. Throws what was against the first one.
    private func holdTarget(_ exchange: Exchange) async throws(Refusal) {
        var first: Refusal?
        while let routed = exchange.routed {
            do throws(Refusal) {
                return exchange.keep(try await reserve(exchange, routed))
            } catch {
                guard error.status != 499 else { throw error }
                let reason = first ?? error
                first = reason
                guard let way = exchange.way, way.advance(because: error.rule) else { throw reason }
                do throws(Refusal) { try takeNext(exchange, way) } catch { throw reason }
            }
        }
    }

    private func facts(_ exchange: Exchange) -> RequestFacts {
        var row = RequestFacts(id: exchange.id, startedAt: exchange.startedWall)
        row.operation = exchange.operation ?? .messages
        row.streamed = exchange.isStreamed
        row.bytesIn = Int64(exchange.bodyBytes)
        row.traceHigh = exchange.trace.traceID.high
        row.traceLow = exchange.trace.traceID.low
        row.spanID = exchange.trace.serverSpan.value
        row.estimate = estimate(exchange)
        if let principal = exchange.principal {
            row.user = .string(principal.user)
            row.team = .string(principal.team)
            row.keyID = .string(principal.keyID)
            let groups = principal.groups
            row.groups = FactText(
                groups.isEmpty ? nil : exchange.setting.book.text(ofGroups: groups, limit: JournalLimits.groupsBytes))
            row.virtualAccount = FactText(principal.virtualAccount.isEmpty ? nil : principal.virtualAccount)
        }
        addClient(exchange, to: &row)
        row.project = FactText(exchange.metadata.project)
        exchange.setting.book.json(of: exchange.metadata, limit: JournalLimits.metadataBytes).withUnsafeBytes {
            if !$0.isEmpty { row.metadata = .string(String(decoding: $0, as: UTF8.self)) }
        }
        if let routed = exchange.routed { row.modelRequested = .string(routed.requested) }
        return row
    }

    private func addClient(_ exchange: Exchange, to row: inout RequestFacts) {
        let facts = exchange.facts
        func text(_ range: Range<Int>?) -> FactText { range == nil ? .none : .bytes(exchange.text(range)) }
        row.sessionID = text(facts.sessionID)
        row.agentID = text(facts.agentID)
        row.parentAgentID = text(facts.parentAgentID)
        row.agentType = text(facts.agentType)
        row.requestClass = text(facts.requestClass)
        row.promptID = text(facts.promptID)
        row.toolDurations = text(facts.toolDurations)
        if let userAgent = facts.userAgent {
            let text = exchange.text(userAgent), agent = ClientAgent(text)
            row.clientVersion = .bytes(text.slice(agent.version))
            row.entrypoint = .bytes(text.slice(agent.entrypoint))
        }
    }

    /// What the request is charged with if this process dies before it ends: its input, by its size.
    private func estimate(_ exchange: Exchange) -> UsageEstimate {
        guard exchange.operation == .messages else { return UsageEstimate() }
        var usage = TokenUsage()
        usage.input = TokenEstimate.input(bodyBytes: exchange.bodyBytes)
        let bill = Bill(usage, at: exchange.routed?.price)
        return UsageEstimate(usage: UsageCounts(usage), costNanoUSD: bill.cost.value, unpriced: bill.isUnpriced)
    }
}

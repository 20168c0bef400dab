import Configuration
import Governance
import Ledger
import Providers
import Sessions
import Telemetry
import Wire

extension LoopWorker {
    /// Of what a client says of itself, bytes.
    static let longestHint = 256

    /// account, of a session: what its followers see of the request, once it has ended.
    ///
    /// - Parameter isKept: see `isKept(_:)`: what is kept although it was not chosen needs its parents too.
    func observe(_ exchange: Exchange, isKept: Bool) {
        guard exchange.operation == .messages, exchange.facts.sessionID != nil,
            let conversation = exchange.conversation.take()
        else { return }
        var call = ModelCall(
            requestID: exchange.id.rawValue, traceID: exchange.trace.traceID, serverSpan: exchange.trace.serverSpan,
            startedAt: exchange.startedWall, endedAt: exchange.startedWall + exchange.endedAt - exchange.startedAt)
        call.isSampled = isKept
        call.place = exchange.trace.place
        call.isHelping = exchange.isHelping
        call.firstByteAt = exchange.firstByteAt.map { exchange.startedWall + $0 - exchange.startedAt }
        call.conversation = conversation
        addClient(exchange, &call)
        addAnswer(exchange, &call)
        sessions.add(EndedCall(call))
    }

    private func addClient(_ exchange: Exchange, _ call: inout ModelCall) {
        let facts = exchange.facts
        func text(_ range: Range<Int>?, _ limit: Int = Self.longestHint) -> String {
            guard let range, !range.isEmpty, range.count <= limit else { return "" }
            return String(decoding: exchange.text(range), as: UTF8.self)
        }
        call.sessionID = String(decoding: exchange.session, as: UTF8.self)
        call.agentID = text(facts.agentID)
        call.parentAgentID = text(facts.parentAgentID)
        call.agentType = text(facts.agentType)
        call.requestClass = text(facts.requestClass)
        call.compaction = text(facts.compaction)
        call.contextCompacted = text(facts.contextCompacted)
        call.toolDurations = text(facts.toolDurations, 4_096)
        if let principal = exchange.principal {
            call.user = principal.user
            call.team = principal.team
        }
        call.project = exchange.metadata.project ?? ""
    }

    private func addAnswer(_ exchange: Exchange, _ call: inout ModelCall) {
        call.status = exchange.statusForRecords
        if let routed = exchange.routed {
            call.model = routed.upstream
            call.provider = exchange.setting.accounts[routed.account].name
        }
        guard let last = exchange.lastAttempt else {
            call.isRefused = true
            return
        }
        call.clientSpan = last.span
        call.stopReason = last.facts.stopReason
        let usage = exchange.usage
        call.costNanoUSD = exchange.costNanoUSD
        call.input = usage.input
        call.cacheWrite5m = usage.cacheWrite5m
        call.cacheWrite1h = usage.cacheWrite1h
        call.cacheRead = usage.cacheRead
        call.output = usage.output
        call.isEstimated = exchange.attempts.contains { $0.bill.isEstimated }
        call.rates = last.routed.price.flatMap { Cost.perMillion(for: last.bill.usage, at: $0) }.map { CacheRates($0) }
        addTools(last, exchange, &call)
    }

    private func addTools(_ attempt: Attempt, _ exchange: Exchange, _ call: inout ModelCall) {
        guard !attempt.facts.tools.isEmpty, let meter = attempt.meter else { return }
        let times = meter.toolTimes
        call.toolUses.reserveCapacity(attempt.facts.tools.count)
        for (index, tool) in attempt.facts.tools.enumerated() {
            // One that has not come whole cannot be run by anybody.
            guard index < times.count || attempt.hasWholeAnswer else { break }
            let at = index < times.count ? times[index] : exchange.endedAt
            call.toolUses.append(
                ToolUse(id: tool.id, name: tool.name, at: exchange.startedWall + at - exchange.startedAt))
        }
    }
}

extension CacheRates {
    fileprivate init(_ prices: TokenPrices) {
        self.init(
            input: prices.input, cacheRead: prices.cacheRead, cacheWrite5m: prices.cacheWrite5m,
            cacheWrite1h: prices.cacheWrite1h)
    }
}

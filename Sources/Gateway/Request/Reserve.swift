import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Transport
import Wire

extension LoopWorker {
    /// admit, of one attempt: it is held against every budget and limit that is about it, at its target's price, all or none. Throws why it
    /// may not go there.
    func reserve(_ exchange: Exchange, _ routed: RoutedModel) async throws(Refusal) -> Hold {
        guard exchange.operation == .messages, let principal = exchange.principal else { return .nothing }
        let book = exchange.setting.book
        if book.rules.budgets.isEmpty, book.rules.rates.isEmpty { return .nothing }
        let places = exchange.setting.places.places(
            principal, exchange.metadata, routed.route, session: exchange.session
        ) { subject(exchange, principal, routed) }
        if places.isEmpty { return .nothing }
        let demand = demand(exchange, principal, routed, book, places)
        let asked = monotonicNanoseconds()
        let verdict = await verdict(on: demand, exchange)
        countAdmission(nanoseconds: monotonicNanoseconds() - asked)
        return try decided(verdict, exchange, routed, book, places)
    }

    // What follows is not part of `reserve`, whose frame would be 7 KiB, and each connection has one.

    @inline(never)
    private func decided(
        _ verdict: AdmissionVerdict?, _ exchange: Exchange, _ routed: RoutedModel, _ book: RuleBook,
        _ places: RuleBook.Places
    ) throws(Refusal) -> Hold {
        switch verdict {
        case .admitted(let admission):
            exchange.budgetNotice = admission.notice
            exchange.budgetWarnings += admission.warnings
            count(admission, places, book)
            exchange.places.add(admission, at: governor)
            return Hold(admission, at: governor, keepsPlaces: true)
        case .refused(let refusal):
            exchange.decisions.append(refusal)
            count(refusal)
            throw Refusal(refusal, model: routed.requested)
        case .waiting, nil: throw .clientGone
        }
    }

    @inline(never)
    func subject(_ exchange: Exchange, _ principal: Principal, _ routed: RoutedModel) -> RuleSubject {
        RuleSubject(
            principal: principal, metadata: exchange.metadata, target: routed.route.names,
            session: String(decoding: exchange.session, as: UTF8.self))
    }

    @inline(never)
    private func demand(
        _ exchange: Exchange, _ principal: Principal, _ routed: RoutedModel, _ book: RuleBook,
        _ places: RuleBook.Places
    ) -> Demand {
        let bytes = exchange.bodyBytes, output = exchange.maximumOutput
        let expected = forecast.expect(forecastKeys(exchange, routed), bodyBytes: bytes, maximumOutput: output)
        let mostInput = mostInput(exchange, places), mostOutput = max(output ?? Self.mostOutput, Self.leastOutput)
        let cost = routed.price.map { price in
            BudgetBalance.Claim(
                amount: Cost.of(expected.usage, at: price).value,
                worst: Cost.most(inputTokens: mostInput, maximumOutput: mostOutput, at: price).value)
        }
        let tokens = BudgetBalance.Claim(
            amount: expected.tokens, worst: mostInput.addingSaturated(mostOutput))
        return Demand(
            book: book, places: places, owner: principal.holder, cost: cost,
            tokens: tokens, held: exchange.places.held)
    }

    /// Where a request does not say how much may be written: more than any model does.
    private static let mostOutput: Int64 = 128_000
    /// Some providers take no less, and are asked for that.
    private static let leastOutput: Int64 = 16

    /// No token is less than a byte, but for what the body only refers to. Matters to budgets alone.
    private func mostInput(_ exchange: Exchange, _ places: RuleBook.Places) -> Int64 {
        let bytes = Int64(max(exchange.bodyBytes, exchange.changedBytes))
        return places.budgets.isEmpty ? bytes : bytes + exchange.furtherInput
    }

    private func forecastKeys(_ exchange: Exchange, _ routed: RoutedModel) -> UsageForecast.Keys {
        UsageForecast.Keys(
            conversation: exchange.text(exchange.facts.sessionID), agent: exchange.text(exchange.facts.agentID),
            caller: exchange.principal?.keyID ?? "", model: routed.upstream)
    }

    /// What the governor says; `nil`: the client left the queue.
    private func verdict(on demand: Demand, _ exchange: Exchange) async -> AdmissionVerdict? {
        guard demand.mayWait else { return await governor.admit(demand, whenTurn: nil) }
        let wakeup = exchange.channel.wakeup
        let turn = QueuedTurn(wakeup, loop: loop, governor: governor)
        let verdict = await governor.admit(demand, whenTurn: { turn.arrived($0) })
        guard case .waiting(let ticket, let rule) = verdict else { return verdict }
        countWaiting(1, rule)
        defer { countWaiting(-1, rule) }
        while turn.verdict == nil {
            if await wakeup.wait(for: .notice | .downstreamHangup).contains(.downstreamHangup) {
                turn.abandon(ticket)
                return nil
            }
        }
        return turn.verdict
    }

    /// settle: the hold of an attempt becomes a charge. The attempt's place in the order of settlements.
    func settle(_ hold: consuming Hold, _ attempt: Attempt, _ exchange: Exchange) async -> Int64 {
        let usage = attempt.bill.usage
        if attempt.bill.isReported {
            forecast.learn(
                forecastKeys(exchange, attempt.routed), bodyBytes: exchange.bodyBytes, usage: usage,
                at: attempt.routed.price)
        }
        var spending = Spending()
        spending.cost = attempt.bill.cost.value
        spending.tokens = usage.totalInput &+ usage.output
        spending.isUnpriced = attempt.bill.isUnpriced
        spending.duration = attempt.duration
        return await hold.settle(spending)
    }
}

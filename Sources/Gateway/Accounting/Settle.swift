import Configuration
import HTTP
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// settle, of one attempt: what happened gets its name and its price.
    func end(_ attempt: Attempt, _ exchange: Exchange) {
        if let meter = attempt.meter { attempt.facts = meter.facts }
        attempt.outcome = outcome(of: attempt)
        attempt.errorType = errorType(of: attempt)
        if exchange.operation == .messages {
            attempt.bill = Billing.bill(attempt, price: attempt.routed.price, bodyBytes: exchange.bodyBytes)
            addAdvice(to: attempt, exchange)
        }
    }

    /// Models that the one asked for has consulted at the provider have prices of their own.
    private func addAdvice(to attempt: Attempt, _ exchange: Exchange) {
        let advice = attempt.facts.reducer.advice
        if advice.isEmpty { return }
        let prices = PriceBook(exchange.setting.snapshot)
        let account = exchange.setting.accounts[attempt.routed.account].name
        attempt.bill.add(advice, at: attempt.routed.price) { model in
            prices.price(account: account, model: model, at: exchange.startedWall)
        }
    }

    /// The attempt's part of the row is closed.
    func close(_ attempt: Attempt, _ row: borrowing JournalSlot) {
        var outcome = AttemptOutcome(
            outcome: attempt.outcome, status: Int32(attempt.status), duration: attempt.duration,
            timeToFirstByte: attempt.firstByteAt.map { $0 - attempt.startedAt })
        outcome.usage = UsageCounts(attempt.bill.usage)
        outcome.costNanoUSD = attempt.bill.cost.value
        outcome.estimated = attempt.bill.isEstimated
        outcome.reusedConnection = attempt.isReused
        outcome.upstreamRequestID = text(attempt.upstreamRequestID)
        outcome.errorType = text(attempt.errorType)
        outcome.settlement = attempt.settlement
        row.closeAttempt(outcome)
    }

    private func text(_ text: String) -> FactText { text.isEmpty ? .none : .string(text) }

    private func outcome(of attempt: Attempt) -> Outcome {
        switch attempt.fault {
        case nil:
            return attempt.status >= 400 || attempt.failure != nil || attempt.kept != nil
                || attempt.meter?.hasErrorEvent == true
                ? .upstreamError : .ok
        case .cancelled:
            // One that has the whole answer may leave before the connection upstream has come to its end.
            return attempt.hasWholeAnswer ? .ok : .clientGone
        case .stopping: return attempt.hasWholeAnswer ? .ok : .interrupted
        case .timedOut: return attempt.sentAt == nil && attempt.meter == nil ? .unreachable : .timeout
        case .cut: return .cut
        case .malformed, .tooLarge, .http2: return .malformed
        case .transport: return attempt.headAt == nil && attempt.sentAt == nil ? .unreachable : .cut
        }
    }

    /// `error.type`: what the upstream called it, else its status, else what went wrong on the way.
    private func errorType(of attempt: Attempt) -> String {
        switch attempt.outcome {
        case .ok: return ""
        case .upstreamError:
            let type = attempt.facts.errorType
            if !type.isEmpty { return type }
            // It got no further than its credential, or an answer of 200 was none.
            guard attempt.status != 0, attempt.status != 200 else {
                return attempt.failure.map { "\($0.type)" } ?? "\(attempt.outcome.name)"
            }
            return "\(attempt.status)"
        case .unreachable: return attempt.fault?.connectionErrorType ?? "\(attempt.outcome.name)"
        default: return "\(attempt.outcome.name)"
        }
    }

    /// settle, of the request: its row is closed, once.
    func settle(_ exchange: Exchange, _ row: consuming JournalSlot) {
        let last = exchange.lastAttempt
        var outcome = RequestOutcome(
            outcome: last?.outcome ?? .gatewayError, status: Int32(exchange.channel.status),
            duration: exchange.endedAt - exchange.startedAt,
            timeToFirstByte: exchange.firstByteAt.map { $0 - exchange.startedAt })
        outcome.bytesOut = Int64(last?.meter?.bytes ?? 0)
        for attempt in exchange.attempts {
            outcome.unpriced = outcome.unpriced || attempt.bill.isUnpriced
            outcome.estimated = outcome.estimated || attempt.bill.isEstimated
        }
        outcome.usage = UsageCounts(exchange.usage)
        outcome.costNanoUSD = exchange.costNanoUSD
        if let last {
            note(last, on: row)
        }
        row.close(outcome)
    }

    private func note(_ attempt: Attempt, on row: borrowing JournalSlot) {
        if !attempt.errorType.isEmpty { row.note(.errorType, .string(attempt.errorType)) }
        if !attempt.upstreamRequestID.isEmpty { row.note(.upstreamRequestID, .string(attempt.upstreamRequestID)) }
        guard attempt.meter != nil else { return }
        if !attempt.facts.model.isEmpty { row.note(.modelServed, .string(attempt.facts.model)) }
        if !attempt.facts.stopReason.isEmpty { row.note(.stopReason, .string(attempt.facts.stopReason)) }
        attempt.facts.rawUsage.withUnsafeBytes { if !$0.isEmpty { row.note(.rawUsage, .bytes($0)) } }
    }
}

import Configuration
import Ledger
import Providers
import Wire

/// What an attempt is charged with.
struct Bill {
    var usage = TokenUsage()
    var cost = NanoUSD.zero
    /// Part of the usage was not said by the upstream.
    var isEstimated = false
    /// The model has no price: the cost is unknown.
    var isUnpriced = false
    /// The upstream reported usage, whole or in part.
    var isReported = false

    init() {}

    init(_ usage: TokenUsage, at price: Price?) {
        self.usage = usage
        if let charge = Cost.charge(for: usage, at: price) {
            cost = min(charge, NanoUSD(UsageCounts.mostNanoUSD))
            isEstimated = cost < charge
        } else {
            isUnpriced = !usage.isZero
        }
    }

    /// What was consulted is charged at its own prices; where it has none, at this model's, which is an estimate. The counts stay
    /// those of the model that was asked.
    mutating func add(_ advice: [AdvisorUsage], at price: Price?, _ priceOf: (String) -> Price?) {
        guard !isUnpriced, let price else { return }
        for step in advice {
            var consulted = step.usage
            consulted.isUS = usage.isUS
            let own = priceOf(step.model)
            let sum = Cost.of(consulted, at: own ?? price).value.addingSaturated(cost.value)
            cost = NanoUSD(min(sum, UsageCounts.mostNanoUSD))
            if own == nil || cost.value < sum { isEstimated = true }
        }
    }
}

extension UsageCounts {
    init(_ usage: TokenUsage) {
        self.init(
            input: usage.input, output: usage.output, cacheWrite5m: usage.cacheWrite5m,
            cacheWrite1h: usage.cacheWrite1h,
            cacheRead: usage.cacheRead, webSearchRequests: usage.webSearchRequests,
            webFetchRequests: usage.webFetchRequests)
    }
}

/// The charge for one attempt.
enum Billing {
    /// - Parameters:
    ///   - price: of the model that served; `nil`: unpriced.
    ///   - bodyBytes: of the request, for what the upstream did not count.
    static func bill(_ attempt: Attempt, price: Price?, bodyBytes: Int) -> Bill {
        guard let meter = attempt.meter else { return unanswered(attempt, price: price, bodyBytes: bodyBytes) }
        // Errors cost nothing, unless they say that they do: be they the whole answer, or all that came of a stream.
        if attempt.status != 200 || meter.isRefused, attempt.facts.reducer.usage.isZero { return Bill() }
        var usage = attempt.facts.reducer.usage
        var isEstimated = false
        // What the upstream counted is final once the answer was whole, whatever came after.
        if attempt.outcome != .ok && !attempt.hasWholeAnswer || meter.lacksAnswerCount {
            isEstimated = true
            usage.output = max(usage.output, meter.estimatedOutput)
        }
        if !attempt.facts.reducer.hasReport, !attempt.facts.isFreeRefusal {
            isEstimated = true
            usage.input = TokenEstimate.input(bodyBytes: bodyBytes)
            usage.output = max(usage.output, meter.estimatedOutput)
        }
        // Counts that cannot be, or an event that could not be read, are no zero.
        if attempt.facts.reducer.refusedCounts > 0 || meter.malformedEvents > 0 {
            isEstimated = true
            if usage.totalInput == 0 { usage.input = TokenEstimate.input(bodyBytes: bodyBytes) }
            usage.output = max(usage.output, meter.estimatedOutput)
        }
        // Nothing is answered that was not read: a report without a prompt has not counted it. A refusal may cost nothing.
        if usage.totalInput == 0, attempt.facts.stopReason != "refusal" {
            isEstimated = true
            usage.input = TokenEstimate.input(bodyBytes: bodyBytes)
            if usage.output == 0 { usage.output = meter.estimatedOutput }
        }
        var bill = Bill(usage, at: price)
        if isEstimated { bill.isEstimated = true }
        bill.isReported = attempt.facts.reducer.hasReport
        return bill
    }

    /// Sent whole and not answered: the upstream may have begun to work, and to charge, if it kept silent, the client left or we ended;
    /// one that closed the connection or spoke nonsense did not.
    private static func unanswered(_ attempt: Attempt, price: Price?, bodyBytes: Int) -> Bill {
        switch attempt.outcome {
        case .clientGone, .timeout, .interrupted: if attempt.sentAt == nil { return Bill() }
        default: return Bill()
        }
        var usage = TokenUsage()
        usage.input = TokenEstimate.input(bodyBytes: bodyBytes)
        var bill = Bill(usage, at: price)
        bill.isEstimated = true
        return bill
    }
}

import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

/// Where the figures of requests and attempts go: the series of each combination of labels is looked for once.
struct Measurements {
    struct RequestKey: Hashable {
        let route: UnsafePointer<UInt8>
        let method: UInt8
        let status: Int
    }
    struct RequestSeries {
        let duration: Int
        let requests: Int
    }
    struct AttemptKey: Hashable {
        let account: String
        let model: String
        let answered: String
        let error: String
        let operation: UInt8
    }
    struct AttemptSeries {
        let operationDuration: Int
        let inferenceDuration: Int
        let operationFirstChunk: Int
        let inferenceFirstChunk: Int
        let inputHistogram: Int
        let outputHistogram: Int
        let input: Int
        let output: Int
        let cacheRead: Int
        let cacheWrite: Int
        let cost: Int
    }

    struct DecisionKey: Hashable {
        let instrument: Instrument
        let rule: String
        let decision: Labels.Decision
    }

    var requests: [RequestKey: RequestSeries] = [:]
    var decisions: [DecisionKey: Int] = [:]
    var admission: Int?
    var attempts: [AttemptKey: AttemptSeries] = [:]
}

extension LoopWorker {
    func requestBegan() { telemetry.figures.add(.activeRequests, 1, Labels()) }

    func measure(_ exchange: Exchange) {
        telemetry.figures.add(.activeRequests, -1, Labels())
        let series = series(exchange)
        telemetry.figures.record(
            .serverDuration, Double(exchange.endedAt - exchange.startedAt) / 1e9, at: series.duration)
        telemetry.figures.add(.requests, 1, at: series.requests)
        if let refusal = exchange.refusal {
            telemetry.figures.add(.refusals, 1, Labels().adding("error.type", "\(refusal.type)"))
        }
        for attempt in exchange.attempts { measure(attempt, exchange) }
        if let way = exchange.way { measure(way) }
    }

    private func series(_ exchange: Exchange) -> Measurements.RequestSeries {
        let method = exchange.channel.head.method, status = exchange.statusForRecords
        let key = Measurements.RequestKey(route: exchange.route.utf8Start, method: method.rawValue, status: status)
        if let known = measurements.requests[key] { return known }
        var labels = Labels().adding("http.request.method", exchange.isRequest ? "\(method.name)" : "_OTHER")
            .adding("url.scheme", exchange.channel.stream.isEncrypted ? "https" : "http")
            .adding("http.route", "\(exchange.route)").adding("http.response.status_code", status)
        if status >= 500 { labels = labels.adding("error.type", "\(status)") }
        let made = Measurements.RequestSeries(
            duration: telemetry.figures.index(.serverDuration, labels),
            requests: telemetry.figures.index(
                .requests,
                Labels().adding("http.route", "\(exchange.route)").adding("http.response.status_code", status)))
        measurements.requests[key] = made
        return made
    }

    private func measure(_ attempt: Attempt, _ exchange: Exchange) {
        guard exchange.operation == .messages else { return }
        let routed = attempt.routed
        let account = exchange.setting.accounts[routed.account]
        let series = series(attempt, routed, account)
        let seconds = Double(attempt.duration) / 1e9
        telemetry.figures.record(.clientOperationDuration, seconds, at: series.operationDuration)
        telemetry.figures.record(.clientInferenceDuration, seconds, at: series.inferenceDuration)
        if routed.isStreamed, let first = attempt.firstByteAt {
            let wait = Double(first - attempt.startedAt) / 1e9
            telemetry.figures.record(.clientFirstChunk, wait, at: series.operationFirstChunk)
            telemetry.figures.record(.inferenceFirstChunk, wait, at: series.inferenceFirstChunk)
        }
        if attempt.bill.isUnpriced {
            telemetry.figures.add(.unpriced, 1, Labels().adding("gen_ai.request.model", routed.upstream))
        }
        guard attempt.bill.isReported else { return }
        let usage = attempt.bill.usage
        telemetry.figures.record(.clientTokenUsage, Double(usage.totalInput), at: series.inputHistogram)
        telemetry.figures.record(.clientTokenUsage, Double(usage.output), at: series.outputHistogram)
        telemetry.figures.add(.inferenceInput, usage.totalInput, at: series.input)
        telemetry.figures.add(.inferenceOutput, usage.output, at: series.output)
        telemetry.figures.add(.inferenceCacheRead, usage.cacheRead, at: series.cacheRead)
        telemetry.figures.add(.inferenceCacheWrite, usage.cacheWrite5m + usage.cacheWrite1h, at: series.cacheWrite)
        telemetry.figures.add(.cost, attempt.bill.cost.value, at: series.cost)
    }

    private func series(
        _ attempt: Attempt, _ routed: RoutedModel, _ account: UpstreamAccount
    ) -> Measurements.AttemptSeries {
        let answered = attempt.facts.model, error = attempt.outcome == .clientGone ? "" : attempt.errorType
        let key = Measurements.AttemptKey(
            account: account.name, model: routed.upstream, answered: answered, error: error, operation: 0)
        if let known = measurements.attempts[key] { return known }
        let tokens = Labels().adding("gen_ai.operation.name", "chat").adding(
            "gen_ai.provider.name", account.providerName
        )
        .adding("gen_ai.request.model", routed.upstream).adding("gen_ai.response.model", answered)
        .adding("server.address", account.endpoint.host).adding("server.port", Int(account.endpoint.port))
        let durations = tokens.adding("error.type", error), counted = tokens.adding("gen_ai.token.modality", "unknown")
        let made = Measurements.AttemptSeries(
            operationDuration: telemetry.figures.index(.clientOperationDuration, durations),
            inferenceDuration: telemetry.figures.index(.clientInferenceDuration, durations),
            operationFirstChunk: telemetry.figures.index(.clientFirstChunk, durations),
            inferenceFirstChunk: telemetry.figures.index(.inferenceFirstChunk, durations),
            inputHistogram: telemetry.figures.index(.clientTokenUsage, tokens.adding("gen_ai.token.type", "input")),
            outputHistogram: telemetry.figures.index(.clientTokenUsage, tokens.adding("gen_ai.token.type", "output")),
            input: telemetry.figures.index(.inferenceInput, counted),
            output: telemetry.figures.index(.inferenceOutput, counted),
            cacheRead: telemetry.figures.index(.inferenceCacheRead, counted),
            cacheWrite: telemetry.figures.index(.inferenceCacheWrite, counted),
            cost: telemetry.figures.index(.cost, tokens))
        measurements.attempts[key] = made
        return made
    }

    // MARK: Governance

    /// Every rule that was about an admitted request has decided.
    func count(_ admission: Admission, _ places: RuleBook.Places, _ book: RuleBook) {
        for place in places.budgets {
            let rule = book.rules.budgets[place.rule].id
            let decision: Labels.Decision = admission.warnings.contains(rule) ? .warned : .admitted
            telemetry.figures.add(.budgetDecisions, 1, at: decisionSeries(.budgetDecisions, rule, decision))
        }
        for place in places.rates {
            let rule = book.rules.rates[place.rule].id
            telemetry.figures.add(.rateLimitDecisions, 1, at: decisionSeries(.rateLimitDecisions, rule, .admitted))
        }
    }

    /// Waiting in a queue included.
    func countAdmission(nanoseconds: Int64) {
        let index = measurements.admission ?? telemetry.figures.index(.admissionDuration, Labels())
        measurements.admission = index
        telemetry.figures.record(.admissionDuration, Double(nanoseconds) / 1e9, at: index)
    }

    /// One more waits for a rule, or one less.
    func countWaiting(_ change: Int64, _ rule: String) {
        telemetry.figures.add(.rateLimitQueue, change, .rule(rule))
        guard change > 0 else { return }
        telemetry.figures.add(.rateLimitDecisions, 1, at: decisionSeries(.rateLimitDecisions, rule, .queued))
    }

    func count(_ refusal: AdmissionRefusal) {
        let instrument: Instrument = if case .rate = refusal.reason { .rateLimitDecisions } else { .budgetDecisions }
        telemetry.figures.add(instrument, 1, at: decisionSeries(instrument, refusal.ruleID, .refused))
    }

    private func decisionSeries(_ instrument: Instrument, _ rule: String, _ decision: Labels.Decision) -> Int {
        let key = Measurements.DecisionKey(instrument: instrument, rule: rule, decision: decision)
        if let known = measurements.decisions[key] { return known }
        let index = telemetry.figures.index(instrument, .decision(rule: rule, decision))
        measurements.decisions[key] = index
        return index
    }

    // MARK: Virtual models

    private func measure(_ way: RouteWay) {
        for fallback in way.fallbacks {
            telemetry.figures.add(
                .routeFallbacks, 1,
                .fallback(model: way.model.name, target: fallback.from, reason: "\(fallback.reason)"))
        }
        if way.retries > 0 {
            telemetry.figures.add(
                .retries, Int64(way.retries), Labels().adding("tollgate.route.model", way.model.name))
        }
    }

    func watchTargets() {
        board.changed = { [unowned self] target, transition in
            telemetry.figures.add(
                .breakerTransitions, 1, .breaker(target: target.name, to: "\(transition.name)"))
            telemetry.log.write(.warning, "a target's breaker changed") { line in
                line.member("target", target.name)
                line.member("state", "\(transition.name)")
            }
        }
        // Each loop knows all of them; one of them counts.
        guard loop.index == 0 else { return }
        board.turned = { [unowned self] target, isOpen in
            telemetry.figures.set(.breakerState, isOpen ? 2 : 0, .breaker(target: target.name))
        }
    }

    // MARK: Faults outside of requests

    func connectionRefused() { telemetry.figures.add(.connectionsRefused, 1) }

    func connectionFailed(_ error: TransportError) {
        telemetry.figures.add(.connectionFaults, 1)
        telemetry.log.write(.debug, "a connection could not be opened") { $0.member("error", error.sentence) }
    }

    func keySetFetched(issuer: String, isGood: Bool) {
        let labels = Labels().adding("tollgate.token.issuer", issuer).adding("error.type", isGood ? "" : "_OTHER")
        telemetry.figures.add(.keySetFetches, 1, labels)
    }

    func acceptFailed(_ error: TransportError) {
        telemetry.figures.add(.connectionFaults, 1)
        telemetry.log.write(.error, "connections cannot be accepted") { $0.member("error", error.sentence) }
    }

    func ledgerRefused() {
        telemetry.figures.add(.ledgerRefusals, 1)
        telemetry.log.write(.error, "a request was refused: the journal has no free slot") { _ in }
    }
}

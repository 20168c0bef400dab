import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Wire

/// Where the figures of requests and attempts go: the series of each combination of labels is looked for once. Loop-confined; what is
/// known by its address is kept alive by its entry, and no table grows without a bound.
struct Measurements {
    /// Lines of faults that may come with every connection and every request: one in ten seconds.
    var acceptFaults = RepeatedLine(pause: 10_000_000_000), journalRefusals = RepeatedLine(pause: 10_000_000_000)

    struct RequestKey: Hashable {
        let route: UnsafePointer<UInt8>
        let method: UInt8
        let status: Int
        /// How an answer of success ended; `ok` too for all others.
        let end: Outcome
        let isEncrypted: Bool
    }
    struct RequestSeries {
        let duration: Int
        let requestSize: Int
        let responseSize: Int
    }
    struct ModelKey: Hashable {
        let model: String
        let provider: String
        let error: String
    }
    struct ModelSeries {
        let duration: Int
        let firstToken: Int
        let outputToken: Int
    }
    struct DecisionKey: Hashable {
        let instrument: Instrument
        let rule: String
        let decision: Labels.Decision
    }

    /// Of admissions, by the places of the rules in their book: budgets, then limits. Below 0: not asked for yet.
    struct AdmittedSeries {
        let book: RuleBook
        var series: [Int]

        init(_ book: RuleBook) {
            self.book = book
            series = Array(repeating: -1, count: book.rules.budgets.count + book.rules.rates.count)
        }
    }

    var requests: [RequestKey: RequestSeries] = [:]
    var models: [ModelKey: ModelSeries] = [:]
    var attempts: [AttemptKey: AttemptEntry] = [:]
    var accounts: [ObjectIdentifier: AccountSeries] = [:]
    var shares: [ShareKey: ShareEntry] = [:]
    var spending: [SpendingKey: SpendingEntry] = [:]
    var decisions: [DecisionKey: Int] = [:]
    var admitted: AdmittedSeries?
    var active: [UInt16: Int] = [:]
    var refusals: [UnsafePointer<UInt8>: Int] = [:]
    var overheads: [UnsafePointer<UInt8>: Int] = [:]
    var stages = [Int?](repeating: nil, count: Stage.allCases.count)
    var admission: Int?
    var dropped: Int?
    var live: Int?
    var threadTime: Int64 = 0

    /// Entries of each table whose keys clients can bring forth.
    static let capacity = 4_096
}

extension Dictionary {
    /// Keeps a value; a table that is full begins anew.
    mutating func keep(_ value: Value, for key: Key, atMost capacity: Int) {
        if count >= capacity { removeAll(keepingCapacity: true) }
        self[key] = value
    }
}

/// Requests as their clients see them.
extension LoopWorker {
    func requestBegan(_ exchange: Exchange) {
        telemetry.figures.add(.activeRequests, 1, at: activeSeries(exchange))
        if exchange.trace.isSampled, telemetry.records { telemetry.figures.add(.spansLive, 1, at: liveSeries()) }
    }

    /// `isKept`: the request's spans are.
    func measure(_ exchange: Exchange, isKept: Bool) {
        telemetry.figures.add(.activeRequests, -1, at: activeSeries(exchange))
        if exchange.trace.isSampled, telemetry.records { telemetry.figures.add(.spansLive, -1, at: liveSeries()) }
        if telemetry.records, !isKept { countDropped() }
        let now = exchange.startedWall + (exchange.endedAt - exchange.startedAt)
        telemetry.exemplars(of: exchange.trace.traceID, exchange.trace.serverSpan, isSampled: isKept, at: now)
        measureHTTP(exchange)
        guard exchange.route.utf8Start != RequestRoute.metrics.pattern.utf8Start else {
            telemetry.figures.source = nil
            return
        }
        count(exchange)
        measureStages(exchange)
        if exchange.operation == .messages { measureModel(exchange) }
        for attempt in exchange.attempts {
            telemetry.exemplars(of: exchange.trace.traceID, attempt.span, isSampled: isKept, at: now)
            measure(attempt, exchange)
        }
        telemetry.figures.source = nil
        if let way = exchange.way { measure(way) }
    }

    private func measureHTTP(_ exchange: Exchange) {
        let series = series(exchange)
        telemetry.figures.record(
            .serverDuration, Double(exchange.endedAt - exchange.startedAt) / 1e9, at: series.duration)
        telemetry.figures.record(.serverRequestSize, Double(exchange.bodyBytes), at: series.requestSize)
        telemetry.figures.record(.serverResponseSize, Double(exchange.channel.bytesSent), at: series.responseSize)
    }

    private func series(_ exchange: Exchange) -> Measurements.RequestSeries {
        let method = exchange.channel.head.method, status = exchange.statusForRecords
        let isEncrypted = exchange.channel.stream.isEncrypted
        let key = Measurements.RequestKey(
            route: exchange.route.utf8Start, method: exchange.isRequest ? method.rawValue : 0xFF, status: status,
            end: exchange.broken?.outcome ?? .ok, isEncrypted: isEncrypted)
        if let known = measurements.requests[key] { return known }
        var labels = client(exchange).adding("http.route", "\(exchange.route)")
            .adding("http.response.status_code", status)
        if status >= 500 { labels = labels.adding("error.type", "\(status)") }
        if key.end != .ok { labels = labels.adding("error.type", "\(key.end.name)") }
        let made = Measurements.RequestSeries(
            duration: telemetry.figures.index(.serverDuration, labels),
            requestSize: telemetry.figures.index(.serverRequestSize, labels),
            responseSize: telemetry.figures.index(.serverResponseSize, labels))
        measurements.requests.keep(made, for: key, atMost: Measurements.capacity)
        return made
    }

    private func client(_ exchange: Exchange) -> Labels {
        Labels().adding("http.request.method", exchange.isRequest ? "\(exchange.channel.head.method.name)" : "_OTHER")
            .adding("url.scheme", exchange.channel.stream.isEncrypted ? "https" : "http")
    }

    private func activeSeries(_ exchange: Exchange) -> Int {
        let method = exchange.isRequest ? exchange.channel.head.method.rawValue : 0xFF
        let key = UInt16(method) << 1 | (exchange.channel.stream.isEncrypted ? 1 : 0)
        if let known = measurements.active[key] { return known }
        let index = telemetry.figures.index(.activeRequests, client(exchange))
        measurements.active[key] = index
        return index
    }

    // MARK: Time

    private func measureStages(_ exchange: Exchange) {
        for entry in exchange.stages.entries {
            let row = entry.stage.rawValue
            let index = measurements.stages[row] ?? telemetry.figures.index(.stage, .stage("\(entry.stage.name)"))
            measurements.stages[row] = index
            telemetry.figures.record(.stage, Double(entry.end - entry.begin) / 1e9, at: index)
        }
        guard !exchange.attempts.isEmpty else { return }
        telemetry.figures.record(.overhead, Double(exchange.overhead) / 1e9, at: overheadSeries(exchange.route))
    }

    private func overheadSeries(_ route: StaticString) -> Int {
        if let known = measurements.overheads[route.utf8Start] { return known }
        let index = telemetry.figures.index(.overhead, Labels().adding("http.route", "\(route)"))
        measurements.overheads[route.utf8Start] = index
        return index
    }

    private func measureModel(_ exchange: Exchange) {
        guard let routed = exchange.routed else { return }
        let last = exchange.lastAttempt
        let error =
            exchange.refusal.map { $0.status == 499 ? "" : "\($0.type)" }
            ?? last.map { $0.outcome == .clientGone ? "" : $0.errorType } ?? ""
        let model = Measurements.label(routed, routed.requested, isAnswered: exchange.channel.status == 200)
        let series = series(model, exchange.setting.accounts[routed.account].providerName, error)
        telemetry.figures.record(
            .modelDuration, Double(exchange.endedAt - exchange.startedAt) / 1e9, at: series.duration)
        guard routed.isStreamed, let first = exchange.firstByteAt else { return }
        telemetry.figures.record(.firstToken, Double(first - exchange.startedAt) / 1e9, at: series.firstToken)
        guard let last, last.outcome == .ok, last.bill.usage.output > 1 else { return }
        let each = Double(exchange.endedAt - first) / Double(last.bill.usage.output - 1)
        telemetry.figures.record(.outputToken, each / 1e9, at: series.outputToken)
    }

    private func series(_ model: String, _ provider: String, _ error: String) -> Measurements.ModelSeries {
        let key = Measurements.ModelKey(model: model, provider: provider, error: error)
        if let known = measurements.models[key] { return known }
        let labels = Labels().adding("gen_ai.operation.name", "chat").adding("gen_ai.provider.name", provider)
            .adding("gen_ai.request.model", model).adding("error.type", error)
        let made = Measurements.ModelSeries(
            duration: telemetry.figures.index(.modelDuration, labels),
            firstToken: telemetry.figures.index(.firstToken, labels),
            outputToken: telemetry.figures.index(.outputToken, labels))
        measurements.models.keep(made, for: key, atMost: Measurements.capacity)
        return made
    }

    // MARK: Spans

    private func liveSeries() -> Int {
        let index = measurements.live ?? telemetry.figures.index(.spansLive, .sampling("RECORD_AND_SAMPLE"))
        measurements.live = index
        return index
    }

    private func countDropped() {
        let index = measurements.dropped ?? telemetry.figures.index(.spansStarted, .sampling("DROP"))
        measurements.dropped = index
        telemetry.figures.add(.spansStarted, 1, at: index)
    }
}

extension Exchange {
    /// What the gateway added to a request that went upstream, nanoseconds: its time less that of its body's arrival and of its
    /// attempts.
    var overhead: Int64 {
        var rest = endedAt - startedAt
        for entry in stages.entries where entry.stage == .accept { rest -= entry.end - entry.begin }
        for attempt in attempts { rest -= attempt.duration }
        return max(0, rest)
    }
}

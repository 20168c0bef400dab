import HTTP
import Transport
import Wire

/// Sends spans, metrics and events to the collector, from a loop of its own, so that encoding and compressing takes no time of a request.
///
/// `BatchStateMachine` says what is sent when; this asks it and performs.
package actor Exporter {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    let settings: TelemetrySettings
    private let traces: BatchLane?
    private let logs: BatchLane?
    private let metrics: Delivery?
    /// What passes through from clients, by signal.
    private let forwarded: [Signal: BatchLane]
    private let forwardInbox = ForwardInbox()
    private let inbox: EventInbox
    private let version: String
    private let startedAt: Int64
    private let sources: [LoopTelemetry]

    var own: MetricShard
    private var exported = MetricShard()
    let observers = FigureObservers()
    private var exportedAt: Int64
    private var isExportingMetrics = false
    private var lostLines = 0
    private let metricTimer: LoopTimer
    private var flushDeadline: Int64?
    private let log: LogWriter

    /// `loop` is the exporter's own, not yet started. Throws when there is no TLS; a signal whose certificate file cannot be
    /// used is not exported, which the log says.
    package init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, resolver: Resolver, log: LogWriter,
        sources: [LoopTelemetry]
    ) throws(TransportError) {
        let traces = try settings.traces?.transport(loop, resolver, log)
        let metrics = try settings.metrics?.transport(loop, resolver, log)
        let logs = try settings.logs?.transport(loop, resolver, log)
        self.init(
            settings, version: version, loop: loop, log: log, sources: sources,
            transports: Transports(traces: traces ?? nil, metrics: metrics ?? nil, logs: logs ?? nil),
            makePause: { _ in LoopPause(loop: loop) })
    }

    /// What carries each signal; nil: nothing does.
    struct Transports {
        var traces: (any OTLPTransport)?
        var metrics: (any OTLPTransport)?
        var logs: (any OTLPTransport)?
    }

    /// With transports and pauses of the caller's choice.
    init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, log: LogWriter, sources: [LoopTelemetry],
        transports: Transports, makePause: (Signal) -> any ExportPause
    ) {
        self.loop = loop
        self.settings = settings
        own = MetricShard(limit: settings.seriesLimit)
        self.version = version
        self.sources = sources
        self.log = log
        func delivery(
            _ signal: Signal, _ endpoint: SignalEndpoint?, _ transport: (any OTLPTransport)?
        ) -> Delivery? {
            Delivery(endpoint, transport, signal, version, settings.logLevel, log) { makePause(signal) }
        }
        let spans = SpanEncoder(resource: settings.resource, version: version, lengthLimit: settings.lengthLimit)
        traces = BatchLane(
            delivery(.spans, settings.traces, transports.traces), settings.traceBatching, encode: spans.encode)
        let events = LogEncoder(resource: settings.resource, version: version, lengthLimit: settings.logLengthLimit)
        logs = BatchLane(delivery(.logs, settings.logs, transports.logs), settings.logBatching, encode: events.encode)
        metrics = delivery(.metrics, settings.metrics, transports.metrics)
        var forwarded: [Signal: BatchLane] = [:]
        // Serialized requests one after the other are one request: their repeated fields add up (protobuf encoding).
        func lane(_ delivery: Delivery?, _ batching: TelemetrySettings.Batching) -> BatchLane? {
            BatchLane(delivery, batching) { batches in Array(batches.map(\.bytes).joined()) }
        }
        forwarded[.spans] = lane(delivery(.spans, settings.traces, transports.traces), settings.traceBatching)
        forwarded[.logs] = lane(delivery(.logs, settings.logs, transports.logs), settings.logBatching)
        forwarded[.metrics] = lane(delivery(.metrics, settings.metrics, transports.metrics), settings.logBatching)
        self.forwarded = forwarded
        inbox = EventInbox(maximum: settings.logBatching.maximumQueue)
        startedAt = wallClockNanoseconds()
        exportedAt = startedAt
        metricTimer = LoopTimer(loop: loop)
    }

    /// Begins to export metrics at their interval; on the exporter's loop.
    package func start() {
        guard metrics != nil else { return }
        metricTimer.whenFired = { [unowned self] in
            Task(executorPreference: loop) { await self.metricsDue() }
        }
        metricTimer.schedule(after: settings.metricInterval)
    }

    private func metricsDue() async {
        await exportMetrics()
        if flushDeadline == nil { metricTimer.schedule(after: settings.metricInterval) }
    }

    // MARK: Spans, events

    /// Takes spans of a loop, or others in the format of `SpanRecorder`: one message for a whole batch.
    package func take(_ batch: RecordBatch) async {
        guard let traces else { return }
        await run(traces.machine.arrived(batch, at: monotonicNanoseconds()), traces)
    }

    /// Takes events of a loop.
    func takeEvents(_ batch: RecordBatch) async {
        guard let logs else { return }
        await run(logs.machine.arrived(batch, at: monotonicNanoseconds()), logs)
    }

    /// Takes an event from any thread. Without a collector for logs it goes nowhere; one that finds no room is counted.
    package nonisolated func emit(_ event: TelemetryEvent) {
        guard settings.logs != nil, inbox.put(event) else { return }
        loop.post { [self] in
            Task(executorPreference: loop) { await self.emptyInbox() }
        }
    }

    /// Takes a client's telemetry that passes through, from any thread: a serialized `Export…ServiceRequest` of a signal with
    /// so many spans, data points or log records. It goes where our own of that signal goes; nowhere if that is nowhere.
    package nonisolated func forward(_ payload: [UInt8], items: Int, as signal: Signal) {
        guard items > 0, forwardInbox.put(RecordBatch(bytes: payload, count: items), signal) else { return }
        loop.post { [self] in
            Task(executorPreference: loop) { await self.emptyForwardInbox() }
        }
    }

    private func emptyForwardInbox() async {
        let (waiting, refused) = forwardInbox.take()
        for (signal, items) in refused where forwarded[signal] != nil { dropped(items, "queue_full", signal) }
        for (signal, batch) in waiting {
            guard let lane = forwarded[signal] else { continue }
            let action = lane.machine.arrived(batch, at: monotonicNanoseconds())
            Task(executorPreference: loop) { await self.runForwarded(action, signal) }
        }
    }

    private func runForwarded(_ action: BatchStateMachine.Action, _ signal: Signal) async {
        if let lane = forwarded[signal] { await run(action, lane) }
    }

    private func emptyInbox() async {
        let (batch, refused) = inbox.take()
        if refused > 0 { dropped(refused, "queue_full", .logs) }
        if let batch { await takeEvents(batch) }
    }

    /// Performs actions until there is nothing to do. The machine answers `none` while another call of this is at it.
    private func run(_ first: BatchStateMachine.Action, _ lane: BatchLane) async {
        var action = first
        var export = Export()
        while true {
            for drop in lane.machine.takeDrops() { dropped(drop.count, drop.reason, lane.delivery.signal) }
            switch action {
            case .none: return
            case .send(let batches):
                export = lane.delivery.export(lane.encode(batches))
                action = await attempt(export, lane)
            case .resend: action = await attempt(export, lane)
            case .pause(let nanoseconds):
                await lane.delivery.pause.pause(nanoseconds: nanoseconds)
                action = lane.machine.pauseEnded(at: monotonicNanoseconds())
            }
        }
    }

    private func attempt(_ export: Export, _ lane: BatchLane) async -> BatchStateMachine.Action {
        let reply = await post(export, lane.delivery)
        return lane.machine.answered(reply, at: monotonicNanoseconds(), chance: Double.random(in: 0..<1))
    }

    private func post(_ export: Export, _ delivery: Delivery) async -> ExportStateMachine.Reply {
        let (reply, rejected) = await delivery.post(export, until: flushDeadline)
        if rejected > 0 { own.add(.telemetryDropped, rejected, delivery.signal.labels("rejected")) }
        return reply
    }

    // MARK: Metrics

    /// Records figures of what has no loop, from any thread; they are added to those of the loops.
    package nonisolated func measure(_ body: @escaping @Sendable (inout MetricShard) -> Void) {
        loop.post { [self] in
            Task(executorPreference: loop) { await self.record(body) }
        }
    }

    private func record(_ body: (inout MetricShard) -> Void) { body(&own) }

    /// One export with its retries. Cumulative figures heal with the next export; differences count from the last delivery on.
    func exportMetrics() async {
        guard let metrics, !isExportingMetrics else { return }
        isExportingMetrics = true
        defer { isExportingMetrics = false }
        let total = await collected(for: .push)
        let now = wallClockNanoseconds()
        let figures = settings.isDelta ? total.since(exported) : total
        guard !figures.isEmpty else { return }
        let encoder = MetricEncoder(resource: settings.resource, version: version, isDelta: settings.isDelta)
        let export = metrics.export(encoder.encode(figures, startedAt: startedAt, since: exportedAt, at: now))
        if await deliver(export, metrics, items: figures.pointCount) {
            exported = total
            exportedAt = now
        }
    }

    /// The figures of all loops and the exporter's own, as they stand now.
    package func collected() async -> MetricShard {
        noteLostLines()
        var total = own
        var leftOut = 0
        for source in sources { leftOut += total.merge(await source.figures()) }
        if leftOut > 0 { own.add(.telemetryDropped, Int64(leftOut), Signal.metrics.labels(MetricShard.seriesFull)) }
        observers.observe(&total)
        return total
    }

    private func deliver(_ export: Export, _ metrics: Delivery, items: Int) async -> Bool {
        var retries = ExportStateMachine()
        while true {
            let reply = await post(export, metrics), now = monotonicNanoseconds()
            switch retries.answered(reply, at: now, chance: Double.random(in: 0..<1)) {
            case .delivered: return true
            case .dropped(let reason):
                dropped(items, reason, .metrics)
                return false
            case .again(let pause):
                if let flushDeadline, reply == .none || now + pause >= flushDeadline {
                    dropped(items, "shutdown", .metrics)
                    return false
                }
                await metrics.pause.pause(nanoseconds: pause)
            }
        }
    }

    private func noteLostLines() {
        let lost = log.lostLines
        if lost > lostLines { own.add(.telemetryDropped, Int64(lost - lostLines), Signal.logs.labels("not_taken")) }
        lostLines = lost
    }

    private func dropped(_ items: Int, _ reason: String, _ signal: Signal) {
        own.add(.telemetryDropped, Int64(items), signal.labels(reason))
        guard settings.logLevel <= .warning else { return }
        log.write(.warning, "telemetry was dropped", isMirrored: false) { fields in
            fields.member("signal", signal.rawValue)
            fields.member("reason", reason)
            fields.member("items", Int64(items))
        }
    }

    // MARK: End

    /// Sends what is there, for as long as `settings.flushTimeout` allows.
    package func shutdown() async {
        // What other threads handed over before this call is in line before what follows.
        await withCheckedContinuation { turn in loop.post { turn.resume() } }
        let deadline = monotonicNanoseconds() + settings.flushTimeout
        flushDeadline = deadline
        let lanes = [traces, logs].compactMap(\.self) + forwarded.values
        for lane in lanes { lane.machine.shutdownBegan(until: deadline) }
        metricTimer.cancel()
        for lane in lanes { lane.delivery.pause.end() }
        metrics?.pause.end()
        for source in sources {
            let (spans, events) = await source.remaining()
            if let spans { await take(spans) }
            if let events { await takeEvents(events) }
        }
        await emptyInbox()
        await emptyForwardInbox()
        // What another call has under way ends by itself, but may sit in a step that takes long.
        let patience = Wakeup(loop: loop)
        while !lanes.allSatisfy(\.machine.isIdle) || isExportingMetrics, monotonicNanoseconds() < deadline {
            patience.setTick(after: 5_000_000)
            _ = await patience.wait(for: .tick)
        }
        await exportMetrics()
        for lane in lanes { await lane.delivery.transport.close() }
        await metrics?.transport.close()
        for lane in lanes where !lane.machine.isIdle {
            log.write(.warning, "telemetry was not delivered in time", isMirrored: false) { fields in
                fields.member("signal", lane.delivery.signal.rawValue)
                fields.member("items", Int64(lane.machine.held))
            }
        }
    }

    /// The counter of what was dropped for a reason; for tests.
    func droppedItems(_ signal: Signal, _ reason: String) -> Int64 {
        own.value(.telemetryDropped, signal.labels(reason))
    }
}

import HTTP
import Transport
import Wire

/// Sends spans and metrics to the collector, from a loop of its own, so that encoding and compressing takes no time of a request.
///
/// `BatchStateMachine` says what is sent when; this asks it and performs.
package actor Exporter {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let settings: TelemetrySettings
    private let traces: Delivery?
    private let metrics: Delivery?
    private let version: String
    private let startedAt: Int64
    private let sources: [LoopTelemetry]

    private var machine: BatchStateMachine
    private var own = MetricShard()
    private var exported = MetricShard()
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
        self.init(
            settings, version: version, loop: loop, log: log, sources: sources, traces: traces ?? nil,
            metrics: metrics ?? nil, tracePause: { LoopPause(loop: loop) }, metricPause: { LoopPause(loop: loop) })
    }

    /// With transports and pauses of the caller's choice.
    init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, log: LogWriter, sources: [LoopTelemetry],
        traces: (any OTLPTransport)?, metrics: (any OTLPTransport)?, tracePause: () -> any ExportPause,
        metricPause: () -> any ExportPause
    ) {
        self.loop = loop
        self.settings = settings
        self.version = version
        self.sources = sources
        self.log = log
        self.traces = Delivery(settings.traces, traces, .spans, version, settings.logLevel, log, tracePause)
        self.metrics = Delivery(settings.metrics, metrics, .metrics, version, settings.logLevel, log, metricPause)
        machine = BatchStateMachine(maximumQueue: settings.maximumQueue, maximumBatch: settings.maximumBatch)
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

    // MARK: Spans

    /// Takes spans of a loop: one message for a whole batch.
    func take(_ batch: SpanBatch) async {
        guard let traces else { return }
        await run(machine.arrived(batch, at: monotonicNanoseconds()), traces)
    }

    /// Performs actions until there is nothing to do. The machine answers `none` while another call of this is at it.
    private func run(_ first: BatchStateMachine.Action, _ traces: Delivery) async {
        var action = first
        var export = Export()
        while true {
            for drop in machine.takeDrops() { dropped(drop.count, drop.reason, .spans) }
            switch action {
            case .none: return
            case .send(let batches):
                let encoder = SpanEncoder(
                    resource: settings.resource, version: version, lengthLimit: settings.lengthLimit)
                export = traces.export(encoder.encode(batches))
                action = await attempt(export, traces)
            case .resend: action = await attempt(export, traces)
            case .pause(let nanoseconds):
                await traces.pause.pause(nanoseconds: nanoseconds)
                action = machine.pauseEnded(at: monotonicNanoseconds())
            }
        }
    }

    private func attempt(_ export: Export, _ traces: Delivery) async -> BatchStateMachine.Action {
        let reply = await post(export, traces)
        return machine.answered(reply, at: monotonicNanoseconds(), chance: Double.random(in: 0..<1))
    }

    private func post(_ export: Export, _ delivery: Delivery) async -> ExportStateMachine.Reply {
        let (reply, rejected) = await delivery.post(export, until: flushDeadline)
        if rejected > 0 { own.add(.telemetryDropped, rejected, delivery.signal.labels("rejected")) }
        return reply
    }

    // MARK: Metrics

    /// One export with its retries. Cumulative figures heal with the next export; differences count from the last delivery on.
    func exportMetrics() async {
        guard let metrics, !isExportingMetrics else { return }
        isExportingMetrics = true
        defer { isExportingMetrics = false }
        noteLostLines()
        var total = own
        for source in sources { total.merge(await source.figures()) }
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
        log.write(.warning, "telemetry was dropped") { fields in
            fields.member("signal", signal.rawValue)
            fields.member("reason", reason)
            fields.member("items", Int64(items))
        }
    }

    // MARK: End

    /// Sends what is there, for as long as `settings.flushTimeout` allows.
    package func shutdown() async {
        let deadline = monotonicNanoseconds() + settings.flushTimeout
        flushDeadline = deadline
        machine.shutdownBegan(until: deadline)
        metricTimer.cancel()
        traces?.pause.end()
        metrics?.pause.end()
        for source in sources {
            if let batch = await source.remaining() { await take(batch) }
        }
        // What another call has under way ends by itself, but may sit in a step that takes long.
        let patience = Wakeup(loop: loop)
        while !machine.isIdle || isExportingMetrics, monotonicNanoseconds() < deadline {
            patience.setTick(after: 5_000_000)
            _ = await patience.wait(for: .tick)
        }
        await exportMetrics()
        await traces?.transport.close()
        await metrics?.transport.close()
        if !machine.isIdle {
            log.write(.warning, "spans were not delivered in time") { $0.member("items", Int64(machine.held)) }
        }
    }

    /// The counter of what was dropped for a reason; for tests.
    func droppedItems(_ signal: Signal, _ reason: String) -> Int64 {
        own.value(.telemetryDropped, signal.labels(reason))
    }
}

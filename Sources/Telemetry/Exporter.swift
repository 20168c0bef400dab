import HTTP
import Transport
import Wire

/// Sends spans and metrics to the collector, from a loop of its own, so that encoding and compressing takes no time of a request.
///
/// One export is under way at a time; what comes meanwhile waits in a bounded queue, and what does not fit is dropped and counted.
package actor Exporter {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let settings: TelemetrySettings
    private let version: String
    private let traces: HTTPClient?
    private let metrics: HTTPClient?
    private let log: LogWriter
    private let startedAt: Int64
    private let sources: [LoopTelemetry]

    private var queue: [SpanBatch] = []
    private var queued = 0
    private var isSending = false
    private var own = MetricShard()
    private var exported = MetricShard()
    private var exportedAt: Int64
    private let metricTimer: LoopTimer
    private let tracePause: Wakeup
    private let metricPause: Wakeup
    private var isShuttingDown = false
    private var failing = false

    /// `loop` is the exporter's own, not yet started.
    package init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, resolver: Resolver, log: LogWriter,
        sources: [LoopTelemetry]
    ) throws(TransportError) {
        self.loop = loop
        self.settings = settings
        self.version = version
        self.log = log
        self.sources = sources
        traces = try settings.traces.map { endpoint throws(TransportError) in
            HTTPClient(endpoint: try ExportURL(endpoint).endpoint, loop: loop, resolver: resolver)
        }
        metrics = try settings.metrics.map { endpoint throws(TransportError) in
            HTTPClient(endpoint: try ExportURL(endpoint).endpoint, loop: loop, resolver: resolver)
        }
        startedAt = wallClockNanoseconds()
        exportedAt = startedAt
        metricTimer = LoopTimer(loop: loop)
        tracePause = Wakeup(loop: loop)
        metricPause = Wakeup(loop: loop)
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
        if !isShuttingDown { metricTimer.schedule(after: settings.metricInterval) }
    }

    // MARK: Spans

    /// Takes spans of a loop: one message for a whole batch.
    func take(_ batch: SpanBatch) async {
        guard traces != nil else { return }
        guard queued + batch.count <= settings.maximumQueue else { return drop(batch.count, "queue_full") }
        queue.append(batch)
        queued += batch.count
        await sendQueued()
    }

    private func sendQueued() async {
        guard !isSending, let traces, let endpoint = settings.traces else { return }
        isSending = true
        defer { isSending = false }
        while !queue.isEmpty {
            var batches = [queue.removeFirst()]
            var count = batches[0].count
            while let next = queue.first, count + next.count <= settings.maximumBatch {
                batches.append(queue.removeFirst())
                count += next.count
            }
            let encoder = SpanEncoder(resource: settings.resource, version: version)
            await deliver(encoder.encode(batches), to: endpoint, traces, items: count, signal: "spans", tracePause)
            queued -= count
        }
    }

    // MARK: Metrics

    private func exportMetrics() async {
        guard let metrics, let endpoint = settings.metrics else { return }
        var total = own
        for source in sources { total.merge(await source.figures()) }
        let now = wallClockNanoseconds()
        let figures = settings.isDelta ? total.since(exported) : total
        let encoder = MetricEncoder(resource: settings.resource, version: version, isDelta: settings.isDelta)
        let bytes = encoder.encode(figures, since: settings.isDelta ? exportedAt : startedAt, at: now)
        exported = total
        exportedAt = now
        await deliver(bytes, to: endpoint, metrics, items: 1, signal: "metrics", metricPause)
    }

    // MARK: Delivery

    private func deliver(
        _ bytes: [UInt8], to endpoint: SignalEndpoint, _ client: HTTPClient, items: Int, signal: String,
        _ wakeup: Wakeup
    ) async {
        var fields =
            endpoint.headers + [("content-type", "application/x-protobuf"), ("user-agent", "tollgate/\(version)")]
        var body = bytes
        if endpoint.isCompressed, let packed = gzip(bytes, level: 1) {
            body = packed
            fields.append(("content-encoding", "gzip"))
        }
        var machine = ExportStateMachine()
        while true {
            let reply = await post(client, endpoint, fields, body, items, signal)
            switch machine.answered(reply, chance: Double.random(in: 0..<1)) {
            case .delivered:
                recovered(signal)
                return
            case .dropped(let reason):
                failed(signal, reason, items)
                return
            case .again(let pause):
                // A last try was made; what is left is lost with the process.
                if isShuttingDown { return failed(signal, "shutdown", items) }
                wakeup.setDeadline(after: pause)
                _ = await wakeup.wait(for: [.deadline, .notice])
            }
        }
    }

    private func post(
        _ client: HTTPClient, _ endpoint: SignalEndpoint, _ fields: [(String, String)], _ body: [UInt8], _ items: Int,
        _ signal: String
    ) async -> ExportStateMachine.Reply {
        do throws(ClientFault) {
            let answer = try await client.post(
                path: ExportURL.path(endpoint.url), fields: fields, body: body, timeout: endpoint.timeout)
            if (200..<300).contains(answer.status) { note(answer.body, items, signal) }
            return .status(answer.status, retryAfter: answer.retryAfter)
        } catch {
            if !failing {
                log.write(.warning, "the collector cannot be reached") { $0.member("error", error.sentence) }
            }
            failing = true
            return .none
        }
    }

    /// Part of an export may be refused; it must not be sent again (OTLP specification, partial success).
    private func note(_ answer: [UInt8], _ items: Int, _ signal: String) {
        let (rejected, message) = CollectorAnswer.rejected(answer)
        guard rejected > 0 else { return }
        own.add(.telemetryDropped, rejected, Labels().adding("reason", "rejected").adding("signal", signal))
        log.write(.warning, "the collector rejected part of an export") { fields in
            fields.member("signal", signal)
            fields.member("rejected", rejected)
            fields.member("message", message)
        }
    }

    private func recovered(_ signal: String) {
        if failing { log.write(.info, "the collector takes exports again") { $0.member("signal", signal) } }
        failing = false
    }

    private func failed(_ signal: String, _ reason: String, _ items: Int) {
        own.add(.telemetryDropped, Int64(items), Labels().adding("reason", reason).adding("signal", signal))
        log.write(.warning, "telemetry was dropped") { fields in
            fields.member("signal", signal)
            fields.member("reason", reason)
            fields.member("items", Int64(items))
        }
    }

    private func drop(_ count: Int, _ reason: String) {
        own.add(.telemetryDropped, Int64(count), Labels().adding("reason", reason).adding("signal", "spans"))
    }

    // MARK: End

    /// Sends what is there, each export once.
    package func shutdown() async {
        isShuttingDown = true
        metricTimer.cancel()
        tracePause.signal(.notice)
        metricPause.signal(.notice)
        // An export that is under way ends by itself: it makes no further pause.
        let patience = Wakeup(loop: loop)
        while isSending {
            patience.setTick(after: 5_000_000)
            _ = await patience.wait(for: .tick)
        }
        for source in sources {
            if let batch = await source.remaining() { queueAtEnd(batch) }
        }
        await sendQueued()
        await exportMetrics()
        await traces?.close()
        await metrics?.close()
    }

    private func queueAtEnd(_ batch: SpanBatch) {
        queue.append(batch)
        queued += batch.count
    }
}

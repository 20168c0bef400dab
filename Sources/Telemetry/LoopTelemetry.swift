import Transport
import Wire

/// What one loop records: spans, events and figures, without a lock or a message per request.
///
/// `@unchecked Sendable`: everything mutable is touched on the loop's own thread only; the exporter asks by way of `loop.post`.
package final class LoopTelemetry: @unchecked Sendable {
    package let loop: EventLoop
    /// Writes at the end of each turn, once `start` was called.
    package let log: LogWriter
    package var spans = SpanRecorder()
    package var figures: MetricShard
    /// Called on the loop's thread before its figures are collected: the moment to set gauges.
    package var beforeCollection: ((inout MetricShard) -> Void)?
    private var events = LogRecorder()
    private var ids = IDGenerator()
    private let settings: TelemetrySettings
    private let timer: LoopTimer
    private let eventTimer: LoopTimer
    private var exporter: Exporter?
    /// Spans are recorded: there is somewhere to send them.
    package let records: Bool
    /// Events are recorded: there is somewhere to send them.
    package let recordsEvents: Bool

    package init(_ settings: TelemetrySettings, loop: EventLoop, log: LogWriter) {
        self.settings = settings
        figures = MetricShard(limit: settings.seriesLimit)
        self.loop = loop
        self.log = log.sibling()
        records = settings.traces != nil
        recordsEvents = settings.logs != nil
        timer = LoopTimer(loop: loop)
        eventTimer = LoopTimer(loop: loop)
    }

    /// From now on spans and events go to `exporter`; on the loop's thread, whose `endOfTurn` this takes.
    package func start(_ exporter: Exporter) {
        self.exporter = exporter
        log.gather()
        loop.endOfTurn = { [unowned self] in log.flush() }
        timer.whenFired = { [unowned self] in handOver() }
        eventTimer.whenFired = { [unowned self] in handOverEvents() }
    }

    package func nextSpanID() -> SpanID { ids.spanID() }
    package func nextTraceID() -> TraceID { ids.traceID() }

    package func isSampled(parent: TraceContext?, traceID: TraceID) -> Bool {
        settings.sampler.isSampled(parent: parent, traceID: traceID)
    }

    /// What measurements that follow are examples of: a span and whether it is sampled.
    package func exemplars(of trace: TraceID, _ span: SpanID, isSampled: Bool, at time: Int64) {
        let isWanted =
            switch settings.exemplars {
            case .traceBased: isSampled && records
            case .alwaysOn: true
            case .alwaysOff: false
            }
        figures.source = isWanted ? ExemplarSource(trace: trace, span: span, time: time) : nil
    }

    /// Call after the spans of a request were recorded.
    package func recorded() {
        if spans.count >= settings.traceBatching.maximumBatch {
            handOver()
        } else if !timer.isArmed {
            timer.schedule(after: min(settings.traceBatching.scheduleDelay, Self.handOverDelay))
        }
    }

    /// Nanoseconds that a record stays with its loop, at most: what the exporter does not have it cannot save.
    private static let handOverDelay: Int64 = 200_000_000

    private func handOver() {
        timer.cancel()
        guard spans.count > 0, let exporter else { return }
        handOver(takeSpans(), as: .spans, to: exporter)
    }

    private func takeSpans() -> RecordBatch {
        figures.add(.spansStarted, Int64(spans.count), .sampling("RECORD_AND_SAMPLE"))
        return spans.take()
    }

    /// Records an event, on the loop's own thread. Without a collector for logs it goes nowhere; one that finds no room is
    /// counted.
    package func emit(_ event: TelemetryEvent) {
        guard recordsEvents else { return }
        guard events.count < settings.logBatching.maximumQueue else {
            return figures.add(.telemetryDropped, 1, Signal.logs.labels("queue_full"))
        }
        events.record(event, observedAt: wallClockNanoseconds())
        if events.count >= settings.logBatching.maximumBatch {
            handOverEvents()
        } else if !eventTimer.isArmed {
            eventTimer.schedule(after: min(settings.logBatching.scheduleDelay, Self.handOverDelay))
        }
    }

    /// Records an event that takes time to complete: that is done on the exporter's loop. `size`: bytes that are held until then;
    /// an event that finds no room is counted.
    package func emit(
        _ event: TelemetryEvent, size: Int, completing complete: @escaping @Sendable (inout TelemetryEvent) -> Void
    ) {
        guard recordsEvents, let exporter else { return }
        guard exporter.reserve(size) else {
            return figures.add(.telemetryDropped, 1, Signal.logs.labels("queue_full"))
        }
        exporter.loop.post {
            var event = event
            complete(&event)
            exporter.release(size)
            exporter.emit(event)
        }
    }

    private func handOverEvents() {
        eventTimer.cancel()
        guard let exporter, let batch = events.take() else { return }
        handOver(batch, as: .logs, to: exporter)
    }

    private func handOver(_ batch: RecordBatch, as signal: Signal, to exporter: Exporter) {
        guard !exporter.hand(batch, as: signal) else { return }
        figures.add(.telemetryDropped, Int64(batch.count), signal.labels("queue_full"))
    }

    /// The figures as they are now; for the exporter.
    func figures() async -> MetricShard {
        await withCheckedContinuation { answer in
            loop.post {
                self.beforeCollection?(&self.figures)
                answer.resume(returning: self.figures)
            }
        }
    }

    /// The spans and the events that were not handed over yet.
    func remaining() async -> (spans: RecordBatch?, events: RecordBatch?) {
        await withCheckedContinuation { answer in
            loop.post {
                self.timer.cancel()
                self.eventTimer.cancel()
                let spans = self.spans.count > 0 ? self.takeSpans() : nil
                answer.resume(returning: (spans, self.events.take()))
            }
        }
    }
}

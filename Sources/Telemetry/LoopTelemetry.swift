import Transport
import Wire

/// What one loop records: spans and figures, without a lock or a message per request.
///
/// `@unchecked Sendable`: everything mutable is touched on the loop's own thread only; the exporter asks by way of `loop.post`.
package final class LoopTelemetry: @unchecked Sendable {
    package let loop: EventLoop
    /// Writes at the end of each turn, once `start` was called.
    package let log: LogWriter
    package var spans = SpanRecorder()
    package var figures = MetricShard()
    private var ids = IDGenerator()
    private let settings: TelemetrySettings
    private let timer: LoopTimer
    private var exporter: Exporter?
    /// Spans are recorded: there is somewhere to send them.
    package let records: Bool

    package init(_ settings: TelemetrySettings, loop: EventLoop, log: LogWriter) {
        self.settings = settings
        self.loop = loop
        self.log = log.sibling()
        records = settings.traces != nil
        timer = LoopTimer(loop: loop)
    }

    /// From now on spans go to `exporter`; on the loop's thread, whose `endOfTurn` this takes.
    package func start(_ exporter: Exporter) {
        self.exporter = exporter
        log.gather()
        loop.endOfTurn = { [unowned self] in log.flush() }
        timer.whenFired = { [unowned self] in handOver() }
    }

    package func nextSpanID() -> SpanID { ids.spanID() }
    package func nextTraceID() -> TraceID { ids.traceID() }

    package func isSampled(parent: TraceContext?, traceID: TraceID) -> Bool {
        settings.sampler.isSampled(parent: parent, traceID: traceID)
    }

    /// Call after the spans of a request were recorded.
    package func recorded() {
        if spans.count >= settings.maximumBatch {
            handOver()
        } else if !timer.isArmed {
            timer.schedule(after: settings.scheduleDelay)
        }
    }

    private func handOver() {
        timer.cancel()
        guard spans.count > 0, let exporter else { return }
        let batch = spans.take()
        exporter.loop.post {
            Task(executorPreference: exporter.loop) { await exporter.take(batch) }
        }
    }

    /// The figures as they are now; for the exporter.
    func figures() async -> MetricShard {
        await withCheckedContinuation { answer in
            loop.post { answer.resume(returning: self.figures) }
        }
    }

    /// The spans that were not handed over yet.
    func remaining() async -> SpanBatch? {
        await withCheckedContinuation { answer in
            loop.post {
                self.timer.cancel()
                answer.resume(returning: self.spans.count > 0 ? self.spans.take() : nil)
            }
        }
    }
}

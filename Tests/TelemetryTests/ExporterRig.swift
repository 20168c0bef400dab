import Testing
import Transport
import Wire

@testable import Telemetry

/// An exporter on a loop of its own, with collectors, pauses and one recording loop.
struct ExporterRig {
    let exporter: Exporter
    let traces: FakeCollector
    let metrics: FakeCollector
    let logs: FakeCollector
    let pause = FakePause()
    let source: LoopTelemetry
    private let loops: [EventLoop]

    init(
        _ variables: [String: String] = [:], traces: [FakeCollector.Reply] = [], metrics: [FakeCollector.Reply] = [],
        logs: [FakeCollector.Reply] = [], log: LogWriter = LogWriter(descriptor: -1)
    ) throws {
        var problems: [String] = []
        var file = TelemetrySettings.File()
        file.endpoint = "http://collector:4318"
        let settings = TelemetrySettings(
            file: file, version: "1.2.3",
            environment: { ["OTEL_EXPORTER_OTLP_COMPRESSION": "none"].merging(variables) { $1 }[$0] },
            problems: &problems)
        #expect(problems == [])
        loops = [try EventLoop(index: 0), try EventLoop(index: 1)]
        source = LoopTelemetry(settings, loop: loops[1], log: log)
        self.traces = FakeCollector(traces)
        self.metrics = FakeCollector(metrics)
        self.logs = FakeCollector(logs)
        let pause = pause
        exporter = Exporter(
            settings, version: "1.2.3", loop: loops[0], log: log, sources: [source],
            transports: Exporter.Transports(traces: self.traces, metrics: self.metrics, logs: self.logs),
            makePause: { _ in pause })
        for loop in loops { try loop.start() }
    }

    /// Runs on the recording loop, and waits until it was done.
    func record(_ body: @escaping @Sendable (LoopTelemetry) -> Void) async {
        await withCheckedContinuation { done in
            source.loop.post {
                body(source)
                done.resume()
            }
        }
    }

    func end() { for loop in loops { loop.stop() } }
}

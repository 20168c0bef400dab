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
        logs: [FakeCollector.Reply] = [], log: LogWriter = LogWriter(descriptor: -1),
        destinations: [String: FakeCollector] = [:], spool: TelemetrySettings.Spool? = nil
    ) throws {
        var problems: [String] = []
        var file = TelemetrySettings.File()
        file.destinations = [.init(endpoint: "http://collector:4318")]
        file.destinations += destinations.keys.sorted().map { name in
            var destination = TelemetrySettings.FileDestination(endpoint: "http://\(name):4318")
            destination.name = name
            return destination
        }
        file.spool = spool
        var settings = TelemetrySettings(
            file: file, version: "1.2.3",
            environment: { ["OTEL_EXPORTER_OTLP_COMPRESSION": "none"].merging(variables) { $1 }[$0] },
            problems: &problems)
        #expect(problems == [])
        // Without a wish of its own a test shall not wait for more to come.
        if variables["OTEL_BSP_SCHEDULE_DELAY"] == nil { settings.traceBatching.scheduleDelay = 0 }
        if variables["OTEL_BLRP_SCHEDULE_DELAY"] == nil { settings.logBatching.scheduleDelay = 0 }
        loops = [try EventLoop(index: 0), try EventLoop(index: 1)]
        source = LoopTelemetry(settings, loop: loops[1], log: log)
        self.traces = FakeCollector(traces)
        self.metrics = FakeCollector(metrics)
        self.logs = FakeCollector(logs)
        let pause = pause
        let collectors = [self.traces, self.metrics, self.logs]
        exporter = try Exporter(
            settings, version: "1.2.3", loop: loops[0], log: log, sources: [source],
            makeTransport: { name, endpoint in
                destinations[name]
                    ?? collectors[endpoint.url.path == "/v1/traces" ? 0 : endpoint.url.path == "/v1/metrics" ? 1 : 2]
            },
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

    /// Takes spans, and waits until nothing more can be done about them.
    func send(_ batch: RecordBatch) async {
        await exporter.take(batch)
        await exporter.settled()
    }

    func sendEvents(_ batch: RecordBatch) async {
        await exporter.takeEvents(batch)
        await exporter.settled()
    }

    func end() { for loop in loops { loop.stop() } }
}

extension Exporter {
    /// Returns when nothing waits and nothing is under way.
    func settled() async {
        let patience = Wakeup(loop: loop)
        while !workers.allSatisfy(\.lane.isIdle) {
            patience.setTick(after: 1_000_000)
            _ = await patience.wait(for: .tick)
        }
    }
}

import Synchronization
import Testing
import Transport
import Wire

@testable import HTTP
@testable import Telemetry

@Suite struct ExporterTests {
    private func spanNames(_ request: FakeCollector.Request) throws -> [String] {
        try ProtobufMessage(request.body).spans().map { $0.text(5) }
    }

    @Test("A batch becomes one request at the signal's path, in protobuf")
    func request() async throws {
        let rig = try ExporterRig(["OTEL_EXPORTER_OTLP_HEADERS": "x-key=k"])
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        try #require(rig.traces.requests.count == 1)
        let request = rig.traces.requests[0]
        #expect(request.path == "/v1/traces" && request.timeout == 10_000_000_000)
        #expect(
            request.fields == ["x-key": "k", "content-type": "application/x-protobuf", "user-agent": "tollgate/1.2.3"])
        #expect(try spanNames(request).last == "POST /v1/messages")
    }

    @Test("Compressed, the body says so and is the same inside")
    func compressed() async throws {
        let rig = try ExporterRig(["OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"])
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        let request = try #require(rig.traces.requests.first)
        #expect(request.fields["content-encoding"] == "gzip")
        let inflater = Inflater()
        var plain: [UInt8] = []
        request.body.withUnsafeBytes { inflater.consume($0) { plain += $0 } }
        #expect(try ProtobufMessage(plain).spans().count == 4)
        #expect(request.body.count < plain.count)
    }

    @Test("A refusal that may pass is repeated with the same bytes after the time that the collector names")
    func retry() async throws {
        let rig = try ExporterRig(traces: [.answer(503, retryAfter: "7"), .fault(.timedOut), .answer(200)])
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        let requests = rig.traces.requests
        #expect(requests.count == 3 && requests.allSatisfy { $0.body == requests[0].body })
        #expect(rig.pause.seconds.first == 7 && rig.pause.seconds.count == 2)
        #expect(await rig.exporter.droppedItems(.spans, "retries_exhausted") == 0)
    }

    @Test("A collector that stays busy is told of once, and when it takes exports again; one that was busy once is not")
    func busy() async throws {
        let file = try UnnamedFile()
        let rig = try ExporterRig(
            traces: [.answer(429), .answer(200), .answer(503), .answer(503), .answer(503), .answer(200)],
            log: LogWriter(descriptor: file.descriptor))
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        #expect(file.text == "")
        await rig.send(try SampleSession.batch())
        let lines = file.text.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].contains("the collector refused an export") && lines[0].contains("status 503"))
        #expect(lines[1].contains("the collector takes exports again"))
    }

    @Test("What the log says of exports is not exported: it would never end")
    func notMirrored() async throws {
        final class Told: Sendable { let lines = Atomic<Int>(0) }
        let log = LogWriter(descriptor: -1), told = Told()
        log.mirror(from: .debug) { _ in told.lines.add(1, ordering: .relaxed) }
        let refused = FakeCollector.Reply.answer(200, body: [0x0A, 0x02, 0x08, 0x02])
        let rig = try ExporterRig(traces: [.answer(503), .fault(.timedOut), refused, .answer(400)], log: log)
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        await rig.send(try SampleSession.batch())
        #expect(rig.traces.requests.count == 4 && told.lines.load(ordering: .relaxed) == 0)
        log.write(.info, "something else") { _ in }
        #expect(told.lines.load(ordering: .relaxed) == 1)
    }

    @Test("Our own figures are halved when they are too large for a collector, and all of them arrive")
    func halvedMetrics() async throws {
        let rig = try ExporterRig(metrics: [.answer(413)])
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        await rig.exporter.exportMetrics()
        let sent = try rig.metrics.requests.map { try ProtobufMessage($0.body).metrics().count }
        #expect(sent.count == 3 && sent[0] > 1 && sent[0] == sent[1] + sent[2])
        #expect(await rig.exporter.droppedItems(.metrics, "status_413") == 0)
    }

    @Test("A refusal for good and a part that was rejected are counted in spans, and told with the metrics")
    func counted() async throws {
        // partial_success { rejected: 2 }
        let rig = try ExporterRig(traces: [.answer(400), .answer(200, body: [0x0A, 0x02, 0x08, 0x02])])
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        await rig.send(try SampleSession.batch())
        #expect(rig.traces.requests.count == 2 && rig.pause.seconds.isEmpty)
        await rig.exporter.exportMetrics()
        let sent = try ProtobufMessage(try #require(rig.metrics.requests.first).body).metrics()
        let points = try #require(sent["tollgate.telemetry.dropped"]).message(7).messages(1)
        let told = try points.map { try ($0.attributes(7), $0.number(6)) }
        #expect(told.contains { $0 == (["reason": "status_400", "signal": "spans"], 4) })
        #expect(told.contains { $0 == (["reason": "rejected", "signal": "spans"], 2) })
    }

    @Test("No more of our own figures is rejected than was sent")
    func rejectedBeyond() async throws {
        // partial_success { rejected: 16383 }
        let rig = try ExporterRig(metrics: [.answer(200, body: [0x0A, 0x03, 0x08, 0xFF, 0x7F])])
        defer { rig.end() }
        await rig.record { $0.figures.add(.cost, 5) }
        await rig.exporter.exportMetrics()
        #expect((1...100).contains(await rig.exporter.droppedItems(.metrics, "rejected")))
    }

    @Test("Figures of the loops are sent as they stand; an export without any is not sent")
    func metrics() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        await rig.exporter.exportMetrics()
        #expect(rig.metrics.requests.isEmpty)
        await rig.record { $0.figures.add(.cost, 5) }
        await rig.exporter.exportMetrics()
        await rig.record { $0.figures.add(.cost, 6) }
        await rig.exporter.exportMetrics()
        #expect(rig.metrics.requests.first?.path == "/v1/metrics")
        #expect(try rig.metrics.requests.map { try cost($0) } == [5, 11])
    }

    @Test("Differences that were not delivered come with the next export")
    func delta() async throws {
        let rig = try ExporterRig(
            ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"], metrics: [.answer(200), .answer(500)])
        defer { rig.end() }
        for value in [5, 6, 7] as [Int64] {
            await rig.record { $0.figures.add(.cost, value) }
            await rig.exporter.exportMetrics()
        }
        #expect(try rig.metrics.requests.map { try cost($0) } == [5, 6, 13])
        #expect(await rig.exporter.droppedItems(.metrics, "status_500") > 0)
    }

    private func cost(_ request: FakeCollector.Request) throws -> UInt64 {
        try #require(try ProtobufMessage(request.body).metrics()["tollgate.cost"]).message(7).message(1).number(6)
    }

    @Test("A loop hands over by itself when a batch is full")
    func handOver() async throws {
        let rig = try ExporterRig(["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "3", "OTEL_BSP_SCHEDULE_DELAY": "86400000"])
        defer { rig.end() }
        let (exporter, span, trace) = (rig.exporter, try SampleSession.span(1), try SampleSession.trace())
        await rig.record { $0.start(exporter) }
        for _ in 0..<7 {
            await rig.record { source in
                source.spans.begin(
                    .server, trace: trace, span: span, parent: nil, from: 1, to: 2, isError: false, name: "x")
                source.spans.end()
                source.recorded()
            }
        }
        await exporter.shutdown()
        #expect(try rig.traces.requests.flatMap(spanNames).count == 7)
        #expect(try rig.traces.requests.allSatisfy { try spanNames($0).count <= 3 })
    }

    @Test("The end delivers what the loops still hold, and the last figures, and closes")
    func shutdown() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        let (span, trace) = (try SampleSession.span(1), try SampleSession.trace())
        await rig.record { source in
            source.spans.begin(
                .server, trace: trace, span: span, parent: nil, from: 1, to: 2, isError: false, name: "last")
            source.spans.end()
            source.figures.add(.requests, 1)
        }
        await rig.exporter.shutdown()
        #expect(try rig.traces.requests.map(spanNames) == [["last"]])
        #expect(rig.metrics.requests.count == 1)
        #expect(rig.traces.isClosed && rig.metrics.isClosed)
        #expect(rig.traces.requests[0].timeout <= 10_000_000_000)
    }

    @Test("At the end a collector that is away is asked once for each signal, and what was lost is counted")
    func shutdownWithoutCollector() async throws {
        let away = FakeCollector.Reply.fault(.timedOut)
        let file = try UnnamedFile()
        let rig = try ExporterRig(
            traces: [away, away, away], metrics: [away, away], log: LogWriter(descriptor: file.descriptor))
        defer { rig.end() }
        let (span, trace) = (try SampleSession.span(1), try SampleSession.trace())
        await rig.record { source in
            source.spans.begin(
                .server, trace: trace, span: span, parent: nil, from: 1, to: 2, isError: false, name: "x")
            source.spans.end()
        }
        await rig.exporter.shutdown()
        #expect(rig.traces.requests.count == 1 && rig.metrics.requests.count == 1 && rig.pause.seconds.isEmpty)
        #expect(await rig.exporter.droppedItems(.spans, "shutdown") == 1)
        let told = file.text.split(separator: "\n").first { $0.contains("not delivered in time") }
        #expect(try #require(told).contains("\"items\":1"))
    }

    @Test("Log lines that nobody took are told with the metrics")
    func lostLines() async throws {
        let log = LogWriter(descriptor: -1)
        let rig = try ExporterRig(log: log)
        defer { rig.end() }
        for _ in 0..<3 { log.write(.info, "x") { _ in } }
        await rig.exporter.exportMetrics()
        #expect(await rig.exporter.droppedItems(.logs, "not_taken") == 3)
    }

    @Test("No header value of the collector is in a log line, whatever goes wrong")
    func secrets() async throws {
        let file = try UnnamedFile()
        let rig = try ExporterRig(
            ["OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20canary"],
            traces: [
                .fault(.cut), .answer(401), .answer(200, body: [0x0A, 0x02, 0x08, 0x02]), .answer(200, body: [0xFF]),
            ],
            log: LogWriter(descriptor: file.descriptor, level: .debug))
        defer { rig.end() }
        for _ in 0..<3 { await rig.send(try SampleSession.batch()) }
        await rig.exporter.shutdown()
        let text = file.text
        #expect(text.contains("telemetry was dropped") && text.contains("rejected part") && !text.contains("canary"))
    }
}

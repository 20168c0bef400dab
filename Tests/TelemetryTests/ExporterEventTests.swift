import HTTP
import Testing
import Wire

@testable import Telemetry

@Suite struct ExporterEventTests {
    private func event(_ name: String) -> TelemetryEvent { TelemetryEvent(name, .info, "x", at: 1) }

    private func names(_ rig: ExporterRig) throws -> [[String]] {
        try rig.logs.requests.map { try ProtobufMessage($0.body).records().map { $0.text(12) } }
    }

    @Test("A batch of events becomes one request at the path of logs")
    func request() async throws {
        let rig = try ExporterRig(["OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x-key=k"])
        defer { rig.end() }
        await rig.sendEvents(try SampleEvents.batch())
        try #require(rig.logs.requests.count == 1 && rig.traces.requests.isEmpty)
        #expect(rig.logs.requests[0].path == "/v1/logs")
        #expect(
            rig.logs.requests[0].fields == [
                "x-key": "k", "content-type": "application/x-protobuf", "user-agent": "tollgate/1.2.3",
            ])
        #expect(try names(rig)[0].count == 4)
    }

    @Test("A refusal that may pass is repeated; one for good and a rejected part are counted as logs")
    func refusals() async throws {
        let rig = try ExporterRig(
            logs: [
                .answer(503, retryAfter: "7"), .answer(200), .answer(404),
                .answer(200, body: [0x0A, 0x02, 0x08, 0x02]),
            ])
        defer { rig.end() }
        for _ in 0..<3 { await rig.sendEvents(try SampleEvents.batch()) }
        #expect(rig.logs.requests.count == 4 && rig.logs.requests[0].body == rig.logs.requests[1].body)
        #expect(rig.pause.seconds == [7])
        #expect(await rig.exporter.droppedItems(.logs, "status_404") == 4)
        #expect(await rig.exporter.droppedItems(.logs, "rejected") == 2)
        #expect(await rig.exporter.droppedItems(.spans, "status_404") == 0)
    }

    @Test("A silent collector of events does not keep spans waiting")
    func independence() async throws {
        let rig = try ExporterRig(logs: [.answer(500)])
        defer { rig.end() }
        await rig.sendEvents(try SampleEvents.batch())
        await rig.send(try SampleSession.batch())
        #expect(rig.traces.requests.count == 1)
        #expect(await rig.exporter.droppedItems(.spans, "status_500") == 0)
    }

    @Test("A loop hands events over when a batch is full, and the rest at the end")
    func handOver() async throws {
        let rig = try ExporterRig(["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "3", "OTEL_BLRP_SCHEDULE_DELAY": "86400000"])
        defer { rig.end() }
        let exporter = rig.exporter
        await rig.record { source in
            source.start(exporter)
            for number in 0..<7 { source.emit(TelemetryEvent("e\(number)", .info, "", at: 1)) }
        }
        await exporter.shutdown()
        #expect(try names(rig).joined().sorted() == (0..<7).map { "e\($0)" })
        #expect(try names(rig).allSatisfy { $0.count <= 3 } && rig.logs.isClosed)
    }

    @Test("What finds no room at a loop is counted there")
    func loopBound() async throws {
        let rig = try ExporterRig(["OTEL_BLRP_MAX_QUEUE_SIZE": "2"])
        defer { rig.end() }
        await rig.record { source in
            for number in 0..<5 { source.emit(TelemetryEvent("e\(number)", .info, "", at: 1)) }
        }
        await rig.exporter.shutdown()
        #expect(try names(rig) == [["e0", "e1"]])
        let sent = try ProtobufMessage(try #require(rig.metrics.requests.last).body).metrics()
        let point = try #require(sent["tollgate.telemetry.dropped"]).message(7).message(1)
        #expect(try point.attributes(7) == ["reason": "queue_full", "signal": "logs"] && point.number(6) == 3)
    }

    @Test("Events of many threads all arrive, and wait for nobody")
    func anyThread() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for number in 0..<50 {
                        rig.exporter.emit(TelemetryEvent("\(thread)-\(number)", .info, "", at: 1))
                    }
                }
            }
        }
        await rig.exporter.shutdown()
        let sent = try names(rig).joined()
        #expect(Set(sent) == Set((0..<4).flatMap { thread in (0..<50).map { "\(thread)-\($0)" } }))
        #expect(sent.count == 200)
    }

    @Test("The inbox takes as many as it has room for, and says how many it refused, once")
    func inbox() {
        let inbox = EventInbox(maximum: 2)
        #expect(inbox.put(event("a")) && !inbox.put(event("b")) && !inbox.put(event("c")) && !inbox.put(event("d")))
        var taken = inbox.take()
        #expect(taken.batch?.count == 2 && taken.refused == 2)
        taken = inbox.take()
        #expect(taken.batch == nil && taken.refused == 0)
        #expect(inbox.put(event("e")))
    }

    @Test("Without a collector for logs events go nowhere and are not counted as lost")
    func switchedOff() async throws {
        let rig = try ExporterRig(["OTEL_LOGS_EXPORTER": "none"])
        defer { rig.end() }
        rig.exporter.emit(event("a"))
        await rig.record { $0.emit(TelemetryEvent("b", .info, "", at: 1)) }
        #expect(!rig.source.recordsEvents)
        await rig.exporter.shutdown()
        #expect(rig.logs.requests.isEmpty && rig.metrics.requests.isEmpty)
    }

    @Test("At the end a collector that is away is asked once for events too")
    func shutdownWithoutCollector() async throws {
        let rig = try ExporterRig(logs: [.fault(.timedOut), .fault(.timedOut)])
        defer { rig.end() }
        await rig.record { $0.emit(TelemetryEvent("b", .info, "", at: 1)) }
        await rig.exporter.shutdown()
        #expect(rig.logs.requests.count == 1 && rig.pause.seconds.isEmpty)
        #expect(await rig.exporter.droppedItems(.logs, "shutdown") == 1)
    }

    @Test("Figures of what has no loop are sent with those of the loops; gauges are set when they are collected")
    func figures() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        rig.exporter.measure { $0.add(.configReloads, 1, .result("ok")) }
        await rig.record { source in
            source.beforeCollection = { figures in
                figures.removeAll(.budgetSettled)
                figures.set(.budgetSettled, 42, .budget(rule: "r", scope: "", unit: .token))
            }
        }
        await rig.exporter.shutdown()
        let sent = try ProtobufMessage(try #require(rig.metrics.requests.last).body).metrics()
        #expect(try #require(sent["tollgate.config.reloads"]).message(7).message(1).number(6) == 1)
        let gauge = try #require(sent["tollgate.budget.settled"]).message(5).message(1)
        #expect(
            try gauge.attributes(7) == ["tollgate.rule.id": "r", "tollgate.unit": "token"] && gauge.number(6) == 42)
    }
}

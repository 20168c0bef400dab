import Testing
import Wire

@testable import Telemetry

@Suite struct LogEncodingTests {
    private func records(lengthLimit: Int? = nil) throws -> [ProtobufMessage] {
        try ProtobufMessage(SampleEvents.encoded(lengthLimit: lengthLimit)).records()
    }

    @Test("Events are encoded to exactly the bytes that the official decoder understood")
    func golden() throws {
        #expect(Hex.encode(try SampleEvents.encoded()) == GoldenBytes.events)
    }

    @Test("Resource, scope and schema stand around the records")
    func envelope() throws {
        let group = try ProtobufMessage(SampleEvents.encoded()).message(1)
        #expect(try group.message(1).attributes(1)["service.name"] == "tollgate")
        #expect(try group.message(2).message(1).text(1) == "tollgate" && group.message(2).message(1).text(2) == "1.2.3")
        #expect(try group.message(2).text(3) == "https://opentelemetry.io/schemas/1.41.0")
    }

    @Test("A record has its times, severity, name, body and the span that it belongs to")
    func record() throws {
        let records = try records()
        #expect(
            records.map { $0.text(12) } == [
                "tollgate.audit", "tollgate.audit", "tollgate.budget.alert", "tollgate.plain",
            ])
        #expect(records.map { $0.number(2) } == [9, 13, 13, 17])
        #expect(records.map { $0.text(3) } == ["INFO", "WARN", "WARN", "ERROR"])
        #expect(records.map { $0.number(1) } == [0, 1, 0, 3].map { UInt64(SampleEvents.begin) + $0 })
        #expect(records.allSatisfy { $0.number(11) == UInt64(SampleEvents.begin + 9) })
        #expect(try records[1].message(5).text(1) == "The budget is spent.")
        #expect(Hex.encode(records[1].bytes(9)) == "0af7651916cd43dd8448eb211c80319c")
        #expect(Hex.encode(records[1].bytes(10)) == "00000000000000c1")
        #expect(!records[0].has(9) && !records[0].has(10) && !records[3].has(5), "what there is not is left out")
        #expect(try records[3].attributes(6) == ["number": "-7", "yes": "true", "no": "false"])
    }

    @Test("An audit event says who did what to what")
    func audit() throws {
        let records = try records()
        #expect(
            try records[0].attributes(6) == [
                "tollgate.audit.action": "budget.raise", "tollgate.audit.actor": "bob",
                "tollgate.audit.subject": "everyone", "tollgate.audit.details": "{\"by\":\"5.00\"}",
            ])
        #expect(try records[0].message(5).text(1) == "budget.raise everyone by bob")
        #expect(
            try records[1].attributes(6) == [
                "tollgate.audit.action": "refuse", "tollgate.audit.actor": "alice",
                "tollgate.audit.subject": "claude-opus-4-6", "tollgate.rule.id": "everyone",
                "tollgate.request.id": "req_01", "error.type": "billing_error", "user.id": "alice",
                "tollgate.team": "plätform",
            ])
    }

    @Test("An alert of a budget has its figures whole")
    func alert() throws {
        #expect(
            try records()[2].attributes(6) == [
                "tollgate.rule.id": "everyone", "tollgate.budget.scope": "user=alice",
                "tollgate.budget.threshold_percent": "75", "tollgate.budget.settled": "7500000001",
                "tollgate.budget.limit": "10000000000", "tollgate.unit": "nano_usd",
                "tollgate.budget.unit": "cost_per_day", "tollgate.budget.reset": "2026-11-22T00:00:00Z",
            ])
    }

    @Test("Attributes are cut to the limit between characters, names and bodies are not")
    func limit() throws {
        let refusal = try records(lengthLimit: 3)[1]
        #expect(try refusal.attributes(6)["tollgate.team"] == "plä")
        #expect(try refusal.message(5).text(1) == "The budget is spent." && refusal.text(12) == "tollgate.audit")
    }

    @Test("A text that is too long is cut between two characters", arguments: [0, 1, 2, 3])
    func longText(offset: Int) throws {
        let text = String(repeating: "x", count: offset) + String(repeating: "€", count: 20_000)
        var recorder = LogRecorder(), event = TelemetryEvent("a", .info, text, at: 1)
        event.add("details", text)
        recorder.record(event, observedAt: 2)
        let taken = recorder.take()
        let batch = try #require(taken)
        let record = try #require(
            try ProtobufMessage(LogEncoder(resource: [], version: "1").encode([batch])).records().first)
        let sent = try record.message(5).text(1)
        #expect(text.hasPrefix(sent) && (32 * 1024 - 2...32 * 1024).contains(sent.utf8.count))
        #expect(try record.attributes(6)["details"] == sent)
    }

    @Test("A recorder that gave away what it had begins anew")
    func take() throws {
        var recorder = LogRecorder()
        #expect(recorder.take() == nil)
        recorder.record(TelemetryEvent("a", .info, "b", at: 1), observedAt: 2)
        let first = recorder.take()
        recorder.record(TelemetryEvent("a", .info, "b", at: 1), observedAt: 2)
        #expect(first?.count == 1 && recorder.take() == first && recorder.count == 0)
    }
}

import SeededRandom
import Testing
import Wire

@testable import Telemetry

@Suite("What clients export is read, stamped and written anew")
struct ReceiverTests {
    private func records(_ result: ClientPayloadWriter.Result) throws -> [ProtobufMessage] {
        try ProtobufMessage(result.bytes).at(1, 2).messages(2)
    }

    @Test("The resource has the stamp of the credential, and nothing that claims to be ours")
    func stamp() throws {
        for (signal, json) in SampleExports.all {
            let result = try SampleExports.write(SampleExports.binary(json, signal), signal)
            let resource = try ProtobufMessage(result.bytes).at(1, 1).clientAttributes(1)
            #expect(resource["user.id"] == "alice@example.com" && resource["user.email"] == "alice@example.com")
            #expect(resource["tollgate.team"] == "platform" && resource["tollgate.key.id"] == "key_1")
            #expect(resource["tollgate.project"] == "atlas" && resource["service.name"] == "claude-code")
            #expect(resource["claude_code.installation.id"] == "c0ffee")
            #expect(resource["tollgate.metadata.cost"]?.utf8.count ?? 0 <= 1_024)
            #expect(result.edits["reserved"] == 1)
        }
    }

    @Test("An export with two resources, or none, has one with the stamp")
    func oneResource() throws {
        let twice = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":1}]}]}]}"#
        var bytes = try SampleExports.binary(twice, .logs)
        var result = try SampleExports.write(bytes, .logs)
        #expect(try ProtobufMessage(result.bytes).at(1, 1).clientAttributes(1)["tollgate.key.id"] == "key_1")
        // A second one behind the records would count in place of the first.
        let evil = try SampleExports.binary(
            #"{"resourceLogs":[{"resource":{"attributes":[{"key":"user.id","value":{"stringValue":"root"}}]}}]}"#, .logs
        )
        bytes = [0x0A, UInt8(truncatingIfNeeded: bytes.count - 5 + evil.count - 5)] + bytes[5...] + evil[5...]
        result = try SampleExports.write(bytes, .logs)
        let groups = try ProtobufMessage(result.bytes).messages(1)
        #expect(groups.count == 1 && groups[0].values(1).count == 1)
        #expect(try groups[0].at(1).clientAttributes(1)["user.id"] == "alice@example.com")
    }

    @Test("Claims of records are replaced; prompts, parameters and unknown words stay out; numbers pass")
    func attributes() throws {
        let result = try SampleExports.write(SampleExports.binary(SampleExports.logs, .logs), .logs)
        #expect(result.items == 2)
        let found = try records(result).map { try $0.clientAttributes(6) }
        #expect(found[0]["user.id"] == "alice@example.com" && found[0]["claude_code.installation.id"] == "c0ffee")
        #expect(found[0]["user.email"] == nil && found[0]["request_id"] == "req_1")
        #expect(found[0]["list"] != nil && found[0]["map"] == nil && found[0]["cost_usd"] != nil)
        #expect(found[1]["tool_parameters"] == nil && found[1]["note"] == nil && found[1]["user.id"] == nil)
        #expect(result.edits["content"] == 3 && result.edits["claim"] == 1)
        let kept = try SampleExports.write(
            SampleExports.binary(SampleExports.logs, .logs), .logs, keepsContent: true)
        let whole = try records(kept)[1].clientAttributes(6)
        #expect(whole["tool_parameters"] == #"{"command":"ls"}"# && whole["note"] == "words that nobody knows")
    }

    @Test("A record goes where its request is; what its client named stays as an attribute")
    func joined() throws {
        let bytes = try SampleExports.binary(SampleExports.logs, .logs)
        let place = ClientPayloadWriter.Place(
            trace: try #require(TraceID(high: 1, low: 2)), span: try #require(SpanID(3)))
        var result = try SampleExports.write(bytes, .logs) { $0.requestID == "req_1" ? .ours(place) : .unknown }
        #expect(result.joined == 1 && result.unjoined == 1)
        let found = try records(result)
        #expect(found[0].values(9) == [.bytes(place.trace.bytes)] && found[0].values(10) == [.bytes(place.span.bytes)])
        #expect(try found[0].clientAttributes(6)["claude_code.trace.id"] == "0102030405060708090a0b0c0d0e0f10")
        #expect(found[1].values(9).isEmpty)
        result = try SampleExports.write(bytes, .logs) { _ in .its }
        #expect(try records(result)[0].values(9) == [.bytes(Array(1...16))] && result.unjoined == 0)
    }

    @Test("The counters of Claude Code are read as differences or as sums; impossible amounts are not")
    func activity() throws {
        for delta in [true, false] {
            let bytes = try SampleExports.binary(SampleExports.metrics(delta: delta), .metrics)
            let found = try bytes.withUnsafeBytes { try ClientActivity.metrics(in: $0) }
            #expect(
                found.map(\.measure) == [.commits, .linesAdded, .editsAccepted, .activeUser, .cost]
                    && found.map(\.amount) == [2, 7, 3, 1_500, 125_000_000])
            #expect(found.allSatisfy { ($0.series == nil) == delta && $0.at == 1_795_273_893_416_000_000 })
            #expect(Set(found.map(\.series?.hash)).count == (delta ? 1 : 5))
        }
        let bytes = try SampleExports.binary(SampleExports.logs, .logs)
        let found = try bytes.withUnsafeBytes { try ClientActivity.records(in: $0) }.flatMap(ClientActivity.of)
        #expect(found.map(\.measure) == [.toolCalls, .toolErrors])
        let spans = try SampleExports.binary(SampleExports.traces, .spans)
        #expect(try spans.withUnsafeBytes { try ClientActivity.traces(in: $0) }.map(\.bytes) == [Array(1...16)])
    }

    @Test("Points of metrics carry the user and the team, and everything of a point survives")
    func points() throws {
        let bytes = try SampleExports.binary(SampleExports.metrics(delta: true), .metrics)
        let result = try SampleExports.write(bytes, .metrics, keepsContent: true)
        let before = try ProtobufMessage(bytes).at(1, 2).messages(2),
            after = try ProtobufMessage(result.bytes).at(1, 2).messages(2)
        #expect(before.count == after.count && result.items == 11)
        for (old, new) in zip(before, after) {
            #expect(old.values(1) == new.values(1) && old.fields.map(\.number) == new.fields.map(\.number))
        }
        let point = try after[2].at(7, 1)
        #expect(try point.clientAttributes(7)["user.id"] == "alice@example.com")
        #expect(try point.clientAttributes(7)["tollgate.team"] == "platform" && point.values(6) == [.fixed64(3)])
        let histogram = try after[7].at(9, 1)
        #expect(histogram.has(6) && histogram.has(7) && histogram.has(8) && histogram.values(4) == [.fixed64(3)])
        #expect(try after[8].at(10, 1, 8).values(1) == [.varint(3)], "-2 in zigzag")
    }

    @Test("Keys and values that are hostile are cut, cleaned or left out, and counted")
    func hostile() throws {
        func attribute(_ key: String, _ value: String) -> String {
            #"{"key":"\#(key)","value":{"stringValue":"\#(value)"}}"#
        }
        let long = String(repeating: "x", count: 1_000_000), many = (0..<500).map { attribute("k\($0)", "v") }
        let list = [
            attribute("event.name", "api_error"), attribute("error", long), attribute("a b", "v"),
            attribute(String(long.prefix(200)), "v"),
            attribute("error.message", #"a\u001b[31mb\u0000"#), attribute("TollGate.x", "v"),
            attribute("k\\u0007", "v"),
        ]
        let json =
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[\#((list + many).joined(separator: ","))]}]}]}]}"#
        let result = try SampleExports.write(SampleExports.binary(json, .logs), .logs)
        let found = try records(result)[0].clientAttributes(6)
        #expect(found["error"]?.utf8.count == 4_096 && found["error.message"] == "a\u{FFFD}[31mb\u{FFFD}")
        #expect(found.count == 124 && result.bytes.count < 16_000)
        #expect(result.edits == ["cut": 1, "key": 3, "reserved": 1, "too_many": 379])
    }

    @Test("Bytes that are no UTF-8 become text, and a cut leaves whole characters")
    func text() throws {
        var value = ByteWriter()
        value.append(1, bytes: UnsafeRawBufferPointer(start: nil, count: 0))
        func payload(_ text: [UInt8]) -> [UInt8] {
            func nested(_ number: Int, _ inner: [UInt8]) -> [UInt8] {
                var writer = ByteWriter()
                inner.withUnsafeBytes { writer.append(number, bytes: $0) }
                return writer.array
            }
            let pair = nested(1, Array("agent.name".utf8)) + nested(2, nested(1, text))
            return nested(1, nested(2, nested(2, nested(6, pair))))
        }
        var result = try SampleExports.write(payload([0x61, 0xFF, 0x62]), .logs)
        #expect(try records(result)[0].clientAttributes(6)["agent.name"] == "a\u{FFFD}b")
        result = try SampleExports.write(payload([0x61] + Array(String(repeating: "é", count: 4_096).utf8)), .logs)
        #expect(try records(result)[0].clientAttributes(6)["agent.name"] == "a" + String(repeating: "é", count: 2_047))
    }
}

import SeededRandom
import Testing
import Wire

@testable import Telemetry

@Suite("Nothing that a client sends brings the reader down")
struct ReceiverFuzzTests {
    /// What is taken must be well formed, with the stamp.
    private func read(_ bytes: [UInt8], _ signal: Signal) throws {
        do {
            let result = try bytes.withUnsafeBytes { bytes in
                _ = try ClientActivity.metrics(in: bytes)
                _ = try ClientActivity.records(in: bytes)
                _ = try ClientActivity.traces(in: bytes)
                return try ClientPayloadWriter.write(
                    bytes, as: signal, SampleExports.stamp, AttributePolicy(keepsContent: true))
            }
            for group in try ProtobufMessage(result.bytes).messages(1) {
                #expect(try group.at(1).clientAttributes(1)["tollgate.key.id"] == "key_1")
            }
            // What was written can be written again.
            #expect(try SampleExports.write(result.bytes, signal).items == result.items)
        } catch let fault as OTLPFault {
            #expect(fault == .malformed || fault == .tooDeep)
        }
    }

    @Test("The binary form, cut at every byte")
    func cutBinary() throws {
        for (signal, json) in SampleExports.all {
            let bytes = try SampleExports.binary(json, signal)
            for end in bytes.indices { try read(Array(bytes[..<end]), signal) }
        }
    }

    @Test("JSON, cut at every byte, is malformed")
    func cutJSON() throws {
        for (signal, json) in SampleExports.all {
            let bytes = Array(json.utf8)
            for end in bytes.indices {
                #expect(throws: OTLPFault.malformed) {
                    try bytes[..<end].withUnsafeBytes { _ = try OTLPTranscoder.protobuf($0, signal) }
                }
            }
        }
    }

    @Test("Bytes changed at random")
    func changed() throws {
        var random = SeededGenerator(seed: 5)
        for (signal, json) in SampleExports.all {
            let bytes = try SampleExports.binary(json, signal), text = Array(json.utf8)
            for _ in 0..<2_000 {
                var copy = bytes
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    copy[Int.random(in: copy.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                try read(copy, signal)
                var json = text
                json[Int.random(in: json.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                if let binary = try? json.withUnsafeBytes({ try OTLPTranscoder.protobuf($0, signal) }) {
                    try read(binary, signal)
                }
            }
        }
    }

    @Test("Values nested without end are refused, in both forms")
    func nested() throws {
        let open = String(repeating: #"{"arrayValue":{"values":["#, count: 50_000)
        let json = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"# + open
        #expect(throws: OTLPFault.tooDeep) { _ = try SampleExports.binary(json, .logs) }
        var bytes: [UInt8] = []
        for level in 0..<20_000 {
            var writer = ByteWriter(capacity: bytes.count + 8)
            // AnyValue.array_value, ArrayValue.values.
            bytes.withUnsafeBytes { writer.append(level.isMultiple(of: 2) ? 1 : 5, bytes: $0) }
            bytes = writer.array
        }
        for number in [5, 2, 2, 1] {
            var writer = ByteWriter(capacity: bytes.count + 8)
            bytes.withUnsafeBytes { writer.append(number, bytes: $0) }
            bytes = writer.array
        }
        #expect(throws: OTLPFault.tooDeep) { _ = try SampleExports.write(bytes, .logs) }
    }

    @Test("A message whose length takes four bytes is read as if it took one, up to the largest")
    func lengths() throws {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            var writer = ByteWriter()
            let start = writer.open(3)
            for _ in 0..<length { writer.append(byte: 7) }
            writer.close(start)
            #expect(try ProtobufMessage(writer.array).values(3) == [.bytes(Array(repeating: 7, count: length))])
        }
    }
}

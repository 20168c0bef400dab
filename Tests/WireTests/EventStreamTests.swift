import EventStreamFrames
import SeededRandom
import Testing

@testable import Wire

/// A message's parts, comparable.
private struct Seen: Equatable {
    let kind: EventStreamMessage.Kind
    let name: String
    let payload: String

    init(_ message: EventStreamMessage) {
        kind = message.kind
        let names = [message.eventType, message.exceptionType, message.errorCode, message.errorMessage]
        name = names.filter { $0.count > 0 }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
        payload = String(decoding: message.payload, as: UTF8.self)
    }
}

@Suite("Binary event stream")
struct EventStreamTests {
    /// Made by botocore.
    private static let vector =
        Hex.decode(
            "000000860000004bba8a02430b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c"
                + "69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a306558426c49"
                + "6a6f6963476c755a794a39222c2270223a2261626364227ddc9d8443") ?? []
    private static let vectorPayload = #"{"bytes":"eyJ0eXBlIjoicGluZyJ9","p":"abcd"}"#

    private func frame(_ headers: [(name: StaticString, value: String)], _ payload: String = "") -> [UInt8] {
        var output = ByteWriter()
        Array(payload.utf8).withUnsafeBytes { EventStreamWriter.append(headers: headers, payload: $0, to: &output) }
        return output.array
    }

    /// A frame of any bytes as headers, with right checksums and the lengths given.
    private func rawFrame(headers: [UInt8], payload: [UInt8] = [], total: UInt32? = nil, headersLength: UInt32? = nil)
        -> [UInt8]
    {
        func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        var frame = bigEndian(total ?? UInt32(headers.count + payload.count + 16))
        frame += bigEndian(headersLength ?? UInt32(headers.count))
        frame += bigEndian(frame.withUnsafeBytes { CRC32.of($0) })
        frame += headers + payload
        return frame + bigEndian(frame.withUnsafeBytes { CRC32.of($0) })
    }

    private func header(_ name: String, _ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [UInt8(name.utf8.count)] + Array(name.utf8) + [type] + value
    }

    private var eventHeader: [UInt8] { header(":message-type", 7, [0, 5] + Array("event".utf8)) }

    /// All messages of a stream that comes in pieces, each in memory of its own.
    private func read(_ bytes: [UInt8], endingAt places: [Int]) throws(EventStreamError) -> [Seen] {
        var parser = EventStreamParser()
        var seen: [Seen] = []
        var start = 0
        for end in places {
            let piece = Array(bytes[start..<end])
            start = end
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: piece)
            var position = 0
            while case .message(let message) = try parser.next(UnsafeRawBufferPointer(buffer), &position) {
                seen.append(Seen(message))
            }
            #expect(position == piece.count)
        }
        return seen
    }

    private func fault(_ bytes: [UInt8]) -> EventStreamError? {
        do throws(EventStreamError) {
            _ = try read(bytes, endingAt: [bytes.count])
            return nil
        } catch {
            return error
        }
    }

    @Test("The writer makes the frame that AWS's own library makes, and the parser reads it")
    func vector() throws {
        let made = frame(
            [(":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event")],
            Self.vectorPayload)
        #expect(made == Self.vector)
        let seen = try read(Self.vector, endingAt: [134])
        #expect(seen.map(\.payload) == [Self.vectorPayload] && seen.map(\.name) == ["chunk"])
    }

    @Test("A stream may come cut anywhere, several frames in one piece")
    func cutAnywhere() throws {
        let exception = frame(
            [(":message-type", "exception"), (":exception-type", "throttlingException")], #"{"message":"slow"}"#)
        let error = frame([(":message-type", "error"), (":error-code", "500"), (":error-message", "sorry")])
        let stream = Self.vector + exception + error + Self.vector
        let expected = try read(stream, endingAt: [stream.count])
        #expect(expected.map(\.kind) == [.event, .exception, .error, .event])
        #expect(expected.map(\.name) == ["chunk", "throttlingException", "500|sorry", "chunk"])
        for places in cuts(of: stream.count) {
            #expect(try read(stream, endingAt: places) == expected, "cut at \(places)")
        }
    }

    @Test("Of a stream that ends inside a message nothing is given", arguments: [1, 11, 12, 13, 133])
    func inside(count: Int) throws {
        #expect(try read(Array(Self.vector.prefix(count)), endingAt: [count]).isEmpty)
    }

    @Test("Every damaged byte is noticed")
    func damaged() throws {
        for place in Self.vector.indices {
            var bytes = Self.vector
            bytes[place] ^= 0x10
            #expect(fault(bytes) == (place < 12 ? .preludeDamaged : .messageDamaged), "at \(place)")
        }
    }

    @Test("Lengths beyond the bounds are refused as soon as the prelude is there")
    func bounds() {
        #expect(fault(Array(rawFrame(headers: [], total: 15).prefix(12))) == .lengthsImpossible)
        #expect(fault(rawFrame(headers: eventHeader, total: 40, headersLength: 25)) == .lengthsImpossible)
        #expect(fault(rawFrame(headers: [], total: .max, headersLength: 131_073)) == .headersTooLarge)
        #expect(fault(rawFrame(headers: [], total: 16 + 25_165_825)) == .payloadTooLarge)
        #expect(fault(rawFrame(headers: [], total: 16 + 25_165_824)) == nil)
        #expect(fault(rawFrame(headers: [], total: 16 + 131_072 + 25_165_824, headersLength: 131_072)) == nil)
    }

    @Test("All types of headers are read")
    func headerTypes() throws {
        let headers =
            eventHeader + header("t", 0, []) + header("f", 1, []) + header("i8", 2, [0xFE]) + header("i16", 3, [1, 2])
            + header("i32", 4, [255, 255, 255, 255]) + header("i64", 5, [0, 0, 0, 0, 0, 0, 1, 0])
            + header("b", 6, [0, 2, 9, 8]) + header("s", 7, [0, 1, 65]) + header("ts", 8, [0, 0, 0, 0, 0, 0, 0, 5])
            + header("u", 9, Array(0..<16)) + header("empty", 7, [0, 0])
        var parser = EventStreamParser()
        try rawFrame(headers: headers, payload: [1]).withUnsafeBytes { bytes in
            var position = 0
            guard case .message(let message) = try parser.next(bytes, &position) else {
                Issue.record("no message")
                return
            }
            func shown(_ name: StaticString) -> String {
                switch message.header(name) {
                case .bytes(let bytes)?, .uuid(let bytes)?: Hex.encode(bytes)
                case .string(let bytes)?: String(decoding: bytes, as: UTF8.self)
                case let value?: "\(value)"
                case nil: "none"
                }
            }
            let names: [StaticString] = ["t", "f", "i8", "i16", "i32", "i64", "b", "s", "ts", "u", "empty", "x"]
            #expect(
                names.map(shown) == [
                    "bool(true)", "bool(false)", "int8(-2)", "int16(258)", "int32(-1)", "int64(256)", "0908", "A",
                    "timestamp(5)", "000102030405060708090a0b0c0d0e0f", "", "none",
                ])
        }
    }

    @Test("Headers that break the format are refused")
    func malformed() {
        let bad: [[UInt8]] = [
            [0], [5, 65], header("x", 10, []), header("x", 9, [1]), header("x", 7, [0, 9, 65]), header("x", 5, [1]),
            [1, 65], header(":message-type", 0, []),
        ]
        for headers in bad {
            #expect(fault(rawFrame(headers: eventHeader + headers)) == .headerMalformed, "\(headers)")
        }
        #expect(fault(rawFrame(headers: eventHeader + eventHeader)) == .headerRepeated)
        #expect(fault(rawFrame(headers: [])) == .messageTypeUnknown)
        #expect(fault(frame([(":message-type", "Event")])) == .messageTypeUnknown)
    }

    @Test("Any bytes are read or refused, never more")
    func mutated() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<3_000 {
            let bytes = mutate(Self.vector + Self.vector, &generator)
            _ = fault(bytes)
        }
    }

    @Test("The checksum is zlib's, however long the bytes")
    func checksums() {
        func check(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBytes { CRC32.of($0) } }
        #expect(check("") == 0)
        #expect(check("123456789") == 0xCBF4_3926)
        #expect(check("The quick brown fox jumps over the lazy dog") == 0x414F_A339)
        var generator = SeededGenerator(seed: 3)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let parts = Int.random(in: 0...count, using: &generator)
            bytes.withUnsafeBytes { bytes in
                let first = CRC32.of(bytes.slice(0..<parts))
                #expect(CRC32.of(bytes.slice(parts..<count), following: first) == CRC32.of(bytes))
            }
        }
    }
}

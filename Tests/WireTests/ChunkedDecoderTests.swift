import SeededRandom
import Testing

@testable import Wire

private struct Decoded: Equatable {
    var body: [UInt8] = []
    var trailers = ""
    var used = 0
    var end = "incomplete"
}

private func decode(_ input: [UInt8], cut: [Int]) -> Decoded {
    var decoder = ChunkedDecoder()
    var result = Decoded()
    input.withUnsafeBytes { bytes in
        var start = 0
        for end in cut {
            let piece = bytes.slice(start..<end)
            var position = 0
            reading: while true {
                do throws(HTTPParseError) {
                    switch try decoder.next(piece, &position) {
                    case .data(let range): result.body += piece[range]
                    case .needMore: break reading
                    case .end:
                        result.end = "end"
                        result.used = start + position
                        result.trailers = String(decoding: decoder.trailers, as: UTF8.self)
                        return
                    }
                } catch {
                    result.end = "\(error)"
                    return
                }
            }
            start = end
        }
    }
    return result
}

@Suite("Chunked bodies")
struct ChunkedDecoderTests {
    @Test(
        "Good bodies are read, however they are cut",
        arguments: [
            ("5\r\nhello\r\n0\r\n\r\nnext", "hello", "", 15),
            ("00A\r\n0123456789\r\n1;a=b;c=\"d\"\r\nX\r\n000\r\n\r\n", "0123456789X", "", 40),
            ("1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nTE: t\r\nHost: h\r\n\r\n", "a", "X-Sum: 1\r\n", 56),
            ("0\r\n\r\n", "", "", 5),
        ])
    func accepts(_ input: String, _ body: String, _ trailers: String, _ used: Int) {
        let bytes = Array(input.utf8)
        let expected = Decoded(body: Array(body.utf8), trailers: trailers, used: used, end: "end")
        for cut in cuts(of: bytes.count) { #expect(decode(bytes, cut: cut) == expected) }
    }

    @Test(
        "Bad framing is refused, however it is cut",
        arguments: [
            ("g\r\n", HTTPParseError.chunkSizeInvalid), ("\r\n", .chunkSizeInvalid), ("-1\r\n", .chunkSizeInvalid),
            ("0x5\r\nhello\r\n", .chunkSizeInvalid), ("5 \r\nhello\r\n", .chunkSizeInvalid),
            (" 5\r\nhello\r\n", .chunkSizeInvalid), ("5\nhello\n", .chunkSizeInvalid), ("5\rhello", .chunkSizeInvalid),
            ("1234567890123456\r\n", .chunkSizeInvalid), ("0000000000000001\r\n", .chunkSizeInvalid),
            ("5;a\nb\r\nhello", .chunkExtensionInvalid), ("5;a\0\r\n", .chunkExtensionInvalid),
            ("5;a\rb\r\n", .chunkSizeInvalid),
            ("5\r\nhelloX\r\n", .chunkEndMissing), ("5\r\nhello\n", .chunkEndMissing),
            ("5\r\nhello\rX", .chunkEndMissing), ("0\r\n\n", .bareLineFeed), ("0\r\nA: b\n", .bareLineFeed),
            ("0\r\nA : b\r\n", .blankBeforeColon), ("0\r\n b\r\n", .foldedLine),
            ("0\r\nA: b\u{1}\r\n", .fieldValueInvalid),
        ])
    func refuses(_ input: String, _ fault: HTTPParseError) {
        let bytes = Array(input.utf8)
        for cut in cuts(of: bytes.count, random: 4) { #expect(decode(bytes, cut: cut).end == "\(fault)") }
    }

    @Test("Extensions and trailers are bounded over the whole body")
    func isBounded() {
        let manyExtensions = String(repeating: "1;" + String(repeating: "x", count: 200) + "\r\na\r\n", count: 100)
        #expect(decode(Array(manyExtensions.utf8), cut: [manyExtensions.utf8.count]).end == "chunkExtensionInvalid")
        let manyTrailers = "0\r\n" + String(repeating: "A: bbbbbbbbbbbb\r\n", count: 1000)
        let bytes = Array(manyTrailers.utf8)
        #expect(decode(bytes, cut: [bytes.count]).end == "trailerTooLarge")
        #expect(decode(bytes, cut: Array(1...bytes.count)).end == "trailerTooLarge")
    }

    @Test("Any chunks are read, however they are cut")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20 {
            var body: [UInt8] = []
            var writer = ByteWriter()
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let chunk = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                if chunk.isEmpty { continue }
                writer.append(hex: UInt64(chunk.count))
                writer.append("\r\n")
                writer.append(chunk)
                writer.append("\r\n")
                body += chunk
            }
            writer.append("0\r\n\r\n")
            let wire = writer.array
            for cut in cuts(of: wire.count).prefix(60) { #expect(decode(wire, cut: cut).body == body) }
        }
    }

    @Test("Whatever the bytes, nothing crashes and cutting changes nothing", arguments: 0..<60)
    func fuzz(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let input = "5;x=y\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX-Sum: 1\r\nY: z\r\n\r\ntail"
        let bytes = mutate(Array(input.utf8), &generator)
        let whole = decode(bytes, cut: [bytes.count])
        for cut in cuts(of: bytes.count, seed: UInt64(seed)) { #expect(decode(bytes, cut: cut) == whole) }
    }
}

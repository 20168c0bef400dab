import Testing

@testable import Transport

@Suite struct CodecTests {
    @Test("SHA-256 of the standard's examples")
    func digests() {
        func hex(_ text: String) -> String {
            let digest = Array(text.utf8).withUnsafeBytes { SHA256Digest(of: $0) }
            return digest.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("What gzip packs, the inflater unpacks, however it is cut")
    func gzipRoundTrip() throws {
        let text = Array(String(repeating: "data: {\"type\":\"ping\"}\n\n", count: 3_000).utf8)
        let packed = try #require(gzip(text))
        #expect(packed.count < text.count / 10)
        for step in [1, 7, 100, packed.count] {
            let inflater = Inflater()
            var unpacked: [UInt8] = []
            packed.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: step) {
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, bytes.count)])
                    inflater.consume(piece) { unpacked.append(contentsOf: $0) }
                }
            }
            #expect(unpacked == text)
            #expect(!inflater.failed)
        }
    }

    @Test("Several members of gzip are one text; what stands behind them and is none is left")
    func members() throws {
        let members = try ["one ", "two ", "three"].map { try #require(gzip(Array($0.utf8))) }
        let packed = Array(members.joined()) + [0, 0, 0]
        for step in [1, 5, packed.count] {
            let inflater = Inflater()
            var unpacked: [UInt8] = []
            packed.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: step) {
                    inflater.consume(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, bytes.count)])) {
                        unpacked.append(contentsOf: $0)
                    }
                }
            }
            #expect(unpacked == Array("one two three".utf8) && !inflater.failed)
        }
    }

    @Test("Bytes that are not gzip make the inflater fail, not crash")
    func notGzip() {
        let inflater = Inflater()
        Array("plain text".utf8).withUnsafeBytes { inflater.consume($0) { _ in } }
        #expect(inflater.failed)
    }

    @Test("Addresses print as they are written", arguments: ["127.0.0.1", "::1", "2001:db8::5"])
    func addresses(literal: String) throws {
        let address = try #require(SocketAddress(literal: literal, port: 4100))
        #expect(address.host == literal)
        #expect(SocketAddress(literal: "localhost", port: 1) == nil)
    }

    @Test("Random bytes fill any length")
    func random() {
        #expect(randomBytes(1_000).count == 1_000)
        #expect(randomBytes(32) != randomBytes(32))
    }
}

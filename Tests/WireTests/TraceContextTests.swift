import Testing

@testable import Wire

private func parse(_ text: String) -> TraceContext? {
    Array(text.utf8).withUnsafeBytes { TraceContext(parsing: $0) }
}

@Suite("Trace context")
struct TraceContextTests {
    static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("A valid header is read and written back")
    func roundTrip() throws {
        let context = try #require(parse(TraceContextTests.valid))
        var output = ByteWriter()
        context.append(to: &output)
        #expect(output.array == Array(TraceContextTests.valid.utf8))
        #expect(context.traceID.text == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.traceID.bytes == Hex.decode("0af7651916cd43dd8448eb211c80319c"))
        #expect(context.spanID.text == "b7ad6b7169203331")
        #expect(context.spanID.bytes == Hex.decode("b7ad6b7169203331"))
        #expect(context.isSampled)
    }

    @Test("Later versions are read by their first four fields, unknown flags dropped")
    func laterVersions() {
        #expect(parse("01" + TraceContextTests.valid.dropFirst(2))?.isSampled == true)
        #expect(parse("fe" + TraceContextTests.valid.dropFirst(2) + "-what.ever") != nil)
        #expect(parse(TraceContextTests.valid.dropLast(2) + "ff")?.flags == 3)
        #expect(parse(TraceContextTests.valid.dropLast(2) + "fc")?.isSampled == false)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "00", valid + "-x", valid + "0", String(valid.dropLast()), "ff" + valid.dropFirst(2),
            "01" + valid.dropFirst(2) + "x", valid.uppercased(), valid.replacing("-", with: "_"),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", " " + valid, valid + " ",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", "0x" + valid.dropFirst(2),
        ])
    func refuses(_ text: String) {
        #expect(parse(text) == nil)
    }

    @Test("Zero is no identifier")
    func zeroIsNone() {
        #expect(TraceID(high: 0, low: 0) == nil)
        #expect(TraceID(high: 0, low: 1)?.text == "00000000000000000000000000000001")
        #expect(SpanID(0) == nil)
    }
}

@Suite("Digits and secrets")
struct HexTests {
    @Test("Every byte survives encoding and decoding, in either case")
    func roundTrip() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes).uppercased()) == bytes)
        #expect(Hex.encode([0, 0x0F, 0xF0]) == "000ff0")
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
        #expect(Hex.decode("") == [])
    }

    @Test("Secrets are equal only when every byte is")
    func constantTime() {
        let secret = Array("0123456789abcdef".utf8)
        for index in secret.indices {
            var other = secret
            other[index] ^= 0x80
            #expect(!secret.withUnsafeBytes { a in other.withUnsafeBytes { a.equalsInConstantTime($0) } })
        }
        let equal = secret
        #expect(secret.withUnsafeBytes { a in equal.withUnsafeBytes { a.equalsInConstantTime($0) } })
        #expect(!secret.withUnsafeBytes { a in a.equalsInConstantTime(a.slice(0..<15)) })
    }

    @Test("Searches find the first place, or none, at every length")
    func searches() {
        for count in 0..<200 {
            for place in stride(from: 0, to: count, by: 7) {
                var bytes = [UInt8](repeating: 120, count: count)
                bytes[place] = 13
                bytes.append(10)
                bytes.withUnsafeBytes { bytes in
                    #expect(bytes.firstLineEnd(in: 0..<count) == place)
                    #expect(bytes.firstLineEnd(in: place + 1..<bytes.count) == count)
                    #expect(bytes.firstLineEnd(in: place + 1..<count) == nil)
                    #expect(bytes.firstIndex(of: 13, in: 0..<count) == place)
                    #expect(bytes.firstIndex(of: "\r") == place)
                }
            }
        }
    }
}

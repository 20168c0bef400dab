import Testing

@testable import Telemetry

@Suite struct ExportSplitterTests {
    private func request() throws -> [UInt8] {
        let encoder = SpanEncoder(resource: SampleSession.resource, version: "1", lengthLimit: nil)
        return encoder.encode([try SampleSession.batch()]) + encoder.encode([try SampleSession.batch()])
    }

    private func spans(_ request: [UInt8]) throws -> [ProtobufMessage] {
        try ProtobufMessage(request).messages(1).flatMap { try $0.messages(2) }.flatMap { try $0.messages(2) }
    }

    @Test("The halves have the same items in order, with what stands around them")
    func halves() throws {
        let whole = try request()
        let halves = try #require(ExportSplitter.split(whole))
        #expect(halves.firstItems == 4 && halves.secondItems == 4)
        let sent = try [halves.first, halves.second].flatMap { try spans($0) }
        #expect(try sent == spans(whole))
        #expect(
            try ProtobufMessage(halves.first).message(1).message(1) == ProtobufMessage(whole).messages(1)[0].message(1))
    }

    @Test("Halved again and again every item comes once, until one is left")
    func repeatedly() throws {
        let whole = try request()
        var rest = [whole], single: [[UInt8]] = []
        while let next = rest.popLast() {
            if let halves = ExportSplitter.split(next) {
                rest += [halves.second, halves.first]
            } else {
                single.append(next)
            }
        }
        #expect(single.count == 8)
        #expect(try single.flatMap { try spans($0) } == spans(whole))
    }

    @Test("What is cut somewhere is no request, or one with fewer items; it never traps")
    func cut() throws {
        let whole = try request()
        for length in whole.indices { _ = ExportSplitter.split(Array(whole[..<length])) }
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= 0xFF
            if let halves = ExportSplitter.split(bytes) { #expect(halves.firstItems > 0 && halves.secondItems > 0) }
        }
        #expect(ExportSplitter.split([]) == nil && ExportSplitter.split([0xFF]) == nil)
    }

    @Test("A payload keeps its form when it is halved")
    func payload() throws {
        for isCompressed in [false, true] {
            let payload = Payload.make(try request(), items: 8, isCompressed: isCompressed)
            let (first, second) = try #require(payload.halves())
            #expect(first.isCompressed == isCompressed && second.isCompressed == isCompressed)
            #expect(first.items == 4 && second.items == 4)
            #expect(try spans(try #require(second.plain())).count == 4)
        }
        #expect(Payload(body: [1], isCompressed: true, items: 5).halves() == nil)
    }
}

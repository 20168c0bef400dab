import SeededRandom
import Testing

@testable import Wire

private struct Seen: Equatable {
    var events: [String] = []
    var count = 0
    var skipped = 0
    var isAtBoundary = false
}

/// Feeds the pieces from memory of their own, so that a place remembered over a call would be found out.
private func parse(
    _ input: [UInt8], cut: [Int], interest: SSEInterest = .usage, maximumEventBytes: Int = 1 << 20
) -> Seen {
    var parser = SSEParser(maximumEventBytes: maximumEventBytes)
    var seen = Seen()
    var start = 0
    for end in cut {
        let piece = Array(input[start..<end])
        piece.withUnsafeBytes { bytes in
            var position = 0
            reading: while true {
                switch parser.next(bytes, &position, interest: interest) {
                case .event(let name, let data):
                    seen.events.append("\(name) \(String(decoding: data, as: UTF8.self))")
                case .skipped(let name, let count): seen.events += Array(repeating: "(\(name))", count: count)
                case .needMore: break reading
                }
            }
        }
        start = end
    }
    seen.count = parser.eventCount
    seen.skipped = parser.skippedDataBytes
    seen.isAtBoundary = parser.isAtBoundary
    return seen
}

/// The standard's algorithm, written for clarity: lines first, then fields.
private func naive(_ input: [UInt8], interest: SSEInterest) -> Seen {
    var seen = Seen()
    var lines: [[UInt8]] = [[]]
    var bytes = input[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    var lastWasReturn = false
    for byte in bytes {
        defer { lastWasReturn = byte == 13 }
        if byte == 10, lastWasReturn { continue }
        if byte == 10 || byte == 13 { lines.append([]) } else { lines[lines.count - 1].append(byte) }
    }
    var name = SSEName.unnamed
    var data: [[UInt8]] = []
    var hasFields = false
    for line in lines.dropLast() {
        if line.isEmpty {
            if !data.isEmpty {
                let joined = Array(data.joined(separator: [10]))
                seen.count += 1
                if interest.contains(name) {
                    seen.events.append("\(name) \(String(decoding: joined, as: UTF8.self))")
                } else {
                    seen.events.append("(\(name))")
                    seen.skipped += joined.count
                }
            }
            name = .unnamed
            data = []
            hasFields = false
            continue
        }
        if line[0] == 58 { continue }
        hasFields = true
        let colon = line.firstIndex(of: 58) ?? line.count
        var value = line[min(colon + 1, line.count)...]
        if value.first == 32 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data": data.append(Array(value))
        case "event": name = Array(value).withUnsafeBytes { SSEName.recognise($0) }
        default: break
        }
    }
    let partialMark = input.count < 3 && !input.isEmpty && [0xEF, 0xBB, 0xBF].starts(with: input)
    seen.isAtBoundary = !hasFields && lines.last == [] && !lastWasReturn && !partialMark
    return seen
}

@Suite("Event streams")
struct SSEParserTests {
    static let message = """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":12}}}

        event: ping
        data: {"type": "ping"}

        event: content_block_start
        data: {"type":"content_block_start","index":0}

        : keep-alive
        event: content_block_delta
        data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hé"}}

        event: message_delta
        data: {"usage":{"output_tokens":3}}

        event: message_stop
        data: {"type":"message_stop"}


        """

    static let odd = """
        id: 7
        data
        data:
        data:  two
        event: message_delta

        event:error
        retry: 5
        unknown

        data: {"late":1}
        event: message_stop
        data: more

        event
        data: unnamed

        event: a_name_that_is_longer_than_any_that_is_known
        dataX: no
        data: other

        data : no

        """

    @Test("A stream is read alike with every line end and every cut", arguments: ["\n", "\r\n", "\r"], [message, odd])
    func readsEveryCut(_ lineEnd: String, _ stream: String) {
        for mark in [[], [0xEF, 0xBB, 0xBF] as [UInt8]] {
            let bytes = mark + Array(stream.replacing("\n", with: lineEnd).utf8)
            let expected = naive(bytes, interest: .usage)
            for cut in cuts(of: bytes.count) { #expect(parse(bytes, cut: cut) == expected) }
        }
    }

    @Test("A run of deltas is passed over alike, whatever interrupts it and however it is cut")
    func passesDeltas() {
        let delta = "event: content_block_delta\ndata: {\"text\":\"H\u{E9} \\n\"}\n\n"
        let interruptions = [
            "", "\n", ": comment\n", "event: content_block_delta\ndata: \n\n", "event: content_block_delta\ndata:1\n\n",
            "event: content_block_delta\ndata: 1\r\n\r\n", "event: content_block_delta\ndata: 1\n\r\n",
            "event: content_block_delta\ndata: 1\rdata: 2\n\n", "event: content_block_delta\ndata: 1\ndata: 2\n\n",
            "event: content_block_delta\ndata: 1\nevent: error\n\n", "event: content_block_delta\n\n",
            "event: content_block_deltas\ndata: 1\n\n", "event: message_delta\ndata: {}\n\n", "id: 7\n", "data: 0\n",
        ]
        for interruption in interruptions {
            let bytes = Array((delta + delta + interruption + delta + delta).utf8)
            for interest in [SSEInterest.metering, .all] {
                // Of an event that is named anew behind its data, these are gone.
                let isNamedAnew = interruption.contains("error")
                let bytewise = parse(bytes, cut: Array(1...bytes.count), interest: interest)
                let expected = isNamedAnew ? bytewise : naive(bytes, interest: interest)
                for cut in cuts(of: bytes.count) { #expect(parse(bytes, cut: cut, interest: interest) == expected) }
            }
        }
    }

    @Test("The events of a message are told apart")
    func names() {
        let bytes = Array(SSEParserTests.message.utf8)
        let seen = parse(bytes, cut: [bytes.count])
        #expect(
            seen.events == [
                "messageStart {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":12}}}", "(ping)",
                "(contentBlockStart)", "(contentBlockDelta)", "messageDelta {\"usage\":{\"output_tokens\":3}}",
                "messageStop {\"type\":\"message_stop\"}",
            ])
        #expect(seen.count == 6)
        #expect(seen.isAtBoundary)
        #expect(parse(bytes, cut: [bytes.count], interest: .all).events.allSatisfy { !$0.hasPrefix("(") })
    }

    @Test("The boundary between two events is known at every byte", arguments: ["\n", "\r\n", "\r"])
    func knowsBoundary(_ lineEnd: String) {
        let bytes =
            [0xEF, 0xBB, 0xBF]
            + Array((SSEParserTests.message + SSEParserTests.odd).replacing("\n", with: lineEnd).utf8)
        for end in 1...bytes.count {
            let prefix = Array(bytes[..<end])
            #expect(parse(prefix, cut: [end]).isAtBoundary == naive(prefix, interest: .usage).isAtBoundary)
            #expect(parse(prefix, cut: Array(1...end)).isAtBoundary == naive(prefix, interest: .usage).isAtBoundary)
        }
        #expect(parse([], cut: []).isAtBoundary)
    }

    @Test("Data over the bound is counted and skipped, at it is kept, however it is cut")
    func bounds() {
        let stream = "event: error\ndata: 12345678\ndata: 9\n\nevent: error\ndata: 123\n\n"
        let bytes = Array(stream.utf8)
        for cut in cuts(of: bytes.count) {
            let within = parse(bytes, cut: cut, maximumEventBytes: 10)
            #expect(within.events == ["error 12345678\n9", "error 123"])
            let over = parse(bytes, cut: cut, maximumEventBytes: 9)
            #expect(over.events == ["(error)", "error 123"])
            #expect(over.skipped == 10)
        }
    }

    @Test("A late name finds its data dropped only when an earlier name said so")
    func lateNames() {
        let dropped = Array("event: ping\ndata: 1\nevent: error\n\n".utf8)
        let kept = Array("data: 1\nevent: error\n\n".utf8)
        for cut in cuts(of: dropped.count) { #expect(parse(dropped, cut: cut).events == ["(error)"]) }
        for cut in cuts(of: kept.count) { #expect(parse(kept, cut: cut).events == ["error 1"]) }
    }

    @Test("A parser is used again for the next stream")
    func resets() {
        var parser = SSEParser()
        for _ in 0..<2 {
            var position = 0
            let bytes = Array("\u{FEFF}data: 1\n\nevent: er".utf8)
            bytes.withUnsafeBytes {
                guard case .event(.unnamed, let data) = parser.next($0, &position, interest: .all) else {
                    Issue.record("no event")
                    return
                }
                #expect(data.equals("1"))
                guard case .needMore = parser.next($0, &position, interest: .all) else {
                    Issue.record("one event too many")
                    return
                }
            }
            let (isInside, events) = (parser.isInsideEvent, parser.eventCount)
            parser.reset()
            let isInsideAfterReset = parser.isInsideEvent
            #expect(isInside && !isInsideAfterReset)
            #expect(events == 1)
        }
    }

    @Test("What the writer writes the parser reads")
    func roundTrip() {
        var output = ByteWriter()
        SSEWriter.append(event: "error", data: "a\nb", to: &output)
        SSEWriter.appendPing(to: &output)
        SSEWriter.append(event: "", data: "", to: &output)
        #expect(
            parse(output.array, cut: [output.count], interest: .all).events == [
                "error a\nb", "ping {\"type\": \"ping\"}", "unnamed ",
            ])
    }

    @Test("Whatever the bytes, the result is the standard's and cutting changes nothing", arguments: 0..<80)
    func fuzz(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let source = Bool.random(using: &generator) ? SSEParserTests.message : SSEParserTests.odd
        let bytes = mutate(mutate(Array(source.utf8), &generator), &generator)
        let expected = naive(bytes, interest: .all)
        for cut in cuts(of: bytes.count, seed: UInt64(seed)).shuffled(using: &generator).prefix(40) {
            #expect(parse(bytes, cut: cut, interest: .all) == expected)
        }
    }

    @Test("Names are recognised as written and no other way", arguments: SSEName.allCases)
    func recognises(_ name: SSEName) {
        let text = Array(name.text.description.utf8)
        guard !text.isEmpty else { return }
        #expect(text.withUnsafeBytes { SSEName.recognise($0) } == name)
        for index in text.indices {
            var changed = text
            changed[index] ^= 1
            #expect(changed.withUnsafeBytes { SSEName.recognise($0) } != name)
        }
    }
}

import SeededRandom
import Testing

@testable import Providers

/// Calls with the bytes, in pieces that end at `places`; each piece is memory of its own, gone after the call.
func inPieces(_ bytes: [UInt8], endingAt places: [Int], _ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    for end in places {
        Array(bytes[start..<end]).withUnsafeBytes(body)
        start = end
    }
}

/// Whole, byte by byte, cut in two at every place, and in three at some.
func cuts(of count: Int, seed: UInt64 = 7) -> [[Int]] {
    var generator = SeededGenerator(seed: seed)
    var all = [[count], Array(1...count)]
    for place in 1..<count {
        all.append([place, count])
        let second = Int.random(in: place..<count, using: &generator)
        all.append([place, second, count])
    }
    return all
}

/// What a stream meter found, comparable.
struct StreamFacts: Equatable {
    var id = "", model = "", stopReason = "", errorType = "", rawUsage = ""
    var usage = TokenUsage()
    var hasReport = false, hasStarted = false, hasEnded = false
    var malformed = 0, refused = 0, events = 0
    var estimatedOutput: Int64 = 0

    init(_ stream: String) { self.init(stream, endingAt: [stream.utf8.count]) }

    init(_ stream: String, endingAt places: [Int]) {
        var meter = MessageStreamMeter()
        inPieces(Array(stream.utf8), endingAt: places) { meter.consume($0) }
        let facts = meter.facts
        (id, model, stopReason, errorType) = (facts.id, facts.model, facts.stopReason, facts.errorType)
        rawUsage = String(decoding: facts.rawUsage, as: UTF8.self)
        (usage, hasReport, refused) = (facts.reducer.usage, facts.reducer.hasReport, facts.reducer.refusedCounts)
        (hasStarted, hasEnded, malformed) = (meter.hasStarted, meter.hasEnded, meter.malformedEvents)
        (events, estimatedOutput) = (meter.eventCount, meter.estimatedOutput)
    }
}

func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }

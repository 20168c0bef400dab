import Testing

@testable import Telemetry

@Suite("A line that would be written again and again")
struct RepeatedLineTests {
    @Test("It is written at once, then once a minute with how often it was not")
    func due() {
        var line = RepeatedLine()
        let minute = RepeatedLine.pause
        #expect(line.due(at: 5) == 0)
        for now in 6..<106 as Range<Int64> { #expect(line.due(at: now) == nil) }
        #expect(line.due(at: 5 + minute - 1) == nil)
        #expect(line.due(at: 5 + minute) == 101)
        #expect(line.due(at: 5 + minute + 1) == nil)
        #expect(line.due(at: 5 + 3 * minute) == 1)
        #expect(line.due(at: 5 + 5 * minute) == 0)
    }
}

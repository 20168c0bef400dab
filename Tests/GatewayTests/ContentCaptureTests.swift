import Configuration
import Telemetry
import Testing

@testable import Gateway

@Suite("Prompts and answers that are kept have room for so many bytes in all")
struct ContentCaptureTests {
    private func capture(_ size: Int, _ room: CaptureRoom, of rule: ContentRule = ContentRule(id: "r"))
        -> ContentCapture?
    {
        [UInt8](repeating: 0x20, count: size).withUnsafeBytes { ContentCapture(rule, request: $0, room: room) }
    }

    @Test("Where there is none nothing is kept, and all of it comes back when the event was told or given up")
    func room() throws {
        let room = CaptureRoom(maximumBytes: 300_000)
        do {
            let first = try #require(capture(100_000, room)), second = capture(100_000, room)
            #expect(second == nil && !room.isEmpty)
            [UInt8](repeating: 0x20, count: 150_000).withUnsafeBytes { first.take(response: $0) }
            let content = first.finish()
            #expect(content.request.count == 100_000 && content.response.count == 150_000 && !content.responseIsCut)
            #expect(capture(50_000, room) == nil)
            withExtendedLifetime(content) {}
        }
        #expect(room.isEmpty)
        #expect(capture(10, room) != nil && room.isEmpty)
    }

    @Test("An answer that finds no more room is cut, and so is one that is longer than its rule takes")
    func cut() throws {
        let room = CaptureRoom(maximumBytes: 100_000)
        let answer = try #require(capture(10, room))
        for _ in 0..<100 { [UInt8](repeating: 0x20, count: 1_000).withUnsafeBytes { answer.take(response: $0) } }
        let content = answer.finish()
        #expect(content.responseIsCut && content.response.count <= 65_536 && content.response.count > 60_000)
        var rule = ContentRule(id: "r")
        rule.maximumBytes = 1_024
        let short = try #require(capture(10, CaptureRoom(maximumBytes: 1 << 20), of: rule))
        [UInt8](repeating: 0x20, count: 20_000).withUnsafeBytes { short.take(response: $0) }
        let kept = short.finish()
        #expect(kept.responseIsCut && kept.response.count == 16_384)
    }
}

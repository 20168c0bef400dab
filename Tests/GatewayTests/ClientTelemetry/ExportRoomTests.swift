import Testing

@testable import Gateway

@Suite("Room for the exports of clients")
struct ExportRoomTests {
    @Test("One key has a quarter; what it cannot fill is there for others, until all is full")
    func share() {
        let room = ExportRoom(maximum: 400)
        #expect(room.take(60, for: "a") == nil && room.take(40, for: "a") == nil)
        #expect(room.take(1, for: "a") == .keyQueueFull)
        // Keys may meet in a share: of many, four find room.
        let taken = (0..<40).map { room.take(100, for: "key \($0)") }
        #expect(taken.count { $0 == nil } == 3)
        #expect(taken.contains(.queueFull))
        room.give(back: 40, of: "a")
        #expect(room.take(40, for: "a") == nil)
        #expect(room.take(1, for: "a") == .keyQueueFull)
    }

    @Test("What is given back is there again, however often")
    func again() {
        let room = ExportRoom(maximum: 400)
        for _ in 0..<1_000 {
            #expect(room.take(100, for: "a") == nil)
            #expect(room.take(100, for: "a") == .keyQueueFull)
            room.give(back: 100, of: "a")
        }
    }
}

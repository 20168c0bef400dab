import LoopSupport
import Testing
import Transport

@testable import HTTP

@Suite struct BodyRoomTests {
    private static let second: Int64 = 1_000_000_000

    private func arrive(_ body: RequestBody, _ count: Int) {
        let bytes = [UInt8](repeating: 0x61, count: count)
        bytes.withUnsafeBytes { body.append($0) }
    }

    @Test("What a body holds counts until it is let go, with what was made of it")
    func counts() {
        let room = BodyRoom(capacity: 1_000, reserve: 400)
        var body: RequestBody? = RequestBody(expected: 0, room: room)
        body.map { arrive($0, 300) }
        #expect(room.used == 300)
        body?.holds(also: 200)
        body?.holds(also: 250)
        #expect(room.used == 550)
        body = nil
        #expect(room.used == 0)
    }

    @Test("Beyond the room nothing is admitted but the body that waits longest, up to its end")
    func oneIsFinished() async throws {
        let host = try LoopHost.started()
        try await host.run { host in
            let room = BodyRoom(capacity: 1_000, reserve: 400)
            let first = RequestBody(expected: 0, room: room), second = RequestBody(expected: 0, room: room)
            arrive(first, 300)
            arrive(second, 300)
            #expect(!room.admits(second.number, 100))
            #expect(!room.admits(first.number, 100))
            // The first to wait may use what is kept: it need not wait at all.
            #expect(await room.wait(first.number, 100, Wakeup(loop: host.loop), timeout: Self.second) == nil)
            arrive(first, 100)
            #expect(room.admits(first.number, 300))
            #expect(!room.admits(second.number, 1))
        }
    }

    @Test("Who came first is read first when there is room again, and the next one after it")
    func order() async throws {
        let host = try LoopHost.started()
        let order = try await host.run { host in
            let loop = host.loop
            let room = BodyRoom(capacity: 1_000, reserve: 400)
            var holder: RequestBody? = RequestBody(expected: 0, room: room)
            holder.map { arrive($0, 600) }
            // It may use what is kept, so that the others have to wait.
            #expect(await room.wait(holder?.number ?? 0, 100, Wakeup(loop: loop), timeout: Self.second) == nil)
            let bodies = LoopBound((0..<3).map { _ in RequestBody(expected: 0, room: room) }, loop: loop)
            let carried = LoopBound(room, loop: loop)
            var order: [Int] = []
            let noted = LoopBound(Noted(), loop: loop)
            let tasks = [2, 0, 1].map { index in
                Task(executorPreference: loop) {
                    await LoopHost(loop).waitForRoom(carried, bodies.value[index].number, noted, index)
                }
            }
            await loop.nextTurn()
            #expect(room.waitingCount == 3)
            holder = nil
            for task in tasks { await task.value }
            order = noted.value.order
            #expect(room.waitingCount == 0)
            return order
        }
        #expect(order == [0, 1, 2])
    }

    @Test("A body that finds no room in time is told so, and does not wait any more")
    func timeOut() async throws {
        let host = try LoopHost.started()
        try await host.run { host in
            let room = BodyRoom(capacity: 1_000, reserve: 400)
            let holder = RequestBody(expected: 0, room: room), late = RequestBody(expected: 0, room: room)
            arrive(holder, 600)
            #expect(await room.wait(holder.number, 100, Wakeup(loop: host.loop), timeout: Self.second) == nil)
            let end = await room.wait(late.number, 100, Wakeup(loop: host.loop), timeout: 2_000_000)
            guard case .noRoom? = end else {
                Issue.record("\(String(describing: end))")
                return
            }
            #expect(room.waitingCount == 0)
            _ = holder
        }
    }

    @Test("Small bodies have a room of their own, and the two are what there is")
    func shares() {
        let rooms = BodyRooms()
        rooms.resize(bytes: 100 << 20, largestBody: 32 << 20, timeout: 1)
        #expect(rooms.small.capacity + rooms.large.capacity == 100 << 20)
        #expect(rooms.room(expected: 1_000) === rooms.small)
        #expect(rooms.room(expected: 2 << 20) === rooms.large)
        #expect(rooms.room(expected: nil) === rooms.large)
        // A share that is too small for two bodies has room for them all the same.
        rooms.resize(bytes: 1 << 20, largestBody: 32 << 20, timeout: 1)
        #expect(rooms.small.capacity + rooms.large.capacity == 64 << 20)
        #expect(rooms.large.capacity >= 32 << 20)
    }

    @Test("A server whose room is taken answers 529, and serves again when it is free")
    func server() async throws {
        let host = try LoopHost.started()
        let rooms = try await host.run { host in LoopBound(BodyRooms(), loop: host.loop) }
        let address = try await startServer(on: host, rooms: rooms)
        let request = "POST /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 50000\r\n\r\n"
        // What comes together with the head, up to 16 KiB, is taken as it is: this is more.
        let text = String(repeating: "a", count: 50_000)
        let answers = try await host.run { host in
            let rooms = rooms.value
            rooms.resize(bytes: 200_000, largestBody: 100, timeout: 2_000_000)
            var held: [RequestBody] = []
            for _ in 0..<2 {
                held.append(RequestBody(expected: 0, room: rooms.small))
                arrive(held[held.count - 1], rooms.small.capacity)
            }
            let refused = try await host.converse(address, [request, text], answersBetween: false).text
            held.removeAll()
            let served = try await host.converse(address, [request, text], answersBetween: false).text
            return [refused, served]
        }
        #expect(answers[0].hasPrefix("HTTP/1.1 529 "))
        #expect(answers[1].hasPrefix("HTTP/1.1 200 "))
    }
}

private final class Noted { var order: [Int] = [] }

extension LoopHost {
    fileprivate func waitForRoom(
        _ room: LoopBound<BodyRoom>, _ number: UInt64, _ noted: LoopBound<Noted>, _ index: Int
    ) async {
        let end = await room.value.wait(number, 100, Wakeup(loop: loop), timeout: 5_000_000_000)
        if end == nil { noted.value.order.append(index) }
        // As whoever has read a piece does.
        room.value.wakeFirst()
    }
}

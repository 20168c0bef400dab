import LoopSupport
import Synchronization
import Testing
import Transport

@testable import Upstream

private final class Order: Sendable {
    private let list = Mutex<[Int]>([])
    var numbers: [Int] { list.withLock { $0 } }
    func add(_ number: Int) { list.withLock { $0.append(number) } }
}

@Suite struct AccountPlacesTests {
    private static let long: Int64 = 10_000_000_000

    /// Until so many wait.
    private func until(_ count: Int, wait places: AccountPlaces, _ host: LoopHost) async throws {
        while places.waiting != count {
            try await host.run { host in
                let wakeup = Wakeup(loop: host.loop)
                wakeup.setDeadline(after: 1_000_000)
                _ = await wakeup.wait(for: .deadline)
            }
        }
    }

    @Test("Who waits gets the place in the order of coming, on its own loop")
    func order() async throws {
        let places = AccountPlaces(limit: 1, longestQueue: 8)
        let hosts = [try LoopHost.started(), try LoopHost.started()]
        let came = Order()
        #expect(places.enter() && !places.enter())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    try await hosts[number % 2].run { [came] host in
                        let answer = await places.wait(
                            Wakeup(loop: host.loop), loop: host.loop, timeout: Self.long, abort: [])
                        guard case .entered = answer, host.loop.isCurrent else { return }
                        came.add(number)
                        places.leave()
                    }
                }
                try await until(number + 1, wait: places, hosts[0])
            }
            places.leave()
            try await group.waitForAll()
        }
        #expect(came.numbers == [0, 1, 2, 3, 4, 5])
        #expect(places.enter(), "all places are given back")
    }

    @Test("A full queue and a wait that is too long are told; whoever goes away does not keep a place")
    func ends() async throws {
        let places = AccountPlaces(limit: 1, longestQueue: 1)
        let host = try LoopHost.started()
        #expect(places.enter())
        try await host.run { host in
            let wakeup = Wakeup(loop: host.loop)
            let late = await places.wait(wakeup, loop: host.loop, timeout: 1_000_000, abort: [])
            #expect(late == .timedOut)
            wakeup.signal(.downstreamHangup)
            let gone = await places.wait(wakeup, loop: host.loop, timeout: Self.long, abort: .downstreamHangup)
            #expect(gone == .cancelled)
            #expect(wakeup.events.contains(.downstreamHangup), "whoever asked for the abort finds it")
        }
        #expect(places.waiting == 0)
        let waiter = Task {
            try await host.run { host in
                await places.wait(Wakeup(loop: host.loop), loop: host.loop, timeout: Self.long, abort: [])
            }
        }
        try await until(1, wait: places, host)
        try await host.run { host in
            let answer = await places.wait(Wakeup(loop: host.loop), loop: host.loop, timeout: Self.long, abort: [])
            #expect(answer == .queueIsFull)
        }
        places.leave()
        #expect(try await waiter.value == .entered)
        places.leave()
        #expect(places.enter())
    }
}

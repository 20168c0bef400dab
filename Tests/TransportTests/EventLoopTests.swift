import Glibc
import LoopSupport
import Synchronization
import Testing

@testable import Transport

private final class Seen: Sendable {
    private let state = Mutex<[Int: [Int]]>([:])
    var byThread: [Int: [Int]] { state.withLock { $0 } }
    func add(_ index: Int, of thread: Int) { state.withLock { $0[thread, default: []].append(index) } }
}

private final class Turns: Sendable {
    private let state = Mutex<[String]>([])
    var names: [String] { state.withLock { $0 } }
    func add(_ name: String) { state.withLock { $0.append(name) } }
}

extension LoopHost {
    /// Moves as much as a turn allows, three times.
    fileprivate func moveMuch(_ name: String, _ turns: Turns) async {
        for step in 0..<3 {
            loop.moved(EventLoop.turnBytes)
            await loop.nextTurn()
            turns.add("\(name)\(step)")
        }
    }
}

@Suite struct EventLoopTests {
    @Test("A thousand exchanges on one loop enqueue nothing from elsewhere and never resume on another thread")
    func staysOnTheLoop() async throws {
        let host = try LoopHost.started()
        let address = try await startEcho(on: host)
        let (foreign, wrongThread) = try await host.run { host in
            let loop = host.loop
            let endpoint = Endpoint(host: "127.0.0.1", port: address.port, tls: nil)
            let connector = Connector(endpoint: endpoint, loop: loop, resolver: Resolver())
            let wakeup = Wakeup(loop: loop)
            let stream = try await connector.connect(wakeup, timeout: 5_000_000_000, abort: [])
            defer { stream.close() }
            let before = loop.foreignEnqueues
            var wrongThread = 0
            for index in 0..<1_000 {
                let message = Array("exchange \(index)".utf8)
                try await stream.writeAll(message, wakeup)
                let answer = try await stream.readAll(message.count, wakeup)
                if answer != message || !loop.isCurrent { wrongThread += 1 }
            }
            return (loop.foreignEnqueues - before, wrongThread)
        }
        #expect(foreign == 0)
        #expect(wrongThread == 0)
    }

    @Test("Who moves much waits its turn, the longest first, and others go between two turns")
    func bulk() async throws {
        let host = try LoopHost.started()
        let loop = host.loop
        let turns = Turns()
        try await host.run { _ in
            loop.moved(EventLoop.turnBytes - 1)
            #expect(!loop.hasMovedEnough)
            loop.moved(1)
            #expect(loop.hasMovedEnough)
        }
        let tasks = try await host.run { _ in
            ["a", "b"].map { name in Task(executorPreference: loop) { await LoopHost(loop).moveMuch(name, turns) } }
        }
        for task in tasks { await task.value }
        #expect(turns.names == ["a0", "b0", "a1", "b1", "a2", "b2"])
    }

    @Test("Calls posted from many threads all run, in each thread's order, on the loop")
    func postedCallsRun() async throws {
        let host = try LoopHost.started()
        let seen = Seen()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for index in 0..<500 {
                        host.loop.post {
                            let isThere = host.loop.isCurrent
                            seen.add(isThere ? index : -1, of: thread)
                        }
                    }
                }
            }
        }
        // A later call comes after them.
        _ = try await host.run { _ in 0 }
        await withCheckedContinuation { done in host.loop.post { done.resume() } }
        #expect(seen.byThread.count == 8)
        #expect(seen.byThread.values.allSatisfy { $0 == Array(0..<500) })
    }

    @Test("A timer fires once, at the moment it was last moved to")
    func timerFires() async throws {
        let host = try LoopHost.started()
        let waited = try await host.run { host in
            let wakeup = Wakeup(loop: host.loop)
            // From the loop's turn on, which may have begun long ago on a busy machine.
            let start = host.loop.now
            wakeup.setDeadline(after: 1_000_000)
            wakeup.setDeadline(after: 30_000_000)
            _ = await wakeup.wait(for: .deadline)
            let first = monotonicNanoseconds() - start
            wakeup.setDeadline(after: 3_600_000_000_000)
            wakeup.setDeadline(after: 1_000_000)
            _ = await wakeup.wait(for: .deadline)
            return (first, wakeup.events.isEmpty)
        }
        #expect(waited.0 >= 30_000_000)
        #expect(waited.1)
    }

    @Test("A wakeup that is no more leaves no timer behind")
    func retired() async throws {
        let host = try LoopHost.started()
        let counts = try await host.run { host in
            let before = host.loop.timerCount
            for _ in 0..<100 {
                let wakeup = Wakeup(loop: host.loop)
                wakeup.setDeadline(after: 3_600_000_000_000)
                wakeup.setTick(after: 1_800_000_000_000)
            }
            return (before, host.loop.timerCount)
        }
        #expect(counts.0 == counts.1)
    }

    @Test("A background loop gives way, and is left a share of a busy processor")
    func background() async throws {
        func niceness(_ isBackground: Bool) async throws -> Int32 {
            let loop = try EventLoop(index: 0)
            try loop.start(isBackground: isBackground)
            return await withCheckedContinuation { answer in
                // Of the thread that asks.
                loop.post { answer.resume(returning: getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)) }
            }
        }
        let usual = try await niceness(false)
        #expect(try await niceness(true) == min(19, usual + 10))
    }
}

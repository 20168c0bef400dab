import Glibc
import LoopSupport
import Synchronization
import Testing

@testable import Transport

/// A name server that replies in turn, the last for ever, with a clock beside it; it can be held so that it does not answer.
private final class NameServer: Sendable {
    struct State {
        var replies: [Resolver.Reply]
        var asked = 0
        var now: Int64 = 1_000_000
        var isHeld = false
    }
    private let state: Mutex<State>

    init(_ replies: Resolver.Reply...) { state = Mutex(State(replies: replies)) }

    var asked: Int { state.withLock { $0.asked } }
    func pass(_ time: Int64) { state.withLock { $0.now += time } }
    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    /// Fresh for 300, failures for 30.
    func resolver() -> Resolver {
        Resolver(lifetime: 300, clock: { [self] in state.withLock { $0.now } }) { [self] _ in
            while state.withLock({ $0.isHeld }) { sched_yield() }
            return state.withLock { state in
                state.asked += 1
                return state.replies.count > 1 ? state.replies.removeFirst() : state.replies[0]
            }
        }
    }
}

private func address(_ text: String) -> Resolver.Reply {
    Resolver.Reply(answer: .success(SocketAddress(literal: text, port: 0).map { [$0] } ?? []))
}

private let silence = Resolver.Reply(answer: .failure(.unresolved(host: "h", reason: "silence")), isTemporary: true)
private let unknown = Resolver.Reply(answer: .failure(.unresolved(host: "h", reason: "unknown")))

@Suite struct ResolverTests {
    private let host: LoopHost

    init() throws { host = try LoopHost.started() }

    /// Which of the words the resolver says.
    private func says(_ resolver: Resolver) async throws -> String {
        try await host.run { host in
            await withCheckedContinuation { (done: CheckedContinuation<String, Never>) in
                resolver.resolve("h", on: host.loop) { answer in
                    let text =
                        switch answer {
                        case .success(let addresses): addresses.map { "\($0)" }.joined(separator: " ")
                        case .failure(let error): error.sentence
                        }
                    let words = ["192.0.2.1", "192.0.2.2", "silence", "unknown"]
                    done.resume(returning: words.first { text.contains($0) } ?? text)
                }
            }
        }
    }

    @Test("An answer is used while it is fresh, and a failure for a tenth of that")
    func fresh() async throws {
        let server = NameServer(unknown, address("192.0.2.1"), address("192.0.2.2")), resolver = server.resolver()
        #expect(try await says(resolver) == "unknown")
        server.pass(29)
        #expect(try await says(resolver) == "unknown")
        server.pass(1)
        #expect(try await says(resolver) == "192.0.2.1")
        server.pass(299)
        #expect(try await says(resolver) == "192.0.2.1")
        #expect(server.asked == 2)
        server.pass(1_000)
        #expect(try await says(resolver) == "192.0.2.2")
    }

    @Test("While a slow name server is asked again, what it said before is used, and nobody waits")
    func slow() async throws {
        let server = NameServer(address("192.0.2.1"), address("192.0.2.2")), resolver = server.resolver()
        #expect(try await says(resolver) == "192.0.2.1")
        server.hold(true)
        defer { server.hold(false) }
        server.pass(400)
        for _ in 0..<3 { #expect(try await says(resolver) == "192.0.2.1") }
        server.hold(false)
        // It is asked once, and then its new answer is there.
        while try await says(resolver) != "192.0.2.2" {}
        #expect(server.asked == 2)
    }

    @Test("Where the name server gives no answer the last good one is used, for an hour")
    func lastResort() async throws {
        let server = NameServer(address("192.0.2.1"), silence), resolver = server.resolver()
        #expect(try await says(resolver) == "192.0.2.1")
        for _ in 0..<3 {
            server.pass(1_000)
            #expect(try await says(resolver) == "192.0.2.1")
        }
        #expect(server.asked == 4)
        server.pass(3_600_000_000_000)
        #expect(try await says(resolver) == "silence")
    }

    @Test("A name that is gone is gone, and one that was never known does not resolve")
    func gone() async throws {
        let server = NameServer(address("192.0.2.1"), unknown), resolver = server.resolver()
        #expect(try await says(resolver) == "192.0.2.1")
        server.pass(1_000)
        #expect(try await says(resolver) == "unknown")
        #expect(try await says(NameServer(silence).resolver()) == "silence")
    }

    @Test("Addresses that took no connection are asked for anew at once, but not when they are a moment old")
    func distrusted() async throws {
        let server = NameServer(address("192.0.2.1"), address("192.0.2.2")), resolver = server.resolver()
        #expect(try await says(resolver) == "192.0.2.1")
        server.pass(9)
        resolver.distrust("h")
        #expect(try await says(resolver) == "192.0.2.1")
        server.pass(1)
        resolver.distrust("h")
        #expect(try await says(resolver) == "192.0.2.2")
    }
}

import HTTP
import LoopSupport
import Synchronization
import Testing
import Transport
import Wire

@testable import Upstream

extension LoopHost {
    /// One exchange over the pool; returns whether its connection had served before.
    func exchange(_ pool: ProviderPool, path: String = "/") async throws -> Bool {
        let wakeup = Wakeup(loop: loop)
        let lease = try await Lease.take(
            from: pool, fresh: false, wakeup: wakeup, connectTimeout: 2_000_000_000, abort: [])
        let isReused = lease.isReused
        let request = Array("GET \(path) HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: request)
        let connection = lease.connection
        try await connection.send(Pieces(UnsafeRawBufferPointer(memory)), timeout: 2_000_000_000, abort: [])
        try await connection.receiveHead(timeout: 2_000_000_000, abort: [])
        connection.headIsUsed()
        while true {
            switch connection.readBody() {
            case .data(_, isLast: true):
                await lease.finish()
                return isReused
            case .data: continue
            case .failed(let fault): throw fault
            case .wouldBlock: _ = await wakeup.wait(for: .upstreamReadable)
            }
        }
    }
}

/// Counts its connections; `/last` ends the connection after the answer.
final class CountingHandler: RequestHandler {
    private let open = Mutex(0)
    var connections: Int { open.withLock { $0 } }

    func handle(_ channel: ServerChannel) async {
        if String(decoding: channel.headBytes(channel.head.target), as: UTF8.self) == "/last" {
            channel.mustClose = true
        }
        channel.beginResponse(status: 200)
        _ = Array("ok".utf8).withUnsafeBytes { channel.respond($0) }
    }
    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async { channel.abandonAnswer() }
    func ended(_ channel: ServerChannel, problem: TransportError?) { open.withLock { $0 += 1 } }
}

@Suite struct ProviderPoolTests {
    private func start(
        maximumIdle: Int = 8
    ) async throws -> (host: LoopHost, pool: ProviderPool) {
        let host = try LoopHost.started()
        let port = try await host.run { host in
            guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
            let listener = try Listener(address, tls: nil, loop: host.loop)
            let handler = CountingHandler(), loop = host.loop
            try listener.start(
                whenAccepted: { ServerConnection.start($0, handler: handler, limits: HTTPLimits(), loop: loop) },
                whenRefused: { _ in })
            return listener.address.port
        }
        let pool = ProviderPool(
            endpoint: Endpoint(host: "127.0.0.1", port: port, tls: nil), maximumIdle: maximumIdle, loop: host.loop,
            resolver: Resolver())
        return (host, pool)
    }

    @Test("A connection that was given back serves the next request")
    func reuses() async throws {
        let (host, pool) = try await start()
        let reused = try await host.run { host in
            var reused: [Bool] = []
            for _ in 0..<4 { reused.append(try await host.exchange(pool)) }
            return reused
        }
        #expect(reused == [false, true, true, true])
    }

    @Test("A connection that the server ends is not kept")
    func dropsEnded() async throws {
        let (host, pool) = try await start()
        let reused = try await host.run { host in
            var reused: [Bool] = []
            for path in ["/", "/last", "/", "/last"] { reused.append(try await host.exchange(pool, path: path)) }
            return reused
        }
        #expect(reused == [false, true, false, true])
        #expect(try await host.run { _ in await pool.idleCount } == 0)
    }

    @Test("No more than the configured number is kept idle, and closing the pool closes them")
    func bounds() async throws {
        let (host, pool) = try await start(maximumIdle: 2)
        let idle = try await host.run { host in
            let wakeup = Wakeup(loop: host.loop)
            for _ in 0..<4 {
                let lease = try await Lease.take(
                    from: pool, fresh: true, wakeup: wakeup, connectTimeout: 2_000_000_000, abort: [])
                _ = consume lease
            }
            _ = try await host.exchange(pool)
            let before = await pool.idleCount
            await pool.close()
            return [before, await pool.idleCount]
        }
        #expect(idle == [1, 0])
    }

    @Test(
        "A thousand requests through server, pool and client stay on their loop: no job from elsewhere, no other thread"
    )
    func staysOnTheLoop() async throws {
        let (host, pool) = try await start()
        let (foreign, elsewhere) = try await host.run { host in
            // The first one connects.
            _ = try await host.exchange(pool)
            let before = host.loop.foreignEnqueues
            var elsewhere = 0
            for _ in 0..<1_000 {
                let isReused = try await host.exchange(pool)
                if !isReused || !host.loop.isCurrent { elsewhere += 1 }
            }
            return (host.loop.foreignEnqueues - before, elsewhere)
        }
        #expect(foreign == 0)
        #expect(elsewhere == 0)
    }

    @Test("A lease that is dropped closes its connection")
    func dropped() async throws {
        let (host, pool) = try await start()
        let isFit = try await host.run { host in
            let lease = try await Lease.take(
                from: pool, fresh: false, wakeup: Wakeup(loop: host.loop), connectTimeout: 2_000_000_000, abort: [])
            let connection = lease.connection
            _ = consume lease
            return connection.isFit
        }
        #expect(!isFit)
    }
}

import LoopSupport
import Synchronization

@testable import Transport

/// What a proxy was asked.
final class ProxyLog: Sendable {
    private let heads = Mutex<[String]>([])
    var all: [String] { heads.withLock { $0 } }
    func add(_ head: String) { heads.withLock { $0.append(head) } }
}

/// What a proxy answers, and where it leads if it does.
struct ProxyScript: Sendable {
    var pieces = ["HTTP/1.1 200 Connection established\r\n\r\n"]
    var target: UInt16?
    var closes = false
}

extension LoopHost {
    func startProxy(_ script: ProxyScript, _ log: ProxyLog) async throws -> UInt16 {
        try await startServer { host, held in try await host.serve(held, script, log) }.port
    }

    private func serve(_ held: LoopBound<ByteStream>, _ script: ProxyScript, _ log: ProxyLog) async throws {
        let client = held.value
        defer { client.close() }
        let wakeup = Wakeup(loop: loop)
        client.attach(wakeup, as: .downstream)
        var head: [UInt8] = []
        while !String(decoding: head, as: UTF8.self).hasSuffix("\r\n\r\n") {
            head += try await take(client, wakeup, .downstreamReadable) ?? Array("\r\n\r\n".utf8)
        }
        log.add(String(decoding: head, as: UTF8.self))
        for piece in script.pieces {
            _ = Array(piece.utf8).withUnsafeBytes { client.write(Pieces($0)) }
            wakeup.setTick(after: 0)
            _ = await wakeup.wait(for: .tick)
        }
        if script.closes { return }
        guard let target = script.target else {
            _ = await wakeup.wait(for: .downstreamHangup)
            return
        }
        try await relay(client, wakeup, to: target)
    }

    private func relay(_ client: ByteStream, _ wakeup: Wakeup, to port: UInt16) async throws {
        let connector = Connector(
            endpoint: Endpoint(host: "127.0.0.1", port: port, tls: nil), loop: loop, resolver: Resolver())
        let upstream = try await connector.connect(wakeup, timeout: 5_000_000_000, abort: [])
        defer { upstream.close() }
        let other = Wakeup(loop: loop)
        upstream.attach(other, as: .upstream)
        let back = LoopBound((client, upstream, other), loop: loop)
        Task(executorPreference: loop) { try await self.carryBack(back) }
        while let bytes = try await take(client, wakeup, .downstreamReadable) {
            try await upstream.writeAll(bytes, other)
        }
    }

    private func carryBack(_ bound: LoopBound<(ByteStream, ByteStream, Wakeup)>) async throws {
        let (client, upstream, wakeup) = bound.value
        // The test's pieces are small enough for the kernel.
        while let bytes = try await take(upstream, wakeup, .upstreamReadable) {
            _ = bytes.withUnsafeBytes { client.write(Pieces($0)) }
        }
    }

    /// Some bytes, or nil at the end.
    private func take(_ stream: ByteStream, _ wakeup: Wakeup, _ readable: WakeEvents) async throws -> [UInt8]? {
        while true {
            switch stream.read(into: loop.scratch) {
            case .bytes(let count): return Array(loop.scratch[..<count])
            case .wouldBlock: _ = await wakeup.wait(for: readable)
            case .end, .failed: return nil
            }
        }
    }
}

import LoopSupport
import Synchronization

@testable import Transport

extension ByteStream {
    /// Writes all of it, waiting on `wakeup`, which the stream is attached to as an upstream.
    func writeAll(_ bytes: [UInt8], _ wakeup: Wakeup) async throws {
        var sent = 0
        while sent < bytes.count {
            switch bytes.withUnsafeBytes({ write(Pieces(UnsafeRawBufferPointer(rebasing: $0[sent...]))) }) {
            case .bytes(let count): sent += count
            case .wouldBlock: _ = await wakeup.wait(for: .upstreamWritable)
            case .failed(let error): throw error
            }
        }
    }

    /// Reads exactly `count` bytes, or what came before the end.
    func readAll(_ count: Int, _ wakeup: Wakeup) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 1)
        defer { buffer.deallocate() }
        while bytes.count < count {
            switch read(into: buffer) {
            case .bytes(let count): bytes.append(contentsOf: buffer[..<count])
            case .end: return bytes
            case .wouldBlock: _ = await wakeup.wait(for: .upstreamReadable)
            case .failed(let error): throw error
            }
        }
        return bytes
    }
}

/// A server on a loop that answers every connection with what it receives, reversed piece by piece.
func startEcho(on host: LoopHost, tls: TLSContext? = nil) async throws -> SocketAddress {
    try await host.startServer(tls: tls) { host, held in await host.echo(held) }
}

extension LoopHost {
    /// Accepts on a free port; each connection has a task on the loop. The listener lives as long as the loop's table refers to it.
    func startServer(
        tls: TLSContext? = nil, _ serve: @escaping @Sendable (LoopHost, LoopBound<ByteStream>) async throws -> Void
    ) async throws -> SocketAddress {
        try await run { host in
            guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
            let loop = host.loop
            let listener = try Listener(address, tls: tls, loop: loop)
            try listener.start(
                whenAccepted: { stream in
                    let held = LoopBound(stream, loop: loop)
                    Task(executorPreference: loop) { try await serve(LoopHost(loop), held) }
                }, whenRefused: { _ in })
            return listener.address
        }
    }
}

extension LoopHost {
    func echo(_ held: LoopBound<ByteStream>) async {
        let stream = held.value
        defer { stream.close() }
        let wakeup = Wakeup(loop: loop)
        stream.attach(wakeup, as: .upstream)
        while case .wouldBlock = stream.handshake() {
            _ = await wakeup.wait(for: [.upstreamReadable, .upstreamWritable])
        }
        while let piece = try? await stream.readAll(1, wakeup), !piece.isEmpty {
            guard (try? await stream.writeAll(piece, wakeup)) != nil else { return }
        }
    }
}

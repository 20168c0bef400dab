import LoopSupport
import Synchronization
import Testing

@testable import Transport

@Suite struct ConnectionTests {
    @Test("A megabyte goes to a server and back", arguments: [true, false])
    func echoes(byName: Bool) async throws {
        let host = try LoopHost.started()
        let address = try await startEcho(on: host)
        let same = try await host.run { host in
            let connector = Connector(
                endpoint: Endpoint(host: byName ? "localhost" : "127.0.0.1", port: address.port, tls: nil),
                loop: host.loop, resolver: Resolver())
            return try await roundTrip(host, connector, bytes: 1_000_000)
        }
        #expect(same)
    }

    @Test("A refused port is an error at once, and an unknown name says so")
    func refusals() async throws {
        let host = try LoopHost.started()
        let (refused, unknown) = try await host.run { host in
            (
                try await problem(host, Endpoint(host: "127.0.0.1", port: 1, tls: nil)),
                try await problem(host, Endpoint(host: "no-such-host.invalid", port: 1, tls: nil))
            )
        }
        #expect(refused?.contains("refused") == true)
        #expect(unknown?.contains("no-such-host.invalid does not resolve") == true)
    }

    @Test("An abort ends the wait for a connection and stays pending for its owner")
    func aborts() async throws {
        let host = try LoopHost.started()
        // A listener that never accepts, with its backlog filled, lets a handshake wait: TLS against a silent server.
        let address = try await startSilent(on: host)
        let (cancelled, pending) = try await host.run { host in
            let connector = Connector(
                endpoint: Endpoint(host: "127.0.0.1", port: address.port, tls: try TLSContext(authorityFile: nil)),
                loop: host.loop, resolver: Resolver())
            let wakeup = Wakeup(loop: host.loop)
            let carried = LoopBound(wakeup, loop: host.loop)
            host.loop.post { carried.value.signal(.downstreamHangup) }
            do throws(TransportError) {
                try await connector.connect(wakeup, timeout: 5_000_000_000, abort: .downstreamHangup).close()
                return (false, false)
            } catch {
                return (error == .cancelled, wakeup.events.contains(.downstreamHangup))
            }
        }
        #expect(cancelled)
        #expect(pending)
    }

    @Test("A small write goes out before the turn ends that it was made in, where nothing else happens")
    func writesAtOnce() async throws {
        let host = try LoopHost.started(), peer = try LoopHost.started()
        let arrival = Arrival()
        let address = try await peer.startServer { host, held in await host.read(held, arrival) }
        let came = try await host.run { host in
            let connector = Connector(
                endpoint: Endpoint(host: "127.0.0.1", port: address.port, tls: nil), loop: host.loop,
                resolver: Resolver())
            let stream = try await connector.connect(Wakeup(loop: host.loop), timeout: 5_000_000_000, abort: [])
            defer { stream.close() }
            let held = LoopBound(stream, loop: host.loop)
            return await withCheckedContinuation { continuation in
                // In a turn of its own, whose only event is that somebody posted.
                host.loop.post { continuation.resume(returning: writes(held.value, until: arrival.hasCome)) }
            }
        }
        #expect(came)
    }

    @Test("A server that says nothing runs into the connect time-out")
    func timesOut() async throws {
        let host = try LoopHost.started()
        let address = try await startSilent(on: host)
        let sentence = try await host.run { host in
            try await problem(
                host,
                Endpoint(host: "127.0.0.1", port: address.port, tls: try TLSContext(authorityFile: nil)),
                timeout: 20_000_000)
        }
        #expect(sentence == "timed out")
    }
}

func roundTrip(_ host: isolated LoopHost, _ connector: Connector, bytes count: Int) async throws -> Bool {
    let wakeup = Wakeup(loop: host.loop)
    let stream = try await connector.connect(wakeup, timeout: 5_000_000_000, abort: [])
    defer { stream.close() }
    var same = true
    // In steps, so that neither side's buffers have to hold it all.
    for step in 0..<(count / 50_000) {
        let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ step) }
        try await stream.writeAll(bytes, wakeup)
        same = try await stream.readAll(bytes.count, wakeup) == bytes && same
    }
    return same
}

/// Whether a small write has come while the loop's thread does nothing but look for that.
private func writes(_ stream: ByteStream, until hasCome: borrowing Atomic<Bool>) -> Bool {
    _ = [UInt8]("small".utf8).withUnsafeBytes { stream.write(Pieces($0)) }
    let deadline = monotonicNanoseconds() + 10_000_000_000
    while monotonicNanoseconds() < deadline {
        if hasCome.load(ordering: .acquiring) { return true }
    }
    return false
}

func problem(_ host: isolated LoopHost, _ endpoint: Endpoint, timeout: Int64 = 5_000_000_000) async throws -> String? {
    let connector = Connector(endpoint: endpoint, loop: host.loop, resolver: Resolver())
    do throws(TransportError) {
        try await connector.connect(Wakeup(loop: host.loop), timeout: timeout, abort: []).close()
        return nil
    } catch {
        return error.sentence
    }
}

private final class Arrival: Sendable {
    let hasCome = Atomic(false)
}

extension LoopHost {
    /// Tells when five bytes have come.
    fileprivate func read(_ held: LoopBound<ByteStream>, _ arrival: Arrival) async {
        let wakeup = Wakeup(loop: loop)
        held.value.attach(wakeup, as: .upstream)
        if (try? await held.value.readAll(5, wakeup).count) == 5 { arrival.hasCome.store(true, ordering: .releasing) }
        held.value.close()
    }
}

/// Accepts, and never says a word.
func startSilent(on host: LoopHost) async throws -> SocketAddress {
    try await host.run { host in
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
        let listener = try Listener(address, tls: nil, loop: host.loop)
        var held: [ByteStream] = []
        try listener.start(whenAccepted: { held.append($0) }, whenRefused: { _ in })
        return listener.address
    }
}

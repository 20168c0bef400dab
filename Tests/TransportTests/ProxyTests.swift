import Foundation
import LoopSupport
import Synchronization
import Testing

@testable import Transport

/// What a proxy was asked.
private final class Asked: Sendable {
    private let heads = Mutex<[String]>([])
    var all: [String] { heads.withLock { $0 } }
    func add(_ head: String) { heads.withLock { $0.append(head) } }
}

/// What a proxy answers, and where it leads if it does.
private struct ProxyScript: Sendable {
    var pieces = ["HTTP/1.1 200 Connection established\r\n\r\n"]
    var target: UInt16?
    var closes = false
}

extension LoopHost {
    fileprivate func startProxy(_ script: ProxyScript, _ asked: Asked) async throws -> UInt16 {
        try await run { host in
            guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
            let loop = host.loop
            let listener = try Listener(address, tls: nil, loop: loop)
            try listener.start(
                whenAccepted: { stream in
                    let held = LoopBound(stream, loop: loop)
                    Task(executorPreference: loop) { try await LoopHost(loop).serve(held, script, asked) }
                }, whenRefused: { _ in })
            return listener.address.port
        }
    }

    private func serve(_ held: LoopBound<ByteStream>, _ script: ProxyScript, _ asked: Asked) async throws {
        let client = held.value
        defer { client.close() }
        let wakeup = Wakeup(loop: loop)
        client.attach(wakeup, as: .downstream)
        var head: [UInt8] = []
        while !String(decoding: head, as: UTF8.self).hasSuffix("\r\n\r\n") {
            head += try await take(client, wakeup, .downstreamReadable) ?? Array("\r\n\r\n".utf8)
        }
        asked.add(String(decoding: head, as: UTF8.self))
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

@Suite struct ProxyTests {
    private func proxy(_ port: UInt16, host: String = "127.0.0.1", _ credential: String? = nil) -> ProxyEndpoint {
        guard let credential else { return ProxyEndpoint(host: host, port: port) }
        return Array(credential.utf8).withUnsafeBytes { ProxyEndpoint(host: host, port: port, credential: $0) }
    }

    @Test("Bytes go through the proxy and back, without TLS and with it to the far end", arguments: [false, true])
    func tunnels(isEncrypted: Bool) async throws {
        let files = try Certificates(names: "DNS:far.example")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started(), asked = Asked()
        let server = isEncrypted ? try TLSContext(certificateFile: files.certificate, keyFile: files.key) : nil
        let far = try await startEcho(on: host, tls: server)
        let client = isEncrypted ? try TLSContext(authorityFile: files.authority) : nil
        let port = try await host.startProxy(ProxyScript(target: far.port), asked)
        // The far end's name resolves nowhere: only the proxy knows it.
        let endpoint = Endpoint(
            host: "far.example", port: 8443, tls: client, proxy: proxy(port, host: "localhost", "u:p"))
        let same = try await host.run { host in
            let connector = Connector(endpoint: endpoint, loop: host.loop, resolver: Resolver())
            let first = try await roundTrip(host, connector, bytes: 50_000)
            return try await roundTrip(host, connector, bytes: 50_000) && first
        }
        #expect(same)
        let head =
            "CONNECT far.example:8443 HTTP/1.1\r\nhost: far.example:8443\r\nproxy-authorization: Basic dTpw\r\n\r\n"
        #expect(asked.all == [head, head])
    }

    @Test("A certificate for another name is refused through the proxy too")
    func verifies() async throws {
        let files = try Certificates(names: "DNS:other.example")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started()
        let far = try await startEcho(
            on: host, tls: try TLSContext(certificateFile: files.certificate, keyFile: files.key))
        let port = try await host.startProxy(ProxyScript(target: far.port), Asked())
        let client = try TLSContext(authorityFile: files.authority)
        let endpoint = Endpoint(host: "far.example", port: 443, tls: client, proxy: proxy(port))
        let sentence = try await host.run { host in try await problem(host, endpoint) }
        #expect(sentence?.contains("the certificate of far.example was refused: hostname mismatch") == true)
    }

    @Test(
        "An answer that is no tunnel says so",
        arguments: [
            (
                ["HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n"],
                "the proxy wants a user and a password (status 407)"
            ),
            (
                ["HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nno!!"],
                "the proxy does not connect to the upstream: it answered 403"
            ),
            (
                ["HTTP/1.1 301 Moved\r\nlocation: /\r\n\r\n"],
                "the proxy does not connect to the upstream: it answered 301"
            ),
            (["SSH-2.0-x\r\n"], "the proxy cannot be used: its answer is not HTTP"),
            (["HTTP/1.1 200 OK\r\nbad header\r\n\r\n"], "the proxy cannot be used: its answer is not HTTP"),
            (["HTTP/1.1 200 OK\r\n", "\r\nmore"], "the proxy cannot be used: it sent more than its answer"),
            (["HTTP/1.1 200 OK\r\n"], "the proxy cannot be used: it closed the connection without an answer"),
            (["HTTP/1.1 200 OK\r\nx: \(String(repeating: "x", count: 20_000))\r\n\r\n"], "The head is larger"),
        ])
    func refusals(pieces: [String], part: String) async throws {
        let host = try LoopHost.started()
        let port = try await host.startProxy(ProxyScript(pieces: pieces, closes: true), Asked())
        let endpoint = Endpoint(host: "far.example", port: 443, tls: nil, proxy: proxy(port))
        let sentence = try await host.run { host in try await problem(host, endpoint) }
        #expect(sentence?.contains(part) == true, "\(sentence ?? "connected")")
    }

    @Test("The answer may come cut anywhere, and informational ones before it")
    func cuts() async throws {
        let host = try LoopHost.started()
        let far = try await startEcho(on: host)
        let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"
        for cut in stride(from: 1, to: answer.utf8.count, by: 3) {
            let script = ProxyScript(
                pieces: [String(answer.prefix(cut)), String(answer.dropFirst(cut))], target: far.port)
            let port = try await host.startProxy(script, Asked())
            let endpoint = Endpoint(host: "2001:db8::1", port: 80, tls: nil, proxy: proxy(port))
            let same = try await host.run { host in
                let connector = Connector(endpoint: endpoint, loop: host.loop, resolver: Resolver())
                return try await roundTrip(host, connector, bytes: 10)
            }
            #expect(same, "cut at \(cut)")
        }
    }

    @Test("A proxy that is not there, or silent, is told apart from the upstream")
    func missing() async throws {
        let host = try LoopHost.started()
        let silent = try await host.startProxy(ProxyScript(pieces: []), Asked())
        let (refused, unknown, slow) = try await host.run { host in
            (
                try await problem(host, Endpoint(host: "far.example", port: 443, tls: nil, proxy: proxy(1))),
                try await problem(
                    host,
                    Endpoint(host: "far.example", port: 443, tls: nil, proxy: proxy(1, host: "no-such-proxy.invalid"))),
                try await problem(
                    host, Endpoint(host: "far.example", port: 443, tls: nil, proxy: proxy(silent)),
                    timeout: 30_000_000)
            )
        }
        #expect(refused == "connect to the proxy 127.0.0.1:1: Connection refused")
        #expect(unknown?.contains("no-such-proxy.invalid does not resolve") == true)
        #expect(slow == "timed out")
    }

    @Test("A proxy's credential is in no description")
    func description() {
        let proxy = proxy(3128, "user:s3cret")
        var dumped = ""
        dump(Endpoint(host: "h", port: 1, tls: nil, proxy: proxy), to: &dumped)
        for text in ["\(proxy)", String(reflecting: proxy), dumped] {
            #expect(!text.contains("s3cret") && !text.contains("dXNlcjpzM2NyZXQ"), "\(text)")
        }
        #expect("\(proxy)" == "127.0.0.1:3128")
    }
}

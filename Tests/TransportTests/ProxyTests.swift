import Foundation
import LoopSupport
import Testing

@testable import Transport

@Suite struct ProxyTests {
    private func proxy(_ port: UInt16, host: String = "127.0.0.1", _ credential: String? = nil) -> ProxyEndpoint {
        guard let credential else { return ProxyEndpoint(host: host, port: port) }
        return Array(credential.utf8).withUnsafeBytes { ProxyEndpoint(host: host, port: port, credential: $0) }
    }

    @Test("Bytes go through the proxy and back, without TLS and with it to the far end", arguments: [false, true])
    func tunnels(isEncrypted: Bool) async throws {
        let files = try Certificates(names: "DNS:far.example")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started(), log = ProxyLog()
        let server = isEncrypted ? try TLSContext(certificateFile: files.certificate, keyFile: files.key) : nil
        let far = try await startEcho(on: host, tls: server)
        let client = isEncrypted ? try TLSContext(authorityFile: files.authority) : nil
        let port = try await host.startProxy(ProxyScript(target: far.port), log)
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
        #expect(log.all == [head, head])
    }

    @Test("A certificate for another name is refused through the proxy too")
    func verifies() async throws {
        let files = try Certificates(names: "DNS:other.example")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started()
        let far = try await startEcho(
            on: host, tls: try TLSContext(certificateFile: files.certificate, keyFile: files.key))
        let port = try await host.startProxy(ProxyScript(target: far.port), ProxyLog())
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
        let port = try await host.startProxy(ProxyScript(pieces: pieces, closes: true), ProxyLog())
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
            let port = try await host.startProxy(script, ProxyLog())
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
        let silent = try await host.startProxy(ProxyScript(pieces: []), ProxyLog())
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

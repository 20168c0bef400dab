import Configuration
import Foundation
import Telemetry
import Testing
import Transport

@testable import Gateway

@Suite struct AlertSenderTLSTests {
    /// A certificate for 127.0.0.1 that is its own authority, made by the openssl command.
    private struct Certificate {
        let directory: URL
        var certificate: String { directory.appendingPathComponent("server.pem").path }
        var key: String { directory.appendingPathComponent("server.key").path }

        init() throws {
            directory = FileManager.default.temporaryDirectory.appendingPathComponent("hook-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                key, "-out", certificate, "-days", "2", "-subj", "/CN=hook", "-addext", "subjectAltName=IP:127.0.0.1",
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl could not make a certificate")
        }
    }

    private let alert = BudgetAlert(
        rule: "everyone", scope: "", threshold: 95, unit: "tokens_total", isMoney: false, limit: 100, settled: 95,
        windowStart: 0, windowEnd: nil, at: 1)

    @Test("An encrypted webhook is trusted for its authority alone: the system's do not know this one")
    func trust() async throws {
        let files = try Certificate()
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let server = try await WebhookServer(
            tls: try TLSContext(certificateFile: files.certificate, keyFile: files.key))
        defer { server.loop.stop() }
        var setting = AlertSetting()
        setting.webhook = BaseURL("https://127.0.0.1:\(server.port)")
        for (tls, expected) in [
            (try TLSContext(authorityFile: files.certificate), AlertResult.sent), (nil, .dropped),
        ] {
            let loop = try EventLoop(index: 0), results = Tally<AlertResult>()
            try loop.start()
            defer { loop.stop() }
            let sender = AlertSender(
                loop: loop, resolver: Resolver(), proxies: ProxyEnvironment(), tls: tls, log: LogWriter(descriptor: -1)
            ) { result, _ in results.add(result) }
            sender.send(alert, to: setting)
            await sender.shutdown(within: 60_000_000_000)
            #expect(results.things == [expected])
        }
        #expect(server.posts.map(\.body) == [String(decoding: alert.json, as: UTF8.self)])
    }
}

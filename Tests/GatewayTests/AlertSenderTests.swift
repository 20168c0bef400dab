import Configuration
import Glibc
import Telemetry
import Testing
import Transport

@testable import Gateway

@Suite struct AlertSenderTests {
    /// A sender on a loop of its own, a webhook, and what became of the alerts.
    private struct Rig {
        let server: WebhookServer
        let sender: AlertSender
        let results = Tally<AlertResult>()
        let log: LogFile
        private let loop: EventLoop

        init(_ answers: [WebhookServer.Answer] = [], isProxy: Bool = false) async throws {
            server = try await WebhookServer(answers)
            loop = try EventLoop(index: 0)
            log = try LogFile()
            let results = results, proxy = "http://127.0.0.1:\(server.port)"
            let proxies = isProxy ? try ProxyEnvironment { $0 == "https_proxy" ? proxy : nil } : ProxyEnvironment()
            sender = AlertSender(
                loop: loop, resolver: Resolver(), proxies: proxies, log: LogWriter(descriptor: log.descriptor)
            ) { result, count in
                for _ in 0..<count { results.add(result) }
            }
            try loop.start()
        }

        func setting(path: String = "/hook?key=canary", port: UInt16? = nil) throws -> AlertSetting {
            var setting = AlertSetting()
            setting.webhook = BaseURL("http://127.0.0.1:\(port ?? server.port)")
            setting.path = path
            setting.headers = [("authorization", Secret("Bearer canary"))]
            return setting
        }

        func end() {
            loop.stop()
            server.loop.stop()
        }
    }

    private final class LogFile: Sendable {
        let descriptor: Int32

        init() throws {
            var name = Array("/tmp/tollgate-test-XXXXXX".utf8CString)
            descriptor = mkstemp(&name)
            try #require(descriptor >= 0)
            unlink(name)
        }

        deinit { close(descriptor) }

        var text: String {
            var room = [UInt8](repeating: 0, count: 1 << 20)
            let count = pread(descriptor, &room, room.count, 0)
            return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
        }
    }

    private func alert(_ threshold: Int) -> BudgetAlert {
        BudgetAlert(
            rule: "everyone", scope: "user=alice", threshold: threshold, unit: "cost_per_day", isMoney: true,
            limit: 10_000_000_000, settled: 7_500_000_001, windowStart: 0, windowEnd: 86_400_000_000_000, at: 1)
    }

    @Test("An alert is posted as JSON with its id and the rule's headers")
    func post() async throws {
        let rig = try await Rig()
        defer { rig.end() }
        rig.sender.send(alert(75), to: try rig.setting())
        await rig.results.reaches(1)
        #expect(rig.results.things == [.sent])
        let post = try #require(rig.server.posts.first)
        #expect(post.line == "POST /hook?key=canary" && post.body == String(decoding: alert(75).json, as: UTF8.self))
        #expect(post.fields["content-type"] == "application/json" && post.fields["authorization"] == "Bearer canary")
        #expect(post.fields["x-tollgate-alert-id"] == alert(75).id)
        #expect(post.fields["user-agent"]?.hasPrefix("tollgate/") == true && rig.log.text.isEmpty)
    }

    @Test("Without a webhook nothing is sent and nothing is counted")
    func noWebhook() async throws {
        let rig = try await Rig()
        defer { rig.end() }
        rig.sender.send(alert(75), to: AlertSetting())
        await rig.sender.shutdown(within: 1_000_000_000)
        #expect(rig.server.posts.isEmpty && rig.results.things.isEmpty)
    }

    @Test("One that is refused for the moment is repeated with the same id and the same body, those behind it wait")
    func retry() async throws {
        let rig = try await Rig([
            .init(status: 503, retryAfter: "0"), .init(status: 429, retryAfter: "0"), .init(status: 200),
        ])
        defer { rig.end() }
        let setting = try rig.setting()
        for threshold in [50, 75, 95] { rig.sender.send(alert(threshold), to: setting) }
        await rig.results.reaches(3)
        let ids = rig.server.posts.map { $0.fields["x-tollgate-alert-id"] }
        #expect(ids == [50, 50, 50, 75, 95].map { alert($0).id })
        #expect(rig.server.posts[0].body == rig.server.posts[2].body && rig.results.things == [.sent, .sent, .sent])
    }

    @Test("A refusal for good is final, and the log names the host and the rule but no secret")
    func refusal() async throws {
        let rig = try await Rig([.init(status: 404)])
        defer { rig.end() }
        rig.sender.send(alert(75), to: try rig.setting())
        await rig.results.reaches(1)
        #expect(rig.results.things == [.failed] && rig.server.posts.count == 1)
        #expect(rig.log.text.contains("127.0.0.1:\(rig.server.port)") && rig.log.text.contains("everyone"))
        #expect(rig.log.text.contains("404") && !rig.log.text.contains("canary") && !rig.log.text.contains("hook?"))
    }

    @Test("The end cuts a pause short, sends what is left and counts it")
    func flush() async throws {
        let rig = try await Rig([.init(status: 503, retryAfter: "30")])
        defer { rig.end() }
        let setting = try rig.setting()
        for threshold in [50, 75] { rig.sender.send(alert(threshold), to: setting) }
        await rig.server.seen.reaches(1)
        let began = monotonicNanoseconds()
        await rig.sender.shutdown(within: 60_000_000_000)
        #expect(monotonicNanoseconds() - began < 20_000_000_000)
        #expect(rig.results.things == [.sent, .sent] && rig.server.posts.count == 3)
    }

    @Test("At the end a webhook that cannot be reached is not waited for; what was for it is dropped")
    func unreachable() async throws {
        let rig = try await Rig()
        defer { rig.end() }
        let away = try rig.setting(port: 1), there = try rig.setting()
        for threshold in [50, 75] { rig.sender.send(alert(threshold), to: away) }
        rig.sender.send(alert(95), to: there)
        await rig.sender.shutdown(within: 60_000_000_000)
        #expect(rig.results.things.filter { $0 == .dropped }.count == 2)
        #expect(rig.results.things.filter { $0 == .sent }.count == 1 && rig.results.things.count == 3)
        #expect(rig.log.text.contains("cannot be reached"))
    }

    @Test("A webhook elsewhere is reached through the proxy of the environment")
    func proxy() async throws {
        let rig = try await Rig(isProxy: true)
        defer { rig.end() }
        var setting = try rig.setting()
        setting.webhook = BaseURL("http://hooks.example")
        rig.sender.send(alert(75), to: setting)
        // A webhook is no proxy, so that is how far it goes.
        await rig.server.seen.reaches(1)
        await rig.sender.shutdown(within: 60_000_000_000)
        #expect(rig.results.things == [.dropped] && rig.log.text.contains("hooks.example"))
    }

    @Test("An alert after the end is dropped and counted")
    func afterTheEnd() async throws {
        let rig = try await Rig()
        defer { rig.end() }
        await rig.sender.shutdown(within: 0)
        rig.sender.send(alert(75), to: try rig.setting())
        await rig.results.reaches(1)
        #expect(rig.results.things == [.dropped] && rig.server.posts.isEmpty)
    }
}

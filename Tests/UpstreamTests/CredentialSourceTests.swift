import Configuration
import LoopSupport
import Synchronization
import Testing
import Transport

@testable import Upstream

@Suite struct CredentialSourceTests {
    private let fixture = CredentialFixture()

    @Test("What never ends is given at once")
    func lasting() async throws {
        #expect(try await fixture.ask(.none) == "none")
        #expect(try await fixture.ask(.apiKey(Secret("k"))) == "x-api-key: k")
        #expect(try await fixture.ask(.bearer(Secret("k"))) == "authorization: Bearer k")
        let keys = AWSCredentials(accessKeyID: "A", secretAccessKey: Secret("s"), sessionToken: nil)
        #expect(try await fixture.ask(.aws(.keys(keys))) == "A s -")
        let environment = ["AWS_ACCESS_KEY_ID": "B", "AWS_SECRET_ACCESS_KEY": "s"]
        #expect(try await fixture.ask(.aws(.environment), environment: environment) == "B s -")
        let bearer = ["AWS_BEARER_TOKEN_BEDROCK": "ABSK"]
        #expect(try await fixture.ask(.aws(.environment), environment: bearer) == "authorization: Bearer ABSK")
        #expect(
            try await fixture.ask(.aws(.environment), environment: ["AWS_ACCESS_KEY_ID": "B"]).contains(
                "only one is set"))
    }

    // MARK: Over time

    @Test("Many who ask at once share one fetch, and it is fetched anew early while the old one serves")
    func refreshes() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, number in (200, token("t\(number)")) }
        let source = try fixture.source(try fixture.entra(server.port), on: host)
        let got = try await host.run { host in
            var tasks: [Task<String, any Error>] = []
            for _ in 0..<20 {
                tasks.append(
                    Task(executorPreference: host.loop) {
                        try await host.run { host in
                            shown(try await source.current(Wakeup(loop: host.loop), abort: []))
                        }
                    })
            }
            var got: Set<String> = []
            for task in tasks { got.insert(try await task.value) }
            return got
        }
        #expect(got == ["authorization: Bearer t0"])
        #expect(server.asked.count == 1)
        fixture.clock.advance(3299)
        #expect(try await fixture.ask(source, on: host).hasSuffix("t0"))
        #expect(server.asked.count == 1)
        fixture.clock.advance(1)
        #expect(try await fixture.ask(source, on: host).hasSuffix("t0"))
        #expect(try await until { try await fixture.ask(source, on: host).hasSuffix("t1") })
        #expect(server.asked.count == 2)
    }

    /// Asks again until it is so, for at most five seconds.
    private func until(_ isSo: () async throws -> Bool) async throws -> Bool {
        let end = monotonicNanoseconds() + 5_000_000_000
        while monotonicNanoseconds() < end {
            if try await isSo() { return true }
            await Task.yield()
        }
        return false
    }

    @Test("A fetch that fails keeps the old one until it ends, is reported, and not tried again at once")
    func fails() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, number in
            number == 0 ? (200, token("t0")) : (503, "busy")
        }
        let reports = Mutex<[String]>([])
        let source = try fixture.source(
            try fixture.entra(server.port), on: host,
            whenFailed: { fault in reports.withLock { $0.append(fault.sentence) } })
        #expect(try await fixture.ask(source, on: host).hasSuffix("t0"))
        fixture.clock.advance(3400)
        #expect(try await fixture.ask(source, on: host).hasSuffix("t0"))
        #expect(try await until { reports.withLock { $0.count } == 1 })
        #expect(try await fixture.ask(source, on: host).hasSuffix("t0"))
        #expect(server.asked.count == 2)
        fixture.clock.advance(200)
        let sentence = try await fixture.ask(source, on: host)
        #expect(
            sentence == "no credential from http://127.0.0.1:\(server.port)/t/oauth2/v2.0/token: it answered 503; "
                + "check the tenant, the client's id and secret, and the scope")
        #expect(try await fixture.ask(source, on: host) == sentence)
        #expect(server.asked.count == 3)
        #expect(reports.withLock { $0 }.last == sentence)
    }

    @Test("Asking for what is held stays on the loop")
    func staysOnTheLoop() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("t")) }
        let source = try fixture.source(try fixture.entra(server.port), on: host)
        let foreign = try await host.run { host in
            let wakeup = Wakeup(loop: host.loop)
            _ = try await source.current(wakeup, abort: [])
            let before = host.loop.foreignEnqueues
            for _ in 0..<1_000 { _ = try await source.current(wakeup, abort: []) }
            return host.loop.foreignEnqueues - before
        }
        #expect(foreign == 0)
    }

    @Test("Who gives up while waiting is let go, the others get theirs")
    func aborts() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("t")) }
        let source = try fixture.source(try fixture.entra(server.port), on: host)
        let (fault, stillPending) = try await host.run { host in
            let wakeup = Wakeup(loop: host.loop)
            wakeup.signal(.downstreamHangup)
            do throws(CredentialFault) {
                _ = try await source.current(wakeup, abort: .downstreamHangup)
                return ("none", false)
            } catch {
                return (error.sentence, wakeup.events.contains(.downstreamHangup))
            }
        }
        #expect(fault == "given up, as the client went away" && stillPending)
        #expect(try await fixture.ask(source, on: host).hasSuffix("Bearer t"))
        #expect(server.asked.count == 1)
    }

    // MARK: Answers

    @Test("Answers that give no token say where, why, and what to do, and show no secret")
    func faults() async throws {
        let cases: [(status: Int, body: String, part: String)] = [
            (
                401, #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}"#,
                "it answered 401 (invalid_client: AADSTS7000215: Invalid client secret.); check the tenant"
            ),
            (400, #"{"error":"x","error_description":"client_secret=s3cret"}"#, "it answered 400; check"),
            (200, "<html>s3cret</html>", "the answer is no JSON"),
            (200, #"{"access_token":"s3cret"}"#, "`token_type` is missing"),
            (302, "", "it answered 302"), (200, "", "the answer is no JSON"),
        ]
        for (status, body, part) in cases {
            let host = try LoopHost.started()
            let server = try await TokenServer.start(on: host) { _, _ in (status, body) }
            let sentence = try await fixture.ask(try fixture.source(try fixture.entra(server.port), on: host), on: host)
            #expect(sentence.contains(part) && !sentence.contains("s3cret"), "\(sentence)")
            #expect(sentence.contains("http://127.0.0.1:\(server.port)/t/oauth2/v2.0/token"))
        }
        let closed = try await fixture.ask(try fixture.entra(1))
        #expect(closed.contains("connect: Connection refused; check the tenant"), "\(closed)")
    }

    @Test("Entra and Google's metadata server are asked as they want to be")
    func tokens() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("t")) }
        #expect(
            try await fixture.ask(try fixture.source(try fixture.entra(server.port), on: host), on: host).hasSuffix(
                "Bearer t"))
        let google = CredentialSetting.googleMetadata(url: try fixture.url(server.port))
        #expect(try await fixture.ask(try fixture.source(google, on: host), on: host).hasSuffix("Bearer t"))
        let asked = server.asked
        #expect(asked.map(\.line).first == "POST /t/oauth2/v2.0/token")
        #expect(asked[0].fields["content-type"] == "application/x-www-form-urlencoded")
        #expect(asked[0].body.hasSuffix("client_id=c&client_secret=s3cret&scope=x%2F.default"))
        #expect(asked[1].line == "GET /computeMetadata/v1/instance/service-accounts/default/token")
        #expect(asked[1].fields["metadata-flavor"] == "Google")
    }

    @Test("A token endpoint is reached through the proxy, what belongs to the machine's host is not")
    func proxies() async throws {
        let host = try LoopHost.started()
        // A server that refuses CONNECT shows whether it was asked.
        let server = try await TokenServer.start(on: host) { _, _ in (200, "") }
        let proxies = try ProxyEnvironment { $0 == "HTTPS_PROXY" ? "127.0.0.1:\(server.port)" : nil }
        let url = try #require(BaseURL("http://far.invalid"))
        let entra = CredentialSetting.entra(
            tenant: "t", clientID: "c", clientSecret: Secret("s"), scope: "x", authority: url)
        let far = try await fixture.ask(try fixture.source(entra, on: host, proxies: proxies), on: host)
        #expect(far.contains("the proxy does not connect to the upstream: it answered 501"), "\(far)")
        for setting in [CredentialSetting.googleMetadata(url: url), .aws(.instanceMetadata(url: url))] {
            let near = try await fixture.ask(try fixture.source(setting, on: host, proxies: proxies), on: host)
            #expect(near.contains("far.invalid does not resolve"), "\(near)")
        }
    }
}

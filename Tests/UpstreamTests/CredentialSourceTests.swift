import Configuration
import Foundation
import LoopSupport
import Synchronization
import Testing
import Transport
import Wire

@testable import Upstream

/// What a source gave, comparable, with secrets in clear.
private func shown(_ credential: UpstreamCredential) -> String {
    func clear(_ secret: Secret?) -> String { secret?.withBytes { String(decoding: $0, as: UTF8.self) } ?? "-" }
    switch credential {
    case .none: return "none"
    case .field(let name, let value): return "\(name): \(clear(value))"
    case .aws(let keys): return "\(keys.accessKeyID) \(clear(keys.secretAccessKey)) \(clear(keys.sessionToken))"
    }
}

private func token(_ name: String, seconds: Int = 3600) -> String {
    #"{"access_token":"\#(name)","expires_in":\#(seconds),"token_type":"Bearer"}"#
}

@Suite struct CredentialSourceTests {
    private let clock = MovedClock()
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("c-\(UUID().uuidString)")

    private func file(_ name: String, _ content: String) throws -> String {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let url = directory.appendingPathComponent(name)
        try Data(content.utf8).write(to: url)
        return url.path
    }

    private func url(_ port: UInt16) throws -> BaseURL { try #require(BaseURL("http://127.0.0.1:\(port)")) }

    private func source(
        _ setting: CredentialSetting, on host: LoopHost, environment: [String: String] = [:],
        proxies: ProxyEnvironment? = nil, whenFailed: @escaping @Sendable (CredentialFault) -> Void = { _ in }
    ) throws -> CredentialSource {
        let network = CredentialNetwork(
            tls: try TLSContext(authorityFile: nil), resolver: Resolver(), proxies: proxies,
            environment: { environment[$0] })
        return CredentialSource(
            setting, apiKeyField: "x-api-key", network: network, loop: host.loop, clock: clock.nanoseconds,
            whenFailed: whenFailed)
    }

    /// What one exchange gets: the credential, or why there is none.
    private func ask(_ source: CredentialSource, on host: LoopHost) async throws -> String {
        try await host.run { host in
            do throws(CredentialFault) {
                return shown(try await source.current(Wakeup(loop: host.loop), abort: []))
            } catch {
                return error.sentence
            }
        }
    }

    private func ask(_ setting: CredentialSetting, environment: [String: String] = [:]) async throws -> String {
        let host = try LoopHost.started()
        return try await ask(try source(setting, on: host, environment: environment), on: host)
    }

    private func entra(_ port: UInt16) throws -> CredentialSetting {
        .entra(
            tenant: "t", clientID: "c", clientSecret: Secret("s3cret"), scope: "x/.default", authority: try url(port))
    }

    @Test("What never ends is given at once")
    func lasting() async throws {
        #expect(try await ask(.none) == "none")
        #expect(try await ask(.apiKey(Secret("k"))) == "x-api-key: k")
        #expect(try await ask(.bearer(Secret("k"))) == "authorization: Bearer k")
        let keys = AWSCredentials(accessKeyID: "A", secretAccessKey: Secret("s"), sessionToken: nil)
        #expect(try await ask(.aws(.keys(keys))) == "A s -")
        let environment = ["AWS_ACCESS_KEY_ID": "B", "AWS_SECRET_ACCESS_KEY": "s"]
        #expect(try await ask(.aws(.environment), environment: environment) == "B s -")
        let bearer = ["AWS_BEARER_TOKEN_BEDROCK": "ABSK"]
        #expect(try await ask(.aws(.environment), environment: bearer) == "authorization: Bearer ABSK")
        #expect(
            try await ask(.aws(.environment), environment: ["AWS_ACCESS_KEY_ID": "B"]).contains("only one is set"))
    }

    // MARK: Over time

    @Test("Many who ask at once share one fetch, and it is fetched anew early while the old one serves")
    func refreshes() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, number in (200, token("t\(number)")) }
        let source = try source(try entra(server.port), on: host)
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
        clock.advance(3299)
        #expect(try await ask(source, on: host).hasSuffix("t0"))
        #expect(server.asked.count == 1)
        clock.advance(1)
        #expect(try await ask(source, on: host).hasSuffix("t0"))
        #expect(try await until { try await ask(source, on: host).hasSuffix("t1") })
        #expect(server.asked.count == 2)
    }

    /// Asks again until it is so, for at most five seconds.
    private func until(_ isSo: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if try await isSo() { return true }
            try await Task.sleep(nanoseconds: 10_000_000)
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
        let source = try source(
            try entra(server.port), on: host,
            whenFailed: { fault in reports.withLock { $0.append(fault.sentence) } })
        #expect(try await ask(source, on: host).hasSuffix("t0"))
        clock.advance(3400)
        #expect(try await ask(source, on: host).hasSuffix("t0"))
        #expect(try await until { reports.withLock { $0.count } == 1 })
        #expect(try await ask(source, on: host).hasSuffix("t0"))
        #expect(server.asked.count == 2)
        clock.advance(200)
        let sentence = try await ask(source, on: host)
        #expect(
            sentence == "no credential from http://127.0.0.1:\(server.port)/t/oauth2/v2.0/token: it answered 503; "
                + "check the tenant, the client's id and secret, and the scope")
        #expect(try await ask(source, on: host) == sentence)
        #expect(server.asked.count == 3)
        #expect(reports.withLock { $0 }.last == sentence)
    }

    @Test("Who gives up while waiting is let go, the others get theirs")
    func aborts() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("t")) }
        let source = try source(try entra(server.port), on: host)
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
        #expect(try await ask(source, on: host).hasSuffix("Bearer t"))
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
            let sentence = try await ask(try source(try entra(server.port), on: host), on: host)
            #expect(sentence.contains(part) && !sentence.contains("s3cret"), "\(sentence)")
            #expect(sentence.contains("http://127.0.0.1:\(server.port)/t/oauth2/v2.0/token"))
        }
        let closed = try await ask(try entra(1))
        #expect(closed.contains("connect: Connection refused; check the tenant"), "\(closed)")
    }

    @Test("Entra and Google's metadata server are asked as they want to be")
    func tokens() async throws {
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("t")) }
        #expect(try await ask(try source(try entra(server.port), on: host), on: host).hasSuffix("Bearer t"))
        let google = CredentialSetting.googleMetadata(url: try url(server.port))
        #expect(try await ask(try source(google, on: host), on: host).hasSuffix("Bearer t"))
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
        let far = try await ask(try source(entra, on: host, proxies: proxies), on: host)
        #expect(far.contains("the proxy does not connect to the upstream: it answered 501"), "\(far)")
        for setting in [CredentialSetting.googleMetadata(url: url), .aws(.instanceMetadata(url: url))] {
            let near = try await ask(try source(setting, on: host, proxies: proxies), on: host)
            #expect(near.contains("far.invalid does not resolve"), "\(near)")
        }
    }

    // MARK: Google's service accounts

    /// Runs a script in the test's directory; its exit status.
    private func run(_ script: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd '\(directory.path)' && \(script)"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("A service account's token is asked for with a signature that its public key verifies")
    func serviceAccount() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("ya29")) }
        _ = try file("x", "")
        let made =
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k && openssl pkey -in k -pubout -out p"
        try #require(try run(made) == 0)
        let pem = try String(contentsOf: directory.appendingPathComponent("k"), encoding: .utf8)
        var key = JSONObject()
        key["type"] = "service_account"
        key["private_key"] = .string(pem)
        key["client_email"] = "a@p.iam.gserviceaccount.com"
        key["token_uri"] = .string("http://127.0.0.1:\(server.port)/token")
        let path = try file("key.json", JSONValue.object(key).text)
        let setting = CredentialSetting.googleServiceAccount(file: path)
        #expect(try await ask(try source(setting, on: host), on: host) == "authorization: Bearer ya29")
        let asked = try #require(server.asked.first)
        #expect(asked.line == "POST /token")
        let parts = try #require(asked.body.split(separator: "=").last).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        var letters = parts[2].replacing("-", with: "+").replacing("_", with: "/")
        while !letters.utf8.count.isMultiple(of: 4) { letters += "=" }
        try #require(Data(base64Encoded: letters)).write(to: directory.appendingPathComponent("s"))
        _ = try file("d", parts[0] + "." + parts[1])
        #expect(try run("openssl dgst -sha256 -verify p -signature s d") == 0)
    }

    @Test("A file that cannot be used is named with the reason")
    func badFiles() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        func said(_ path: String) async throws -> String { try await ask(.googleServiceAccount(file: path)) }
        let missing = directory.appendingPathComponent("nothing").path
        #expect(
            try await said(missing)
                == "the credential file \(missing) cannot be used: open: No such file or directory")
        #expect(
            try await said(try file("a", "s3cret")).hasSuffix(
                "cannot be used: the file is no JSON: "
                    + "A JSON value must begin here."))
        let noKey = #"{"type":"service_account","client_email":"a","private_key":"s3cret"}"#
        let sentence = try await said(try file("b", noKey))
        #expect(sentence.contains("the private key is not PEM") && !sentence.contains("s3cret"))
        #expect(try await said(try file("c", String(repeating: " ", count: 70_000))).hasSuffix("File too large"))
        #expect(try await said(directory.path).hasSuffix("Is a directory"))
    }

    // MARK: AWS

    private func keys(_ id: String, _ expiration: String = "2026-01-02T04:04:05Z") -> String {
        """
        {"Code":"Success","AccessKeyId":"\(id)","SecretAccessKey":"s","Token":"t","Expiration":"\(expiration)"}
        """
    }

    @Test("A container's agent is asked with its token, which is read anew each time")
    func container() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let host = try LoopHost.started()
        let answers = [keys("A1"), keys("A2", "2026-01-02T05:04:05Z")]
        let server = try await TokenServer.start(on: host) { _, number in (200, answers[min(number, 1)]) }
        let tokenFile = try file("token", "first\n")
        let setting = CredentialSetting.aws(
            .container(url: try url(server.port), path: "/v1/credentials?id=1", token: .file(tokenFile)))
        let source = try source(setting, on: host)
        #expect(try await ask(source, on: host) == "A1 s t")
        _ = try file("token", "second")
        clock.advance(3700)
        #expect(try await ask(source, on: host) == "A2 s t")
        #expect(server.asked.map(\.line) == ["GET /v1/credentials?id=1", "GET /v1/credentials?id=1"])
        #expect(server.asked.map { $0.fields["authorization"] } == ["first", "second"])
        _ = try file("token", "two words")
        clock.advance(3600)
        #expect(try await ask(source, on: host).hasSuffix("cannot be used: it does not hold one token"))
    }

    @Test("The instance's keys need a session, then the role's name")
    func instance() async throws {
        let host = try LoopHost.started()
        let body = keys("A1")
        let server = try await TokenServer.start(on: host) { asked, _ in
            guard asked.fields["x-aws-ec2-metadata-token"] == "session" else {
                return asked.line == "PUT /latest/api/token" ? (200, "session") : (401, "")
            }
            return (200, asked.line.hasSuffix("/security-credentials/") ? "web-role\n" : body)
        }
        let setting = CredentialSetting.aws(.instanceMetadata(url: try url(server.port)))
        #expect(try await ask(try source(setting, on: host), on: host) == "A1 s t")
        #expect(
            server.asked.map(\.line) == [
                "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                "GET /latest/meta-data/iam/security-credentials/web-role",
            ])
        #expect(server.asked[0].fields["x-aws-ec2-metadata-token-ttl-seconds"] == "60")
        for (number, part) in [
            (0, "it answered 404; check that this instance has an IAM role"), (1, "404"), (2, "404"),
        ] {
            let broken = try await TokenServer.start(on: host) { _, asked in asked == number ? (404, "") : (200, "x") }
            let sentence = try await ask(
                try source(.aws(.instanceMetadata(url: try url(broken.port))), on: host), on: host)
            #expect(sentence.contains(part), "\(sentence)")
        }
    }

    @Test("A web identity's token is exchanged at STS; its refusal is told by its code")
    func webIdentity() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { asked, _ in
            guard asked.body.hasSuffix("&WebIdentityToken=good") else {
                return (400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
            }
            return (
                200,
                """
                <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
                <AccessKeyId>A1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
                <Expiration>2026-01-02T04:04:05Z</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """
            )
        }
        func setting(_ token: String) throws -> CredentialSetting {
            .aws(
                .webIdentity(
                    tokenFile: try file(token, token), roleARN: "r", sessionName: "s", stsURL: try url(server.port)))
        }
        #expect(try await ask(try source(try setting("good"), on: host), on: host) == "A1 s t")
        #expect(server.asked[0].line == "POST /")
        let sentence = try await ask(try source(try setting("b4d"), on: host), on: host)
        #expect(sentence.contains("it answered 400 (InvalidIdentityToken); check the role's trust policy"))
        #expect(!sentence.contains("b4d"))
    }

    @Test("Keys that have expired when they come are none")
    func expired() async throws {
        let host = try LoopHost.started()
        let body = keys("A1", "2026-01-02T03:04:05Z")
        let server = try await TokenServer.start(on: host) { _, _ in (200, body) }
        let setting = CredentialSetting.aws(.container(url: try url(server.port), path: "/", token: .none))
        #expect(try await ask(try source(setting, on: host), on: host).contains("have expired already; check this"))
    }
}

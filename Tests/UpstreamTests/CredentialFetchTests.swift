import Configuration
import Foundation
import LoopSupport
import Testing
import Transport
import Wire

@testable import Upstream

@Suite struct CredentialFetchTests {
    private let fixture = CredentialFixture()

    // MARK: Google's service accounts

    /// Runs a script in the test's directory; its exit status.
    private func run(_ script: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd '\(fixture.directory.path)' && \(script)"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("A service account's token is asked for with a signature that its public key verifies")
    func serviceAccount() async throws {
        defer { fixture.remove() }
        let host = try LoopHost.started()
        let server = try await TokenServer.start(on: host) { _, _ in (200, token("ya29")) }
        _ = try fixture.file("x", "")
        let made =
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k && openssl pkey -in k -pubout -out p"
        try #require(try run(made) == 0)
        let pem = try String(contentsOf: fixture.directory.appendingPathComponent("k"), encoding: .utf8)
        var key = JSONObject()
        key["type"] = "service_account"
        key["private_key"] = .string(pem)
        key["client_email"] = "a@p.iam.gserviceaccount.com"
        key["token_uri"] = .string("http://127.0.0.1:\(server.port)/token")
        let path = try fixture.file("key.json", JSONValue.object(key).text)
        let setting = CredentialSetting.googleServiceAccount(file: path)
        #expect(try await fixture.ask(try fixture.source(setting, on: host), on: host) == "authorization: Bearer ya29")
        let asked = try #require(server.asked.first)
        #expect(asked.line == "POST /token")
        let parts = try #require(asked.body.split(separator: "=").last).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        var letters = parts[2].replacing("-", with: "+").replacing("_", with: "/")
        while !letters.utf8.count.isMultiple(of: 4) { letters += "=" }
        try #require(Data(base64Encoded: letters)).write(to: fixture.directory.appendingPathComponent("s"))
        _ = try fixture.file("d", parts[0] + "." + parts[1])
        #expect(try run("openssl dgst -sha256 -verify p -signature s d") == 0)
    }

    @Test("A file that cannot be used is named with the reason")
    func badFiles() async throws {
        defer { fixture.remove() }
        func said(_ path: String) async throws -> String { try await fixture.ask(.googleServiceAccount(file: path)) }
        let missing = fixture.directory.appendingPathComponent("nothing").path
        #expect(
            try await said(missing)
                == "the credential file \(missing) cannot be used: open: No such file or directory")
        #expect(
            try await said(try fixture.file("a", "s3cret")).hasSuffix(
                "cannot be used: the file is no JSON: "
                    + "A JSON value must begin here."))
        let noKey = #"{"type":"service_account","client_email":"a","private_key":"s3cret"}"#
        let sentence = try await said(try fixture.file("b", noKey))
        #expect(sentence.contains("the private key is not PEM") && !sentence.contains("s3cret"))
        #expect(
            try await said(try fixture.file("c", String(repeating: " ", count: 70_000))).hasSuffix("File too large"))
        #expect(try await said(fixture.directory.path).hasSuffix("Is a directory"))
    }

    @Test("An encrypted endpoint must have a certificate of the authority that was configured")
    func encrypted() async throws {
        defer { fixture.remove() }
        _ = try fixture.file("x", "")
        let made =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out c -days 2 -subj /CN=x "
            + "-addext subjectAltName=IP:127.0.0.1"
        try #require(try run(made) == 0)
        let host = try LoopHost.started()
        let certificate = fixture.directory.appendingPathComponent("c").path
        let tls = try TLSContext(
            certificateFile: certificate, keyFile: fixture.directory.appendingPathComponent("k").path)
        let server = try await TokenServer.start(on: host, tls: tls) { _, _ in (200, token("t")) }
        let setting = CredentialSetting.entra(
            tenant: "t", clientID: "c", clientSecret: Secret("s"), scope: "x",
            authority: try #require(BaseURL("https://127.0.0.1:\(server.port)")))
        let known = try fixture.source(setting, on: host, authorityFile: certificate)
        #expect(try await fixture.ask(known, on: host) == "authorization: Bearer t")
        let unknown = try await fixture.ask(try fixture.source(setting, on: host), on: host)
        #expect(unknown.contains("the certificate of 127.0.0.1 was refused"), "\(unknown)")
    }

    // MARK: AWS

    private func keys(_ id: String, _ expiration: String = "2026-01-02T04:04:05Z") -> String {
        """
        {"Code":"Success","AccessKeyId":"\(id)","SecretAccessKey":"s","Token":"t","Expiration":"\(expiration)"}
        """
    }

    @Test("A container's agent is asked with its token, which is read anew each time")
    func container() async throws {
        defer { fixture.remove() }
        let host = try LoopHost.started()
        let answers = [keys("A1"), keys("A2", "2026-01-02T05:04:05Z")]
        let server = try await TokenServer.start(on: host) { _, number in (200, answers[min(number, 1)]) }
        let tokenFile = try fixture.file("token", "first\n")
        let setting = CredentialSetting.aws(
            .container(url: try fixture.url(server.port), path: "/v1/credentials?id=1", token: .file(tokenFile)))
        let source = try fixture.source(setting, on: host)
        #expect(try await fixture.ask(source, on: host) == "A1 s t")
        _ = try fixture.file("token", "second")
        fixture.clock.advance(3700)
        #expect(try await fixture.ask(source, on: host) == "A2 s t")
        #expect(server.asked.map(\.line) == ["GET /v1/credentials?id=1", "GET /v1/credentials?id=1"])
        #expect(server.asked.map { $0.fields["authorization"] } == ["first", "second"])
        _ = try fixture.file("token", "two words")
        fixture.clock.advance(3600)
        #expect(try await fixture.ask(source, on: host).hasSuffix("cannot be used: it does not hold one token"))
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
        let setting = CredentialSetting.aws(.instanceMetadata(url: try fixture.url(server.port)))
        #expect(try await fixture.ask(try fixture.source(setting, on: host), on: host) == "A1 s t")
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
            let sentence = try await fixture.ask(
                try fixture.source(.aws(.instanceMetadata(url: try fixture.url(broken.port))), on: host), on: host)
            #expect(sentence.contains(part), "\(sentence)")
        }
    }

    @Test("A web identity's token is exchanged at STS; its refusal is told by its code")
    func webIdentity() async throws {
        defer { fixture.remove() }
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
                    tokenFile: try fixture.file(token, token), roleARN: "r", sessionName: "s",
                    stsURL: try fixture.url(server.port)))
        }
        #expect(try await fixture.ask(try fixture.source(try setting("good"), on: host), on: host) == "A1 s t")
        #expect(server.asked[0].line == "POST /")
        let sentence = try await fixture.ask(try fixture.source(try setting("b4d"), on: host), on: host)
        #expect(sentence.contains("it answered 400 (InvalidIdentityToken); check the role's trust policy"))
        #expect(!sentence.contains("b4d"))
    }

    @Test("Keys that have expired when they come are none")
    func expired() async throws {
        let host = try LoopHost.started()
        let body = keys("A1", "2026-01-02T03:04:05Z")
        let server = try await TokenServer.start(on: host) { _, _ in (200, body) }
        let setting = CredentialSetting.aws(.container(url: try fixture.url(server.port), path: "/", token: .none))
        #expect(
            try await fixture.ask(try fixture.source(setting, on: host), on: host).contains(
                "have expired already; check this"))
    }
}

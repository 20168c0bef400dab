import Testing

@testable import Configuration

/// What is read here must stand in the documentation. The settings are found out by asking: each group is given an unknown
/// setting and answers with what it knows.
@Suite("docs/configuration.md names every setting")
struct DocumentationTests {
    private static let groups = [
        complete + "qqqqqqqqqqqqqqqq: 1", complete + "tls: {certificate: a, key: b, qqqqqqqqqqqqqqqq: 1}",
        complete + "credentials: {qqqqqqqqqqqqqqqqqq: 1}",
        complete + "credentials: {keys: [{key: long-enough-key, qqqqqqqqqqqqqqqq: 1}]}",
        complete + "limits: {qqqqqqqqqqqqqqqqqq: 1}", complete + "logs: {qqqqqqqqqqqqqqqqqq: 1}",
        complete + "telemetry: {qqqqqqqqqqqqqqqqqq: 1}",
        complete + "telemetry: {otlp: {endpoint: \"http://a\", qqqqqqqqqqqqqqqq: 1}}",
        "providers: {name: m, kind: anthropic, qqqqqqqqqqqqqqqq: 1}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: anthropic, timeouts: {qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: openai, api_key: abc, betas: {qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: openai, api_key: abc, models: [{name: b, qqqqqqqqqqqqqqqq: 1}]}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: azure, base_url: \"http://a\", entra: {tenant_id: a, client_id: b, client_secret: c, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: bedrock, region: us-east-1, aws: {access_key_id: a, secret_access_key: b, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: bedrock, region: us-east-1, aws: {role_arn: a, web_identity_token_file: b, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: mock}\nmodels: {name: a, target: m/a, qqqqqqqqqqqqqqqq: 1}",
    ]

    @Test("Every setting that is read stands there", arguments: groups)
    func documented(text: String) throws {
        let said = problems(text)
        let known = try #require(said.first).split(separator: "known here: ")
        let names = try #require(known.count == 2 ? known.last : nil).split(separator: ", ").map(String.init)
        #expect(said.count == 1 && !names.isEmpty)
        let document = try Self.document()
        for name in names {
            #expect(document.contains("`\(name)`") || document.contains("{\(name): "), "\(name)")
        }
    }

    @Test("Every default of the limits stands there")
    func defaults() throws {
        let document = try Self.document(), limits = LimitSettings()
        for (name, value) in [
            ("head_bytes", limits.headBytes), ("body_bytes", limits.bodyBytes), ("connections", limits.connections),
        ] {
            #expect(document.contains("| `\(name)` | \(value) |"), "\(name)")
        }
        for (name, value) in [
            ("header_timeout", limits.headerTimeout), ("body_timeout", limits.bodyTimeout),
            ("idle_timeout", limits.idleTimeout),
            ("ping_interval", limits.pingInterval), ("drain_timeout", limits.drainTimeout),
        ] {
            #expect(document.contains("| `\(name)` | `\(value / 1_000_000_000)s` |"), "\(name)")
        }
        let logs = LogSettings()
        #expect(document.contains("| `level` | `\(logs.level.rawValue)` |"))
        #expect(document.contains("| `access` | `\(logs.access.rawValue)` |"))
    }

    @Test("Everything that a price row understands stands there")
    func prices() throws {
        let document = try Self.document()
        for (word, before) in [("qqqq=1", "known are "), ("platform=qqqq", "they are ")] {
            let said = #expect(throws: PriceParser.Fault.self) {
                try PriceParser.parse("m - - 1 2 3 4 5 \(word)", table: "t")
            }
            let names = try #require(said?.sentence.split(separator: before).last).split(separator: ", ").map(
                String.init)
            #expect(names.count > 8)
            for name in names { #expect(document.contains("`\(name)`"), "\(name)") }
        }
    }

    private static func document() throws -> String {
        var folders = #filePath.split(separator: "/").dropLast(3).map(String.init)
        folders += ["docs", "configuration.md"]
        let file = "/" + folders.joined(separator: "/")
        return try ConfigurationFile.text(of: file)
    }
}

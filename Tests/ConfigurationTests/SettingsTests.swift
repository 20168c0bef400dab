import Testing

@testable import Configuration

@Suite("Every setting has its default and its bounds")
struct SettingsTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A key that is written and empty, as of a secret's file that was cut, is warned of where none is needed")
    func emptyKey() throws {
        func warnings(_ key: String) throws -> [String] {
            try snapshot("{providers: [{name: a, kind: anthropic\(key)}], models: [{name: m, target: a/m}]}").warnings
        }
        #expect(try warnings("").isEmpty && warnings(", api_key: key").isEmpty)
        #expect(try warnings(", api_key: \"\"").first?.contains("providers[0].api_key: is empty") == true)
    }

    @Test(
        "What looks right and leads nowhere is doubted",
        arguments: [
            ("{name: a, kind: anthropic, base_url: \"https://h/v1\"}", "ends in `/v1`"),
            ("{name: a, kind: anthropic, base_url: \"https://h/v1/messages/\"}", "leave `/v1/messages` out"),
            (
                "{name: a, kind: openai-compatible, dialect: messages, base_url: \"http://h/v1/messages\"}",
                "leave `/messages` out"
            ),
            ("{name: a, kind: gemini, api_key: k, base_url: \"https://h/v1beta\"}", "ends in `/v1beta`"),
            ("{name: a, kind: openai-compatible, base_url: \"http://h/v1/chat/completions\"}", "`/chat/completions`"),
            ("{name: a, kind: anthropic, api_key: \"$UPSTREAM_KEY\"}", "an environment variable is `${NAME}`"),
        ])
    func doubtful(provider: String, doubt: String) throws {
        let warnings = try snapshot("{providers: [\(provider)], models: [{name: m, target: a/m}]}").warnings
        #expect(warnings.count == 1 && warnings.first?.contains(doubt) == true, "\(warnings)")
        #expect(warnings.allSatisfy { !$0.contains("UPSTREAM_KEY") }, "it may be a password")
    }

    @Test("A price of a model that the built-in table spells otherwise is doubted")
    func spelledPrices() throws {
        let doubts = [("claude-opus-5.5", "claude-opus-5-5"), ("gpt-5-5", "gpt-5.5")]
        #expect(
            try snapshot(complete + "prices: spelled\n").warnings
                == doubts.map { "t.yaml:3:9: prices: spelled: `\($0)` is not the price of `\($1)`; did you mean that?" }
        )
    }

    @Test(
        "A dollar sign that begins no variable of a shell is fine",
        arguments: ["$$HOME", "pa$SWORD", "$1", "$home", "$"])
    func dollars(key: String) throws {
        let provider = "{name: a, kind: anthropic, headers: {x-a: \"\(key)\"}}"
        #expect(try snapshot("{providers: [\(provider)], models: [{name: m, target: a/m}]}").warnings.isEmpty)
    }

    @Test("What is not said has a default")
    func defaults() throws {
        let read = try snapshot(
            "providers: [{name: main, kind: anthropic}]\nmodels: [{name: a, target: main/b}]\n")
        #expect(read.listen == [ListenSetting("127.0.0.1:4100")].compactMap { $0 })
        #expect(read.tls == nil)
        #expect(read.dataPath == "/etc/tg/tollgate-data")
        #expect(read.keys.isEmpty)
        #expect(read.limits.headBytes == 32_768)
        #expect(read.limits.bodyBytes == 33_554_432)
        #expect(read.limits.connections == 10_000)
        #expect(read.limits.headerTimeout == 10 * Self.second)
        #expect(read.limits.bodyTimeout == 60 * Self.second)
        #expect(read.limits.idleTimeout == 300 * Self.second)
        #expect(read.limits.drainTimeout == 30 * Self.second)
        #expect(read.limits.pingInterval == 15 * Self.second)
        #expect(read.logs == LogSettings())
        #expect(read.logs.level == .info && read.logs.access == .all)
        #expect(read.telemetry.collectors.isEmpty)
        #expect(read.telemetry.serviceName == nil && read.telemetry.samplingRatio == nil)
        #expect(read.prices.models == PriceTable.builtIn.models)
        #expect(read.files.isEmpty)
        let provider = try #require(read.providers.first)
        #expect(provider.kind == .anthropic)
        #expect(provider.credential.isSame(as: .none))
        #expect(provider.baseURL == BaseURL("https://api.anthropic.com"))
        #expect(provider.authorityFile == nil)
        #expect(provider.maximumIdleConnections == 256)
        #expect(provider.timeouts.connect == 10 * Self.second)
        #expect(provider.timeouts.firstByte == 600 * Self.second)
        #expect(provider.timeouts.idle == 300 * Self.second)
        #expect(read.models == [ModelSetting(name: "a", account: "main", upstream: "b", displayName: nil)])
    }

    @Test("What is said is taken")
    func given() throws {
        let read = try snapshot(
            """
            listen: ["127.0.0.1:0", "[::1]:${PORT}"]
            tls: {certificate: c.pem, key: /k.pem}
            data: var
            providers:
              - name: main
                kind: anthropic
                base_url: https://host:8443/prefix/
                api_key: ${TOKEN}
                ca_file: ca.pem
                max_idle_connections: 0
                timeouts: {connect: 1s, first_byte: 2s, idle: 3s}
              - {name: other, kind: mock}
            models:
              - {name: short, target: other/long/name, display_name: Short}
            credentials:
              keys:
                - {key: "${file:key}", user: ci, team: platform, metadata: {project: p}}
            prices: prices
            limits: {head_bytes: 1KiB, body_bytes: 1MiB, connections: 5, header_timeout: 1s, body_timeout: 2s, body_room: 3MiB, body_room_timeout: 6s,
                     idle_timeout: 3s, drain_timeout: 4s, ping_interval: 5s}
            telemetry:
              service_name: gate
              sampling_ratio: 0.25
              content: off
              otlp: [{endpoint: "http://127.0.0.1:4318", headers: {b: "${TOKEN}", a: x}}]
            logs: {level: debug, access: errors}
            """)
        #expect(read.listen.map(\.host) == ["127.0.0.1", "::1"] && read.listen.map(\.port) == [0, 4100])
        #expect(read.tls == TLSSetting(certificate: "/etc/tg/c.pem", key: "/k.pem"))
        #expect(read.dataPath == "/etc/tg/var")
        let provider = try #require(read.providers.first)
        #expect(provider.credential.isSame(as: .apiKey(Secret("canary-token-1"))))
        #expect(provider.authorityFile == "/etc/tg/ca.pem")
        #expect(provider.maximumIdleConnections == 0)
        #expect(
            provider.timeouts
                == UpstreamTimeouts(connect: Self.second, firstByte: 2 * Self.second, idle: 3 * Self.second))
        #expect(read.catalog.resolve("short") == ResolvedModel(provider: 1, upstream: "long/name"))
        let key = try #require(read.keys.first)
        #expect(key.key.isSame(as: Secret("canary-key-2")))
        #expect(key.user == "ci" && key.team == "platform" && key.metadata == ["project": "p"])
        #expect(
            read.limits
                == LimitSettings(
                    headBytes: 1_024, bodyBytes: 1 << 20, connections: 5, headerTimeout: Self.second,
                    bodyTimeout: 2 * Self.second, idleTimeout: 3 * Self.second, bodyRoom: 3 << 20,
                    bodyRoomTimeout: 6 * Self.second, drainTimeout: 4 * Self.second,
                    pingInterval: 5 * Self.second))
        #expect(read.telemetry.serviceName == "gate" && read.telemetry.samplingRatio == 0.25)
        #expect(read.telemetry.collectors.first?.headers.map(\.name) == ["a", "b"])
        #expect(read.logs.level == .debug && read.logs.access == .errors)
        #expect(read.prices.price(of: "claude-opus-5-5", at: 0)?.version == "ours/claude-opus-5-5")
        #expect(Set(read.files) == ["/etc/tg/key", "/etc/tg/prices"])
    }

    @Test(
        "The last value within the bounds is taken, the next is not",
        arguments: [
            ("limits", "head_bytes", "1024", "1023"), ("limits", "head_bytes", "65535", "64KiB"),
            ("limits", "body_bytes", "1KiB", "1"), ("limits", "body_bytes", "1GiB", "1073741825"),
            ("limits", "connections", "1", "0"), ("limits", "connections", "1000000", "1000001"),
            ("limits", "header_timeout", "1ms", "0s"), ("limits", "body_timeout", "30d", "31d"),
            ("limits", "idle_timeout", "1h30m", "15"), ("limits", "drain_timeout", "720h", "-1s"),
            ("limits", "ping_interval", "1ms", "soon"), ("limits", "drain_delay", "0s", "-1s"),
            ("limits", "drain_delay", "30d", "31d"), ("logs", "level", "error", "Error"),
            ("logs", "access", "off", "none"), ("telemetry", "sampling_ratio", "0", "-0.1"),
            ("telemetry", "sampling_ratio", "1", "1.01"), ("telemetry", "sampling_ratio", "0.5", "nan"),
            ("telemetry", "content", "off", "on"),
        ])
    func bounds(group: String, name: String, good: String, bad: String) {
        #expect(problems(with: "\(group): {\(name): \(good)}").isEmpty)
        let said = problems(with: "\(group): {\(name): \(bad)}")
        #expect(said.count == 1)
        #expect(said.first?.contains("\(group).\(name): `\(bad)` is not ") == true)
    }

    @Test("The room for bodies must hold two of the largest, and grows with them by itself")
    func bodyRoom() throws {
        let said = problems(with: "limits: {body_bytes: 4MiB, body_room: 8388607}")
        #expect(said.count == 1)
        #expect(
            said.first?.contains("limits.body_room: 8388607 bytes are less than two bodies of `body_bytes`") == true)
        #expect(problems(with: "limits: {body_bytes: 4MiB, body_room: 8MiB}").isEmpty)
        #expect(try snapshot(complete + "limits: {body_bytes: 1GiB}").limits.bodyRoom == 2 << 30)
    }

    @Test(
        "What Tollgate writes itself is set nowhere a second time",
        arguments: ["Host", "content-type", "Content-Encoding"])
    func ownHeaders(name: String) {
        let headers = "headers: {x-own: a, \(name): b}"
        for (text, path) in [
            (complete + "telemetry: {otlp: [{endpoint: \"http://a\", \(headers)}]}", "telemetry.otlp[0]"),
            ("providers: [{name: m, kind: anthropic, \(headers)}]\nmodels: [{name: a, target: m/a}]", "providers[0]"),
        ] {
            let said = problems(text)
            #expect(said.count == 1)
            #expect(said.first?.contains("\(path).headers.\(name): is written by Tollgate itself") == true, "\(said)")
        }
    }

    @Test(
        "Of two credentials one would do nothing",
        arguments: [
            ("azure, base_url: \"https://a/openai/v1\"", "entra: {tenant_id: a, client_id: b, client_secret: c}"),
            ("bedrock, region: a", "aws: {access_key_id: a, secret_access_key: b}"),
        ])
    func credentials(kind: String, group: String) {
        func said(_ more: String) -> [String] {
            problems("providers: [{name: m, kind: \(kind), \(more)}]\nmodels: [{name: a, target: m/a}]")
        }
        #expect(said(group).isEmpty && said("api_key: key").isEmpty && said("api_key: \"\", \(group)").isEmpty)
        let both = said("api_key: key, \(group)")
        #expect(
            both.count == 1 && both.first?.contains("providers[0].api_key: has no effect beside") == true, "\(both)")
    }

    @Test("Names of betas may end in one asterisk", arguments: ["keep", "drop"])
    func betas(list: String) {
        func said(_ name: String) -> [String] {
            problems(
                "providers: [{name: m, kind: bedrock, region: a, betas: {\(list): [\"\(name)\"]}}]\nmodels: [{name: a, target: m/a}]"
            )
        }
        #expect(said("context-1m-*").isEmpty && said("*").isEmpty && said("files").isEmpty)
        for name in ["context-*-2025", "*-2025", "a**"] {
            #expect(
                said(name).first?.contains("providers[0].betas.\(list): `\(name)` may have one `*`, at its end") == true
            )
        }
    }

    @Test(
        "A provider's numbers have bounds",
        arguments: [
            "max_idle_connections: 65537", "max_idle_connections: -1", "timeouts: {connect: 0s}",
            "timeouts: {first_byte: 31d}", "timeouts: {idle: 5}",
        ])
    func providerBounds(setting: String) {
        let said = problems(
            "providers: [{name: m, kind: anthropic, \(setting)}]\nmodels: [{name: a, target: m/a}]")
        #expect(said.count == 1)
    }

    @Test("Addresses to listen on", arguments: ["127.0.0.1:4100", "0.0.0.0:0", "[::1]:4100", "[::]:65535"])
    func addresses(text: String) throws {
        let address = try #require(ListenSetting(text))
        #expect(address.isLoopback == (text.hasPrefix("127.") || text.hasPrefix("[::1]")))
        #expect(text.hasSuffix(":\(address.port)"))
    }

    @Test(
        "What is no address to listen on",
        arguments: [
            "", ":", "4100", ":4100", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+80", "127.0.0.1:-1",
            "::1:4100", "[::1]", "[::1]4100", "[::1:4100", "[127.0.0.1]:80", "[]:80", "localhost:4100", "1.2.3:80",
            "256.1.1.1:80", "[::g]:80", "127.0.0.1:80 ", "*:80", "127.0.0.1:٤١",
        ])
    func noAddress(text: String) {
        #expect(ListenSetting(text) == nil)
    }

    @Test("Listening beyond this machine without TLS is warned of")
    func warning() throws {
        #expect(try snapshot(complete + "listen: 0.0.0.0:80\n").warnings.count == 1)
        #expect(
            try snapshot(complete + "listen: \"[::]:80\"\n").warnings.first?.hasPrefix("listen: [::]:80 is") == true)
        #expect(try snapshot(complete + "listen: 0.0.0.0:80\ntls: {certificate: c, key: k}\n").warnings.isEmpty)
    }

    @Test("Base URLs are taken apart")
    func baseURL() throws {
        let plain = try #require(BaseURL("https://api.anthropic.com"))
        #expect(plain.isEncrypted && plain.host == "api.anthropic.com" && plain.port == 443)
        #expect(plain.prefix.isEmpty && plain.authority == "api.anthropic.com")
        let full = try #require(BaseURL("http://[::1]:8080/a/b//"))
        #expect(!full.isEncrypted && full.host == "::1" && full.port == 8080)
        #expect(full.prefix == "/a/b" && full.authority == "[::1]:8080")
        #expect(BaseURL("http://h/")?.port == 80)
        #expect(BaseURL("http://h/")?.prefix == "")
    }

    @Test(
        "What is no base URL",
        arguments: [
            "", "api.anthropic.com", "ftp://h", "https://", "https:///x", "https://h:0", "https://h:65536",
            "https://h:",
            "https://h:+1", "https://u:p@h", "https://h?x", "https://h/#x", "https://h/a?b", "https://[::1",
            "https://[::1]x",
            "https://a:b:80", "https://::1", "https://[h]:1", "https://h /x", "https://h\r\nx: y", "https://h/a b",
            "https://h/\u{e4}", "https://\u{e4}",
        ])
    func noBaseURL(text: String) {
        #expect(BaseURL(text) == nil)
    }

    @Test("Collectors have signals, a protocol, a certificate and a name of their own")
    func collectors() throws {
        let read = try snapshot(
            complete + """
                telemetry:
                  otlp:
                    - {endpoint: "http://a:4318"}
                    - name: far
                      endpoint: "https://b"
                      signals: [traces, logs]
                      protocol: grpc
                      compression: none
                      timeout: 3s
                      tls: {ca: ca.pem, certificate: /c.pem, key: /k.pem}
                  spool: {max_size: 2MiB, max_age: 1h}
                """)
        let plain = read.telemetry.collectors[0], far = read.telemetry.collectors[1]
        #expect(plain.signals == [.traces, .metrics, .logs] && plain.wire == .http && plain.compression == .auto)
        #expect(plain.name == nil && plain.timeout == 10_000_000_000 && plain.authorityFile == nil)
        #expect(far.name == "far" && far.signals == [.traces, .logs] && far.wire == .grpc && far.compression == .none)
        #expect(far.timeout == 3_000_000_000 && far.authorityFile?.hasSuffix("/ca.pem") == true)
        #expect(far.identity?.certificateFile == "/c.pem" && far.identity?.keyFile == "/k.pem")
        #expect(read.telemetry.spool == SpoolSetting(maximumSize: 2_097_152, maximumAge: 3_600_000_000_000))
        #expect(try snapshot(complete + "telemetry: {spool: {enabled: false}}").telemetry.spool == nil)
        #expect(try snapshot(complete + "telemetry: {spool: {enabled: true}}").telemetry.spool == SpoolSetting())
    }

    @Test(
        "What makes no sense of a collector or the spool is refused",
        arguments: [
            "{otlp: {endpoint: \"http://a\", signals: [spans]}}", "{otlp: {endpoint: \"http://a\", signals: []}}",
            "{otlp: {endpoint: \"http://a\", protocol: http/json}}", "{otlp: {endpoint: \"http://a\", name: ../x}}",
            "{otlp: {endpoint: \"http://a\", tls: {ca: x}}}", "{otlp: {endpoint: \"https://a\", tls: {key: x}}}",
            "{otlp: [{endpoint: \"http://a\", name: x}, {endpoint: \"http://b\", name: x}]}",
            "{spool: {enabled: false, max_size: 1MiB}}", "{spool: {max_size: 1}}", "{spool: {enabled: no way}}",
        ])
    func badCollectors(telemetry: String) {
        #expect(problems(with: "telemetry: \(telemetry)").count == 1, "\(problems(with: "telemetry: \(telemetry)"))")
    }

    @Test("What cannot be sent in a header is refused")
    func headers() {
        #expect(problems(with: "telemetry: {otlp: [{endpoint: \"http://a\", headers: {\"a b\": c}}]}").count == 1)
        #expect(problems(with: "telemetry: {otlp: [{endpoint: \"http://a\", headers: {a: \"${BROKEN}\"}}]}").count == 1)
        #expect(problems(with: "credentials: {keys: [{key: \"${BROKEN}\"}]}").count == 1)
        #expect(problems(with: "credentials: {keys: [{key: seven77}]}").first?.contains("shorter than 8") == true)
        let long = String(repeating: "a", count: 128)
        #expect(problems(with: "credentials: {keys: [{key: canary-key-9, user: \(long), team: \(long)}]}").isEmpty)
        for name in ["user: \(long)b", "team: \(long)b", "virtual_account: \(long)", #"user: "a\nb""#] {
            let said = problems(with: "credentials: {keys: [{key: canary-key-9, \(name)}]}")
            #expect(said.count == 1 && said[0].contains("a name has at most 1"), "\(said)")
        }
        let said = problems(
            "providers: [{name: m, kind: anthropic, api_key: \"a b\"}]\nmodels: [{name: a, target: m/a}]")
        #expect(said.count == 1)
    }

    @Test("Where models lead must make sense")
    func models() {
        func said(_ name: String, _ target: String) -> [String] {
            problems("providers: [{name: m, kind: mock}]\nmodels: [{name: \"\(name)\", target: \"\(target)\"}]")
        }
        #expect(said("a*", "m/b*").isEmpty && said("*", "m/*").isEmpty && said("a*", "m/b").isEmpty)
        for (name, target) in [
            ("a*b", "m/x"), ("**", "m/x"), ("a", "m/x*"), ("a*", "m/x*y"), ("a", "m"), ("a", "m/"), ("a", "/x"),
            ("a", "n/x"),
            ("", "m/x"), ("a", ""),
        ] {
            #expect(said(name, target).count == 1, "\(name) \(target)")
        }
        for name in ["", "a/b", "a*", "a b"] {
            #expect(!problems("providers: [{name: \"\(name)\", kind: mock}]\nmodels: [{name: a, target: x/b}]").isEmpty)
        }
    }
}

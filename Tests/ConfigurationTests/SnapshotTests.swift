import Testing

@testable import Configuration

@Suite struct SnapshotTests {
    private let sources = ValueSources(
        environment: { ["KEY": "sk-secret-canary", "EMPTY": ""][$0] },
        file: { path in
            switch path {
            case "/run/secret": .success("from-file-canary")
            case "/etc/tollgate/prices.txt": .success("claude-new - - 1 2 3 4 0.5\nclaude-opus-5 - - 9 9 9 9 9")
            case "/etc/tollgate/broken.txt": .success("\nclaude-new - - 1 2 x 4 0.5")
            default: .failure(.init("the file \(path) cannot be read: No such file or directory"))
            }
        })

    private func parse(_ text: String) throws -> Snapshot {
        try Snapshot.parse(text, file: "t.yaml", directory: "/etc/tollgate", sources: sources)
    }

    /// All problems, as they are printed.
    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try Snapshot.parse(text, file: "t.yaml", directory: "/etc/tollgate", sources: sources)
            return []
        } catch {
            return error.problems.map { "\($0)" }
        }
    }

    private let provider = "providers: [{name: main, kind: anthropic, api_key: \"${KEY}\"}]\n"

    @Test("What is not set has its default")
    func defaults() throws {
        let snapshot = try parse(provider)
        #expect(snapshot.listen == [ListenSetting("127.0.0.1:4100")].compactMap { $0 })
        #expect(snapshot.dataPath == "/etc/tollgate/tollgate-data")
        #expect(snapshot.limits == LimitSettings())
        #expect(snapshot.logs == LogSettings())
        #expect(snapshot.providers[0].baseURL.host == "api.anthropic.com")
        #expect(snapshot.providers[0].timeouts == UpstreamTimeouts())
        #expect(snapshot.warnings.isEmpty)
    }

    @Test("Each setting arrives where it belongs")
    func settings() throws {
        let snapshot = try parse(
            provider + """
                listen: ["0.0.0.0:80", "[::1]:4100"]
                data: /var/lib/tollgate
                models: [{name: "claude-*", target: "main/claude-*"}, {name: fast, target: main/claude-haiku-5-5, display_name: Fast}]
                credentials: {keys: [{key: "${file:/run/secret}", user: alice, team: platform, metadata: {project: p}}]}
                limits: {head_bytes: 16KiB, body_bytes: 4MiB, connections: 7, header_timeout: 1s, drain_timeout: 2m, ping_interval: 500ms}
                logs: {level: debug, access: errors}
                telemetry: {otlp: [{endpoint: "http://c:4318", headers: {x-a: b}}], service_name: s, sampling_ratio: 0.5}
                """)
        #expect(snapshot.listen.map(\.port) == [80, 4100])
        #expect(snapshot.dataPath == "/var/lib/tollgate")
        #expect(snapshot.keys[0].user == "alice" && snapshot.keys[0].metadata == ["project": "p"])
        #expect(snapshot.keys[0].key.withBytes { String(decoding: $0, as: UTF8.self) } == "from-file-canary")
        #expect(snapshot.limits.headBytes == 16_384 && snapshot.limits.bodyBytes == 4 << 20)
        #expect(snapshot.limits.drainTimeout == 120_000_000_000 && snapshot.limits.pingInterval == 500_000_000)
        #expect(snapshot.logs == LogSettings(level: .debug, access: .errors))
        #expect(snapshot.telemetry.samplingRatio == 0.5)
        // Port 80 on every address, in the clear.
        #expect(snapshot.warnings.count == 1)
    }

    @Test(
        "Each mistake is named with its place and its cure",
        arguments: [
            ("lisen: x", "t.yaml:2:1: lisen: unknown setting; did you mean listen?"),
            ("listen: localhost:x", "t.yaml:2:9: listen: `localhost:x` is not ADDRESS:PORT"),
            ("limits: {body_bytes: many}", "limits.body_bytes: `many` is not a size"),
            ("limits: {head_bytes: 1MiB}", "limits.head_bytes: `1MiB` is not a size"),
            ("limits: {idle_timeout: 0s}", "limits.idle_timeout: `0s` is not a duration"),
            ("logs: {level: loud}", "`loud` is not one of debug, info, warning, error"),
            ("logs: [a]", "logs: must be a group of settings, found a list"),
            ("data: {a: b}", "data: must be a single value, found a group of settings"),
            ("data: ${MISSING}", "the environment variable MISSING is not set"),
            ("data: ${KEY", "is not closed by `}`"),
            ("data: a\ndata: b", "data stands here twice; it was first set in line 2"),
            ("data: &x a", "anchors, aliases and tags are not taken"),
            ("data: *x", "anchors, aliases and tags are not taken"),
            ("models: [{name: m, target: mian/x}]", "there is no provider named `mian`; did you mean main?"),
            ("models: [{name: m, target: main}]", "`main` is not ACCOUNT/MODEL"),
            ("models: [{name: m, target: main/x-*}]", "may end in `*` only if the name does"),
            ("models: [{name: \"a*b\", target: main/x}]", "may have one `*`, at its end"),
            ("credentials: {keys: [{key: short}]}", "is shorter than 8 characters"),
            ("prices: broken.txt", "/etc/tollgate/broken.txt:2: `x` is not a price"),
            ("prices: nowhere.txt", "the file /etc/tollgate/nowhere.txt cannot be read"),
            ("tls: {certificate: c}", "tls.key: is missing"),
            ("telemetry: {otlp: [{endpoint: c:4318}]}", "`c:4318` is not an http(s) URL"),
            ("telemetry: {sampling_ratio: 2}", "`2` is not a number from 0 to 1"),
            ("a: [", "this is not YAML"),
        ])
    func mistakes(text: String, expected: String) {
        #expect(problems(provider + text).contains { $0.contains(expected) }, "\(problems(provider + text))")
    }

    @Test("All problems are told at once, and none shows a secret")
    func allAtOnce() {
        let found = problems(
            """
            listen: nowhere
            providers: [{name: a/b, kind: anthropic, api_key: "${KEY}", base_url: "${KEY}"}, {kind: gpt}]
            modls: []
            """)
        #expect(found.count >= 5)
        #expect(!found.contains { $0.contains("api_key") && $0.contains("canary") })
        #expect(problems("").contains { $0.contains("providers: is missing") })
    }

    @Test("A secret cannot be seen")
    func secret() {
        let secret = Secret("sk-canary")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: secret), dumped, "\([secret])"] {
            #expect(!text.contains("canary"))
        }
        #expect(secret.isSame(as: Secret("sk-canary")) && !secret.isSame(as: Secret("sk")))
    }

    @Test("Prices of a file come before the built-in ones")
    func prices() throws {
        let table = try parse(provider + "prices: prices.txt").prices
        #expect(table.price(of: "claude-new", at: 0)?.tokens.input == 1_000_000)
        #expect(table.price(of: "claude-opus-5-20260101", at: 0)?.version == "prices.txt/claude-opus-5")
        #expect(table.price(of: "claude-opus-5-9", at: 0) == nil)
        #expect(PriceTable.builtIn.price(of: "claude-sonnet-4-5-20250929", at: 0)?.tokens.cacheRead == 300_000)
    }

    @Test("An exact name beats a pattern, a longer pattern a shorter one, and account/model always works")
    func catalog() throws {
        let catalog = try parse(
            """
            providers: [{name: a, kind: mock}, {name: b, kind: mock}]
            models:
              - {name: "claude-*", target: "a/claude-*"}
              - {name: "claude-opus-*", target: b/big}
              - {name: claude-opus-5, target: a/exact}
            """
        ).catalog
        #expect(catalog.resolve("claude-haiku-5") == ResolvedModel(provider: 0, upstream: "claude-haiku-5"))
        #expect(catalog.resolve("claude-opus-4-8") == ResolvedModel(provider: 1, upstream: "big"))
        #expect(catalog.resolve("claude-opus-5") == ResolvedModel(provider: 0, upstream: "exact"))
        #expect(catalog.resolve("b/any/thing") == ResolvedModel(provider: 1, upstream: "any/thing"))
        for name in ["gpt", "claude-", "c/x", "a/", ""] { #expect(catalog.resolve(name) == nil) }
        #expect(
            catalog.listed.contains { $0.id == "claude-sonnet-5-5" }
                && catalog.listed.contains { $0.id == "claude-opus-5" })
        #expect(Set(catalog.listed.map(\.id)).count == catalog.listed.count)
    }

    @Test(
        "Durations and sizes read as people write them",
        arguments: [("250ms", 250_000_000), ("1h30m", 5_400_000_000_000), ("30d", 2_592_000_000_000_000)])
    func durations(text: String, expected: Int64) {
        #expect(DurationText.parse(text) == expected)
        for wrong in ["", "5", "s", "-1s", "1w", "1.5s", "99999999999999d"] {
            #expect(DurationText.parse(wrong) == nil)
        }
        #expect(SizeText.parse("4MiB") == 4 << 20 && SizeText.parse("10") == 10 && SizeText.parse("1TB") == nil)
    }

    @Test("Addresses and URLs are read strictly")
    func addresses() {
        #expect(ListenSetting("[::1]:4100")?.host == "::1")
        for wrong in ["4100", "::1:4100", ":4100", "a:70000"] { #expect(ListenSetting(wrong) == nil) }
        let url = BaseURL("https://gw.example:8443/anthropic/")
        #expect(url?.port == 8443 && url?.prefix == "/anthropic" && url?.authority == "gw.example:8443")
        for wrong in ["ftp://x", "http://", "http://u@h", "http://h?q", "h:80", "http://h:0"] {
            #expect(BaseURL(wrong) == nil)
        }
    }

    @Test("Money shows every nano-dollar")
    func money() {
        #expect(NanoUSD(1_220_000).description == "$0.001220000")
        #expect(NanoUSD(-1_000_000_001).description == "-$1.000000001")
    }
}

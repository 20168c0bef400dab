import Glibc
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
        complete + "telemetry: {metrics: {qqqqqqqqqqqqqqqq: 1}}",
        complete + "telemetry: {metrics: {prometheus: {qqqqqqqqqqqqqqqq: 1}}}",
        complete + "telemetry: {otlp: {endpoint: \"http://a\", qqqqqqqqqqqqqqqq: 1}}",
        complete + "telemetry: {otlp: {endpoint: \"https://a\", tls: {qqqqqqqqqqqqqqqq: 1}}}",
        complete + "telemetry: {spool: {qqqqqqqqqqqqqqqq: 1}}",
        "providers: {name: m, kind: anthropic, qqqqqqqqqqqqqqqq: 1}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: anthropic, timeouts: {qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: openai, api_key: abc, betas: {qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: openai, api_key: abc, models: [{name: b, qqqqqqqqqqqqqqqq: 1}]}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: azure, base_url: \"http://a\", entra: {tenant_id: a, client_id: b, client_secret: c, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: bedrock, region: us-east-1, aws: {access_key_id: a, secret_access_key: b, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: bedrock, region: us-east-1, aws: {role_arn: a, web_identity_token_file: b, qqqqqqqqqqqqqqqq: 1}}\nmodels: {name: a, target: m/a}",
        "providers: {name: m, kind: mock}\nmodels: {name: a, target: m/a, qqqqqqqqqqqqqqqq: 1}",
    ]

    /// Virtual models, issuers and rules: what stands in place of `_`.
    private static let ruled = [
        "models: {name: v, routing_config: {type: priority-based-routing, load_balance_targets: [{target: m/a}], _}}",
        "models: {name: v, routing_config: {type: priority-based-routing, load_balance_targets: [{target: m/a, _}]}}",
        "models: {name: v, routing_config: {type: priority-based-routing, sticky_routing: {_}, load_balance_targets: [{target: m/a}]}}",
        "models: {name: v, routing_config: {type: priority-based-routing, circuit_breaker: {_}, load_balance_targets: [{target: m/a}]}}",
        "models: {name: v, routing_config: {type: priority-based-routing, load_balance_targets: [{target: m/a, retry_config: {_}}]}}",
        "models: {name: v, routing_config: {type: priority-based-routing, load_balance_targets: [{target: m/a, headers_override: {_}}]}}",
        "models: {name: v, routing_config: {type: latency-based-routing, load_balance_targets: [{target: m/a, sla_cutoff: {time_per_output_token_ms: 5, _}}]}}",
        "models: {name: v, target: m/a}\ncredentials: {jwt: {issuer: a, audience: b, jwks: c, _}}",
        "models: {name: v, target: m/a}\ncredentials: {jwt: {issuer: a, audience: b, jwks: c, claims: {_}}}",
        "models: {name: v, target: m/a}\ntls: {certificate: a, key: b, client_ca: c}\ncredentials: {client_certificates: {match: {dns: c}, _}}",
        "models: {name: v, target: m/a}\ntls: {certificate: a, key: b, client_ca: c}\ncredentials: {client_certificates: {match: {dns: c, _}}}",
        "models: {name: v, target: m/a}\naccess: {id: a, deny: {models: v}, _}",
        "models: {name: v, target: m/a}\naccess: {id: a, deny: {models: v, _}}",
        "models: {name: v, target: m/a}\nbudgets: {id: a, limit_to: 1, unit: cost_total, _}",
        "models: {name: v, target: m/a}\nbudgets: {id: a, limit_to: 1, unit: tokens_total, when: {_}}",
        "models: {name: v, target: m/a}\nbudgets: {id: a, limit_to: 1, unit: tokens_total, alerts: {_}}",
        "models: {name: v, target: m/a}\nrate_limits: {id: a, limit_to: 1, unit: requests_per_day, _}",
        "models: {name: v, target: m/a}\nrunaway: {id: a, same_tool_calls: 5, _}",
        "models: {name: v, target: m/a}\nmetadata: {_}",
    ].map { text in
        let parts = text.split(separator: "_}", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return "providers: {name: m, kind: mock}\n\(parts[0])qqqqqqqqqqqqqqqq: 1}\(parts[1])"
    }

    @Test("Every setting that is read stands there", arguments: groups + ruled)
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
            ("body_room", limits.bodyRoom),
        ] {
            #expect(document.contains("| `\(name)` | \(value) |"), "\(name)")
        }
        for (name, value) in [
            ("header_timeout", limits.headerTimeout), ("body_timeout", limits.bodyTimeout),
            ("idle_timeout", limits.idleTimeout), ("body_room_timeout", limits.bodyRoomTimeout),
            ("ping_interval", limits.pingInterval), ("drain_timeout", limits.drainTimeout),
        ] {
            #expect(document.contains("| `\(name)` | `\(value / 1_000_000_000)s` |"), "\(name)")
        }
        let logs = LogSettings()
        #expect(document.contains("| `level` | `\(logs.level.rawValue)` |"))
        #expect(document.contains("| `access` | `\(logs.access.rawValue)` |"))
    }

    @Test("Every default of rules and virtual models stands there")
    func ruleDefaults() throws {
        let document = try Self.document(), routing = RoutingSetting(), second: Int64 = 1_000_000_000
        let target = TargetSetting(account: "", upstream: "")
        let codes = target.fallbackStatusCodes.map { "\($0)" }.joined(separator: ", ")
        let rate = RateRule(id: "", limit: 1, measure: .concurrent, unit: "")
        for row in [
            "| `by` | `\(routing.sticky.rawValue)` |", "| `ttl` | `\(routing.stickyTime / second / 3_600)h` |",
            "| `failures` | \(routing.breaker.failures) |", "| `open_for` | `\(routing.breaker.openFor / second)s` |",
            "| `weight` | \(target.weight) |", "| `priority` | \(target.priority) |",
            "| `fallback_status_codes` | \(codes) |", "default `\(target.retry.delay / 1_000_000)ms`, doubled",
            "| `queue_timeout` | `\(rate.queueTimeout / second)s` |", "| `max_queue` | \(rate.maximumQueue) |",
            "| `context_tokens` | \(RunawayRule(id: "").contextTokens / 1_000)k |",
            "default \(AlertSetting().thresholds.map { "\($0)" }.joined(separator: " and "));",
        ] { #expect(document.contains(row), "\(row)") }
    }

    @Test("Every unit, dimension and way to route stands there, and what the rules' example says is understood")
    func words() throws {
        let document = try Self.document()
        for name in RoutingStrategy.allCases.map(\.rawValue) + StickyKey.allCases.map(\.rawValue) + ScopeDimension.names
            + CertificateField.allCases.map(\.rawValue) + TokenAlgorithm.allCases.map(\.rawValue)
        { #expect(document.contains("`\(name)`"), "\(name)") }
        for text in ["budgets", "rate_limits"] {
            let said = problems(with: "\(text): {id: a, limit_to: 1, unit: qqqqqqqqqqqqqq}")
            let names = try #require(said.first?.split(separator: "known are ").last).split(separator: ", ")
            #expect(names.count > 5)
            for name in names { #expect(document.contains("`\(name)`"), "\(name)") }
        }
    }

    @Test("The examples have no mistakes")
    func examples() throws {
        let blocks = try Self.document().split(separator: "```yaml\n").dropFirst()
            .compactMap { $0.split(separator: "```").first.map(String.init) }
        let providers = ["anthropic", "bedrock", "openai", "local"].map { "{name: \($0), kind: mock}" }
        let accounts = "providers: [\(providers.joined(separator: ", "))]\n"
        let models = "models: [{name: \"claude-*\", target: \"anthropic/claude-*\"}]\n"
        let virtual = try #require(blocks.first { $0.contains("routing_config") })
        #expect(try snapshot(accounts + virtual).virtualModels.count == 4)
        let rules = try #require(blocks.first { $0.contains("budgets:") })
        let isInstalled = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0
        let zoned = isInstalled ? rules : rules.split(separator: "\n").dropFirst().joined(separator: "\n")
        let read = try snapshot(accounts + models + zoned)
        #expect(read.rules.budgets.count == 4 && read.rules.rates.count == 2 && read.warnings.isEmpty)
        let credentials = try #require(blocks.first { $0.contains("jwt:") })
            .split(separator: "\n").map { $0.replacing("${BOOTSTRAP_KEY}", with: "long-key-1") }
            .map { $0.replacing("${CI_KEY}", with: "long-key-2") }.joined(separator: "\n")
        let tls = "tls: {certificate: c, key: k, client_ca: a}\n"
        #expect(try snapshot(accounts + models + tls + credentials).tokenIssuers.count == 1)
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

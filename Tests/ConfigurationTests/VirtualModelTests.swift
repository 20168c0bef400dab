import Testing

@testable import Configuration

@Suite("A name behind which several models stand")
struct VirtualModelTests {
    private static let second: Int64 = 1_000_000_000

    /// The first line; `models` begin in the second.
    private static let providers =
        "providers: [{name: claude, kind: anthropic, api_key: k}, {name: bedrock, kind: mock}, {name: gpt, kind: openai, api_key: k}]\n"

    private func read(_ models: String) throws -> Snapshot { try snapshot(Self.providers + models) }

    /// What is said of one target's settings.
    private func said(_ target: String, type: String = "priority-based-routing") -> [String] {
        problems(
            Self.providers
                + "models: [{name: v, routing_config: {type: \(type), load_balance_targets: [{target: claude/a}, {\(target)}]}}]"
        )
    }

    @Test("A target for some callers; the same model twice is fine if it is for others")
    func conditional() throws {
        let snapshot = try read(
            """
            models:
              - name: v
                routing_config:
                  type: priority-based-routing
                  load_balance_targets:
                    - {target: gpt/y, priority: 0, when: {metadata: {environment: dev}, not: {groups: [senior]}}}
                    - {target: gpt/y, priority: 1}
            """)
        let targets = try #require(snapshot.virtualModel(named: "v")).routing.targets
        #expect(targets[0].when.metadata == ["environment": [Glob("dev")]])
        #expect(targets[0].when.not.first?.groups == [Glob("senior")])
        #expect(targets[1].when == RuleMatch())
        #expect(
            said("target: gpt/y, when: {models: [a]}").contains {
                $0.contains("when.models: has no effect here; a target is one model of one provider")
            })
    }

    @Test("Anthropic, then Bedrock, then OpenAI; fast mode and its stripped twin")
    func seeds() throws {
        let snapshot = try read(
            """
            models:
              - {name: "claude-*", target: "claude/claude-*"}
              - name: acme/opus
                display_name: Opus
                routing_config:
                  type: priority-based-routing
                  sticky_routing: {by: user, ttl: 2h}
                  circuit_breaker: {failures: 3, open_for: 10s}
                  load_balance_targets:
                    - target: claude/claude-opus-5-5
                      priority: 0
                      fallback_status_codes: ["429", 500]
                      retry_config: {attempts: 2, delay: 100, on_status_codes: ["503"]}
                      override_params: {speed: fast, thinking: {type: enabled, budget_tokens: 2048}, list: [1, -2.5e3, true, null, "1", 2026-02-01]}
                      headers_override: {set: {anthropic-beta: fast-mode-2026-02-01}, remove: [x-internal-debug]}
                      first_byte_timeout: 20s
                    - {target: bedrock/claude-opus-5-5, priority: 1, strip_params: [speed], fallback_candidate: true}
                    - {target: gpt/gpt-5.5, priority: 2, fallback_candidate: false}
              - {name: after, target: claude/x}
            """)
        let model = try #require(snapshot.virtualModel(named: "acme/opus"))
        #expect(model.displayName == "Opus" && model.routing.strategy == .priority)
        #expect(model.routing.sticky == .user && model.routing.stickyTime == 7_200 * Self.second)
        #expect(model.routing.breaker.failures == 3 && model.routing.breaker.openFor == 10 * Self.second)
        let targets = model.routing.targets
        #expect(targets.map(\.account) == ["claude", "bedrock", "gpt"] && targets.map(\.provider) == [0, 1, 2])
        #expect(targets.map(\.priority) == [0, 1, 2] && targets.map(\.isFallbackCandidate) == [true, true, false])
        #expect(targets[0].fallbackStatusCodes == [429, 500])
        #expect(targets[1].fallbackStatusCodes == [401, 403, 404, 408, 429, 500, 502, 503, 504, 529])
        #expect(targets[0].retry.attempts == 2 && targets[0].retry.delay == 100_000_000)
        #expect(targets[0].retry.statusCodes == [503])
        #expect(
            targets[0].overrideParameters.map { "\($0.name)=\(String(decoding: $0.json, as: UTF8.self))" } == [
                #"list=[1,-2.5e3,true,null,"1","2026-02-01"]"#, #"speed="fast""#,
                #"thinking={"type":"enabled","budget_tokens":2048}"#,
            ])
        #expect(targets[0].setHeaders.map(\.name) == ["anthropic-beta"])
        #expect(targets[0].setHeaders.first?.value.isSame(as: Secret("fast-mode-2026-02-01")) == true)
        #expect(targets[0].removeHeaders == ["x-internal-debug"] && targets[1].stripParameters == ["speed"])
        #expect(targets[0].firstByteTimeout == 20 * Self.second)
        #expect(targets[1].firstByteTimeout == nil)
    }

    @Test("It is listed where it stands, and the catalog leaves it alone")
    func catalog() throws {
        let snapshot = try read(
            """
            models:
              - {name: first, target: claude/x}
              - {name: bedrock/own, routing_config: {type: latency-based-routing, load_balance_targets: {target: gpt/y}}}
              - {name: "claude-*", target: "claude/claude-*"}
              - {name: claude-opus-5-5, display_name: Canary, routing_config: {type: weight-based-routing, load_balance_targets: [{target: claude/claude-opus-5-5, weight: 90}, {target: gpt/y, weight: 10}]}}
            """)
        let listed = snapshot.catalog.listed.map(\.id)
        #expect(
            listed.first == "first" && listed.dropFirst().first == "bedrock/own" && listed.last == "claude-opus-5-5")
        #expect(Set(listed).count == listed.count)
        #expect(snapshot.catalog.listed.last?.displayName == "Canary")
        #expect(snapshot.catalog.resolve("claude-opus-5-5") == nil && snapshot.catalog.resolve("bedrock/own") == nil)
        #expect(snapshot.catalog.resolve("claude-haiku-5-5") != nil)
        #expect(snapshot.catalog.resolve("claude/claude-opus-5-5") != nil)
        #expect(snapshot.virtualModel(named: "first") == nil && snapshot.virtualModel(named: "nope") == nil)
        #expect(snapshot.virtualModels.map(\.routing.strategy) == [.latency, .weight])
        #expect(snapshot.virtualModel(named: "claude-opus-5-5")?.routing.targets.map(\.weight) == [90, 10])
        let defaults = try #require(snapshot.virtualModel(named: "bedrock/own")).routing
        #expect(defaults.sticky == .session && defaults.stickyTime == 3_600 * Self.second)
        #expect(defaults.breaker == BreakerSetting() && defaults.targets.first?.retry == RetrySetting())
        #expect(snapshot.models.map(\.name) == ["first", "claude-*"])
    }

    @Test("TrueFoundry's seconds, and nothing that sticks")
    func sticky() throws {
        func routing(_ sticky: String) throws -> RoutingSetting? {
            try read(
                "models: [{name: v, routing_config: {type: priority-based-routing, sticky_routing: \(sticky), load_balance_targets: [{target: gpt/y}]}}]"
            ).virtualModels.first?.routing
        }
        #expect(try routing("{ttl_seconds: 90}")?.stickyTime == 90 * Self.second)
        #expect(try routing("{by: key}")?.sticky == .key)
        #expect(try routing("{by: none}")?.sticky == StickyKey.none)
    }

    @Test(
        "What is wrong with a target",
        arguments: [
            ("target: claude/b, weight: 1", "weight: has no effect with priority-based-routing"),
            ("target: claude/b*", "target: `claude/b*` must not contain `*`: a target is one model"),
            ("target: v", "target: `v` has a routing_config itself; name the models that stand behind it"),
            ("target: claud/b", "target: there is no provider named `claud`; did you mean claude?"),
            ("target: b", "target: `b` is not PROVIDER/MODEL"),
            ("target: claude/a", "target: `claude/a` stands here twice with the same overrides; leave one out"),
            ("target: claude/b, priority: -1", "priority: `-1` is not a whole number from 0 to 1000"),
            (
                "target: claude/b, fallback_status_codes: [200]",
                "fallback_status_codes: `200` is not a status from 400 to 599"
            ),
            (
                "target: claude/b, fallback_status_codes: [429, \"429\"]",
                "fallback_status_codes: `429` stands here twice"
            ),
            ("target: claude/b, fallback_candidate: perhaps", "fallback_candidate: `perhaps` is not true or false"),
            (
                "target: claude/b, retry_config: {attempts: 0}",
                "retry_config.attempts: `0` is not a whole number from 1 to 10"
            ),
            (
                "target: claude/b, retry_config: {delay: 5}",
                "retry_config.delay: has no effect with one attempt; set attempts to 2 or more"
            ),
            (
                "target: claude/b, retry_config: {attempts: 2, delay: soon}",
                "retry_config.delay: `soon` is not a number of milliseconds, or a duration, up to 60s"
            ),
            (
                "target: claude/b, retry_config: {attempts: 2, delay: 9223372036854775807}",
                "retry_config.delay: `9223372036854775807` is not"
            ),
            (
                "target: claude/b, retry_config: {attempts: 2, on_status_codes: [600]}",
                "retry_config.on_status_codes: `600` is not a status"
            ),
            (
                "target: claude/b, override_params: {model: x}",
                "override_params.model: must not be overridden: Tollgate and the client need what is there"
            ),
            ("target: claude/b, override_params: {messages: []}", "override_params.messages: must not be overridden"),
            ("target: claude/b, override_params: {stream: true}", "override_params.stream: must not be overridden"),
            (
                "target: claude/b, override_params: {a: yes}",
                "override_params.a: `yes` may be truth or text; write true or false, or quote it"
            ),
            (
                "target: claude/b, override_params: {a: [{b: \"${NOPE}\"}]}",
                "override_params.a: the environment variable NOPE is not set"
            ),
            (
                "target: claude/b, strip_params: [max_tokens]",
                "strip_params: `max_tokens` must not be taken out: no request goes without it"
            ),
            ("target: claude/b, strip_params: [stream]", "strip_params: `stream` must not be taken out"),
            ("target: claude/b, strip_params: [a, a]", "strip_params: `a` stands here twice"),
            (
                "target: claude/b, strip_params: [a], override_params: {a: 1}",
                "strip_params: `a` is set by override_params too; leave one of the two out"
            ),
            (
                "target: claude/b, headers_override: {set: {Content-Length: 5}}",
                "headers_override.set.Content-Length: is written by Tollgate itself; leave it out"
            ),
            (
                "target: claude/b, headers_override: {set: {x-api-key: canary}}",
                "headers_override.set.x-api-key: is a credential; set it at the provider, by `api_key` and `auth`"
            ),
            (
                "target: claude/b, headers_override: {remove: [Authorization]}",
                "headers_override.remove: is a credential"
            ),
            (
                "target: claude/b, headers_override: {remove: [host]}",
                "headers_override.remove: is written by Tollgate itself"
            ),
            (
                "target: claude/b, headers_override: {remove: [\"a b\"]}",
                "headers_override.remove: `a b` is not the name of a header"
            ),
            (
                "target: claude/b, headers_override: {set: {a: b}, remove: [A]}",
                "headers_override.remove: `A` stands here twice, or in `set` too"
            ),
            (
                "target: claude/b, headers_override: {set: {a: b, A: c}}",
                "headers_override.set.A: stands here twice: case does not count"
            ),
            (
                "target: claude/b, headers_override: {remove: [\"x-list: one\"]}",
                "headers_override.remove: `x-list: one`: single values can be removed of anthropic-beta only"
            ),
            (
                "target: claude/b, headers_override: {sets: {a: b}}",
                "headers_override.sets: unknown setting; did you mean set?"
            ),
            ("target: claude/b, first_byte_timeout: 0s", "first_byte_timeout: `0s` is not a duration"),
            (
                "target: claude/b, sla_cutoff: {time_per_output_token_ms: 50}",
                "sla_cutoff: has no effect with priority-based-routing"
            ),
            ("priority: 1", "target: is missing; write for example `target: anthropic/claude-opus-5-5`"),
            ("target: claude/b, weigth: 1", "weigth: unknown setting; did you mean weight?"),
        ])
    func targets(target: String, expected: String) {
        let said = said(target)
        #expect(
            said.contains { $0.hasPrefix("t.yaml:2:") && $0.contains("load_balance_targets[1].\(expected)") }, "\(said)"
        )
        #expect(said.count == 1, "\(said)")
        #expect(!said.joined().contains("canary"))
    }

    @Test("The same model twice, once in fast mode, is two targets")
    func twins() {
        #expect(said("target: claude/a, override_params: {speed: fast}").isEmpty)
        #expect(said("target: claude/a, headers_override: {set: {a: b}}").isEmpty)
        #expect(said("target: claude/a, strip_params: [speed]").isEmpty)
        #expect(said("target: claude/a, priority: 1").count == 1)
    }

    @Test("A cutoff is for the fastest: elsewhere nothing would come of it")
    func cutoff() throws {
        func model(_ cutoff: String) -> String {
            "models: [{name: v, routing_config: {type: latency-based-routing, load_balance_targets: [{target: gpt/a}, {target: claude/b, sla_cutoff: \(cutoff)}]}}]"
        }
        let snapshot = try read(model("{time_per_output_token_ms: 50.5}"))
        let targets = try #require(snapshot.virtualModel(named: "v")).routing.targets
        #expect(targets.map(\.slowTokenTime) == [nil, 50_500_000])
        for (cutoff, expected) in [
            ("{}", "is missing"), ("{time_per_output_token_ms: 0}", "`0` is not a number of milliseconds above 0"),
        ] {
            let said = problems(Self.providers + model(cutoff))
            #expect(said.count == 1)
            #expect(said.first?.contains("sla_cutoff.time_per_output_token_ms: \(expected)") == true, "\(said)")
        }
        let weighted = said(
            "target: claude/b, sla_cutoff: {time_per_output_token_ms: 50}", type: "weight-based-routing")
        #expect(weighted.count == 1 && weighted.first?.contains("has no effect with weight-based-routing") == true)
    }

    @Test("Weights belong to shares, priorities to an order")
    func strategies() {
        #expect(said("target: claude/b, weight: 0", type: "weight-based-routing").isEmpty)
        #expect(said("target: claude/b, weight: 1000000", type: "weight-based-routing").isEmpty)
        #expect(said("target: claude/b, weight: 1000001", type: "weight-based-routing").count == 1)
        #expect(
            said("target: claude/b, priority: 1", type: "weight-based-routing").first?.contains(
                "priority: has no effect with weight-based-routing") == true)
        #expect(said("target: claude/b, priority: 1, weight: 1", type: "latency-based-routing").count == 2)
        #expect(
            said("target: claude/b", type: "random").first?.contains(
                "routing_config.type: `random` is not one of weight-based-routing, priority-based-routing, latency-based-routing"
            )
                == true)
        let none = problems(
            Self.providers
                + "models: [{name: v, routing_config: {type: weight-based-routing, load_balance_targets: [{target: gpt/a, weight: 0}]}}]"
        )
        #expect(none.count == 1 && none.first?.contains("load_balance_targets: no target has a weight above 0") == true)
    }

    @Test(
        "What is wrong with a virtual model",
        arguments: [
            (
                "{name: \"v*\", routing_config: {type: priority-based-routing, load_balance_targets: [{target: gpt/a}]}}",
                "models[0].name: `v*` must not contain `*`: it has a routing_config"
            ),
            (
                "{name: v, target: gpt/a, routing_config: {type: priority-based-routing, load_balance_targets: [{target: gpt/a}]}}",
                "models[0].target: has no effect beside routing_config; leave one of the two out"
            ),
            (
                "{name: v, routing_config: {load_balance_targets: [{target: gpt/a}]}}",
                "models[0].routing_config.type: is missing; write for example `type: priority-based-routing`"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing}}",
                "models[0].routing_config.load_balance_targets: is missing; write for example `load_balance_targets: [{target: claude/b}]`"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing, load_balance_targets: []}}",
                "load_balance_targets: is missing"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing, sticky_routing: {by: none, ttl: 1h}, load_balance_targets: [{target: gpt/a}]}}",
                "sticky_routing.ttl: has no effect: nothing sticks"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing, sticky_routing: {ttl: 1h, ttl_seconds: 5}, load_balance_targets: [{target: gpt/a}]}}",
                "sticky_routing.ttl_seconds: has no effect beside ttl"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing, sticky_routing: {by: ip}, load_balance_targets: [{target: gpt/a}]}}",
                "sticky_routing.by: `ip` is not one of session, user, key, none"
            ),
            (
                "{name: v, routing_config: {type: priority-based-routing, circuit_breaker: {failures: 0}, load_balance_targets: [{target: gpt/a}]}}",
                "circuit_breaker.failures: `0` is not a whole number from 1 to 1000"
            ),
            ("{name: v}", "models[0].target: is missing; write for example `target: \"anthropic/claude-*\"`"),
            (
                "{name: v, target: gpt/a}, {name: v, routing_config: {type: priority-based-routing, load_balance_targets: [{target: gpt/a}]}}",
                "models[1].name: `v` is routed twice"
            ),
        ])
    func mistakes(model: String, expected: String) {
        let said = problems(Self.providers + "models: [\(model)]")
        #expect(said.count == 1 && said.first?.contains(expected) == true, "\(said)")
        #expect(said.first?.hasPrefix("t.yaml:2:") == true)
    }

    @Test("A provider's queue needs a limit that it waits for")
    func queue() throws {
        func said(_ settings: String) -> [String] {
            problems("providers: [{name: m, kind: anthropic, \(settings)}]\nmodels: [{name: a, target: m/a}]")
        }
        let read = try snapshot(
            "providers: [{name: m, kind: anthropic, max_concurrent_requests: 2, max_queued_requests: 3, queue_timeout: 4s}, {name: n, kind: anthropic, max_concurrent_requests: 2}]\nmodels: [{name: a, target: m/a}]"
        ).providers
        #expect(
            read.map(\.maximumQueuedRequests) == [3, 0]
                && read.map(\.queueTimeout) == [4 * Self.second, 10 * Self.second])
        var other = read[0]
        #expect(other.isSame(as: read[0]))
        other.maximumQueuedRequests = 4
        #expect(!other.isSame(as: read[0]))
        other = read[0]
        other.queueTimeout = 1
        #expect(!other.isSame(as: read[0]))
        #expect(
            said("max_queued_requests: 1").first?.contains(
                "max_queued_requests: has no effect: there is no max_concurrent_requests") == true)
        #expect(
            said("max_concurrent_requests: 1, queue_timeout: 1s").first?.contains(
                "queue_timeout: has no effect: there is no max_queued_requests") == true)
        #expect(said("max_concurrent_requests: 1, max_queued_requests: -1").count == 1)
    }
}

import Glibc
import Testing

@testable import Configuration

/// Three accounts, a virtual model, and what its rules may be about: five lines.
let governed = """
    providers: [{name: claude, kind: anthropic, api_key: k1}, {name: gpt, kind: openai, api_key: k2}, {name: local, kind: openai-compatible, base_url: "http://127.0.0.1:1/v1"}]
    models:
      - {name: "claude-*", target: "claude/claude-*"}
      - {name: house/qwen, target: local/qwen3-coder}
      - {name: acme/fast, routing_config: {type: priority-based-routing, load_balance_targets: [{target: claude/claude-opus-5-5}]}}

    """

func governedProblems(_ addition: String) -> [String] { problems(governed + addition) }

@Suite("Rules are read and held against each other")
struct RuleTests {
    private static let second: Int64 = 1_000_000_000

    @Test("The budgets of the seeds: seniors, everybody else, Opus for all")
    func budgets() throws {
        let rules = try snapshot(
            governed + """
                budgets:
                  - {id: seniors, when: {groups: [senior]}, limit_to: 50, unit: cost_per_day, budget_applies_per: [user]}
                  - {id: everyone, when: {not: {groups: senior}}, limit_to: 10.5, unit: cost_per_day, budget_applies_per: user, alerts: {thresholds: [50, 100], webhook: "https://h/p?t=1", headers: {x: y}}}
                  - {id: opus-org, when: {models: ["*opus*"]}, limit_to: 1000, unit: cost_per_month, on_exceed: warn}
                  - {id: run, limit_to: 2M, unit: tokens_total, budget_applies_per: [session, metadata.project], audit_mode: true}
                  - {id: tight, limit_to: 0.000000001, unit: cost_per_week, unpriced_reserve: 0.25, max_overshoot: 5}
                """
        ).rules
        #expect(rules.budgets.map(\.id) == ["seniors", "everyone", "opus-org", "run", "tight"])
        #expect(rules.budgets.map(\.limit) == [50_000_000_000, 10_500_000_000, 1_000_000_000_000, 2_000_000, 1])
        #expect(rules.budgets.map(\.window) == [.day, .day, .month, .total, .week])
        #expect(rules.budgets.map(\.measure) == [.cost, .cost, .cost, .tokens, .cost])
        #expect(rules.budgets.map(\.onExceed) == [.block, .block, .warn, .warn, .block])
        #expect(
            rules.budgets.map(\.unit)
                == ["cost_per_day", "cost_per_day", "cost_per_month", "tokens_total", "cost_per_week"])
        let (seniors, everyone, tight) = (rules.budgets[0], rules.budgets[1], rules.budgets[4])
        #expect(seniors.when.groups == [Glob("senior")] && seniors.appliesPer == [.user])
        #expect(seniors.alerts.thresholds == [75, 95] && seniors.alerts.webhook == nil)
        #expect(everyone.when.not.map(\.groups) == [[Glob("senior")]])
        #expect(everyone.alerts.thresholds == [50, 100] && everyone.alerts.webhook == BaseURL("https://h"))
        #expect(everyone.alerts.path == "/p?t=1" && everyone.alerts.headers.map(\.name) == ["x"])
        #expect(rules.budgets[3].appliesPer == [.session, .metadata("project")])
        #expect(tight.unpricedReserve == 250_000_000 && tight.maximumOvershoot == 5_000_000_000)
        #expect(rules.zone == .utc && !rules.isEmpty)
        #expect(rules.metadata == MetadataPolicy() && rules.metadata.isLocked("team"))
    }

    @Test("Limits, brakes and access")
    func others() throws {
        let rules = try snapshot(
            governed + """
                rate_limits:
                  - {id: ci-pipeline-limit, when: {models: ["gpt/gpt-4"], metadata: {environment: ci}}, limit_to: 500, unit: requests_per_day}
                  - {id: many, limit_to: 1.5M, unit: tokens_per_minute, rate_limit_applies_per: [team, virtualaccount], on_limit: queue, queue_timeout: 5s, max_queue: 7}
                  - {id: at-once, limit_to: 4, unit: concurrent_requests, rate_limit_applies_per: [key, model, provider]}
                runaway: [{id: loop, when: {teams: a}, same_tool_calls: 10, calls_without_edit: 50, context_tokens: 150k, on_exceed: warn}]
                access:
                  - {id: interns, when: {teams: [interns]}, allow: {models: "claude-*"}, deny: {models: ["*opus*"], providers: gpt}}
                metadata: {from_credential: [team, "cost-*"]}
                """
        ).rules
        let (pipeline, many) = (rules.rates[0], rules.rates[1])
        #expect(pipeline.when.metadata == ["environment": [Glob("ci")]])
        #expect(pipeline.measure == .requests(window: 86_400 * Self.second) && pipeline.limit == 500)
        #expect(pipeline.onLimit == .reject)
        #expect(many.measure == .tokens(window: 60 * Self.second) && many.limit == 1_500_000)
        #expect(many.onLimit == .queue && many.queueTimeout == 5 * Self.second && many.maximumQueue == 7)
        #expect(many.appliesPer == [.team, .virtualAccount] && rules.rates[2].appliesPer == [.key, .model, .provider])
        #expect(rules.rates[2].measure == .concurrent && rules.rates[2].unit == "concurrent_requests")
        let loop = try #require(rules.runaways.first)
        #expect(loop.sameToolCalls == 10 && loop.callsWithoutEdit == 50 && loop.contextTokens == 150_000)
        #expect(loop.onExceed == .warn && loop.when.teams == [Glob("a")])
        let access = try #require(rules.access.first)
        #expect(access.allow?.models == [Glob("claude-*")] && access.allow?.providers == [])
        #expect(access.deny?.models == [Glob("*opus*")] && access.deny?.providers == [Glob("gpt")])
        #expect(rules.metadata.isLocked("cost-centre") && !rules.metadata.isLocked("user"))
    }

    @Test("TrueFoundry's subjects say the same as lists of names")
    func subjects() throws {
        for (text, expected) in [
            ("[\"user:alice\", \"user:b*\"]", "users=alice,b*"), ("team:eng", "teams=eng"),
            ("[\"group:senior\"]", "groups=senior"),
            ("[\"virtualaccount:ci\", \"virtual-account:cd\"]", "virtual_accounts=cd,ci"), ("[\"*\"]", ""),
        ] {
            let rules = try snapshot(
                complete + "runaway: [{id: a, same_tool_calls: 3, when: {subjects: \(text)}}]"
            ).rules
            #expect(rules.runaways.first?.when.key == expected)
        }
        func said(_ text: String) -> [String] {
            problems(with: "runaway: [{id: a, same_tool_calls: 3, when: {\(text)}}]")
        }
        #expect(
            said("subjects: [\"user:a\", \"team:b\"]") == [
                "t.yaml:3:67: runaway[0].when.subjects: `team:b` is of another kind than those before it; write a rule for each kind"
            ])
        #expect(
            said("subjects: alice") == [
                "t.yaml:3:56: runaway[0].when.subjects: `alice` is not user:NAME, team:NAME, group:NAME, virtualaccount:NAME or *"
            ])
        #expect(said("subjects: \"user:\"").count == 1)
        #expect(
            said("subjects: \"user:a\", users: b").first?.contains("users: stands beside `subjects`") == true)
    }

    @Test("A wrong unit does not hide a wrong amount")
    func unitAndAmount() {
        let budget = problems(
            complete + "budgets: [{id: a, limit_to: x, unit: nonsense, unpriced_reserve: y, max_overshoot: 500k}]")
        #expect(budget.count == 3)
        #expect(budget.first?.hasSuffix("budgets[0].limit_to: `x` is not a number, such as 50, 0.25 or 500k") == true)
        #expect(budget.last?.contains("budgets[0].unpriced_reserve: `y` is not a number") == true)
        let rate = problems(complete + "rate_limits: [{id: a, limit_to: x, unit: nonsense}]")
        #expect(rate.count == 2 && rate.first?.contains("rate_limits[0].limit_to: `x` is not a whole number") == true)
    }

    @Test(
        "What is wrong with a budget",
        arguments: [
            (
                "{id: a, limit_to: 1, unit: cost_per_dya}",
                "7:32: budgets[0].unit: `cost_per_dya` is not a unit; did you mean cost_per_day?"
            ),
            (
                "{id: a, limit_to: 1, unit: nonsense}",
                "budgets[0].unit: `nonsense` is not a unit; known are cost_per_day, cost_per_week, cost_per_month, cost_total, tokens_per_day, tokens_per_week, tokens_per_month, tokens_total"
            ),
            (
                "{id: a, limit_to: 0, unit: cost_per_day}",
                "budgets[0].limit_to: `0` is not an amount of dollars above 0 and up to 1000000000, with at most 9 digits behind the point, such as 50 or 0.25"
            ),
            ("{id: a, limit_to: -1, unit: cost_per_day}", "budgets[0].limit_to: `-1` is not an amount"),
            (
                "{id: a, limit_to: 0.0000000001, unit: cost_per_day}",
                "budgets[0].limit_to: `0.0000000001` is not an amount"
            ),
            (
                "{id: a, limit_to: 1.5, unit: tokens_per_day}",
                "budgets[0].limit_to: `1.5` is not a number of tokens above 0 and up to 10^15, such as 250000, 500k or 2M"
            ),
            (
                "{id: a, limit_to: 1, unit: tokens_per_day, unpriced_reserve: 1}",
                "budgets[0].unpriced_reserve: has no effect: tokens have no price"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, on_exceed: warn, max_overshoot: 1}",
                "budgets[0].max_overshoot: has no effect: the rule does not hold anything back"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, on_exceed: stop}",
                "budgets[0].on_exceed: `stop` is not one of block, warn"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, on_exceed: warn, audit_mode: true}",
                "budgets[0].audit_mode: has no effect beside on_exceed"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, audit_mode: maybe}",
                "budgets[0].audit_mode: `maybe` is not true or false"
            ),
            ("{id: a, limit_to: 1}", "budgets[0].unit: is missing; write for example `unit: cost_per_day`"),
            ("{id: a, unit: cost_per_day}", "budgets[0].limit_to: is missing; write for example `limit_to: 10`"),
            ("{limit_to: 1, unit: cost_per_day}", "budgets[0].id: is missing; write for example `id: everyone-daily`"),
            (
                "{id: \"{user}-daily\", limit_to: 1, unit: cost_per_day}",
                "budgets[0].id: `{user}-daily` must be letters, digits, `-`, `_`, `.`, `:` and `/`, at most 100 of them"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, budget_applies_per: [usr]}",
                "budgets[0].budget_applies_per: `usr` is not one of user, team, key, virtualaccount, model, provider, session, metadata.NAME; did you mean user?"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, budget_applies_per: [metadata.]}",
                "budgets[0].budget_applies_per: `metadata.` is not one of"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, budget_applies_per: [user, user]}",
                "budgets[0].budget_applies_per: `user` stands here twice"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, budget_applies_per: [virtualaccount, virtual_account]}",
                "`virtual_account` stands here twice"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {thresholds: [0]}}",
                "budgets[0].alerts.thresholds: `0` is not a whole percentage from 1 to 100"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {thresholds: [101]}}",
                "`101` is not a whole percentage"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {thresholds: [95, 75]}}",
                "budgets[0].alerts.thresholds: `75` is not above 95, which stands before it"
            ),
            ("{id: a, limit_to: 1, unit: cost_per_day, alerts: {thresholds: [75, 75]}}", "`75` is not above 75"),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {headers: {a: b}}}",
                "budgets[0].alerts.headers: has no effect: there is no webhook"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {webhook: \"ftp://h/canary\"}}",
                "budgets[0].alerts.webhook: the value is not http(s)://HOST[:PORT]/PATH, without user and fragment"
            ),
            (
                "{id: a, limit_to: 1, unit: cost_per_day, alerts: {webhook: \"https://h/\", headers: {Host: b}}}",
                "budgets[0].alerts.headers.Host: is written by Tollgate itself; leave it out"
            ),
        ])
    func budgetMistakes(rule: String, expected: String) {
        let said = governedProblems("budgets:\n  - \(rule)\n")
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.hasPrefix("t.yaml:7:") == true && said.first?.contains(expected) == true, "\(said)")
        #expect(!said.joined().contains("canary"))
    }

    @Test(
        "What is wrong with a limit, a brake or an access rule",
        arguments: [
            (
                "rate_limits: [{id: a, limit_to: 1, unit: requests_per_dya}]",
                "rate_limits[0].unit: `requests_per_dya` is not a unit; did you mean requests_per_day?"
            ),
            (
                "rate_limits: [{id: a, limit_to: 1, unit: cost_per_day}]",
                "rate_limits[0].unit: `cost_per_day` is not a unit; known are requests_per_minute,"
            ),
            (
                "rate_limits: [{id: a, limit_to: 0, unit: concurrent_requests}]",
                "rate_limits[0].limit_to: `0` is not a whole number above 0 and up to 10^12, such as 500, 500k or 2M"
            ),
            (
                "rate_limits: [{id: a, limit_to: 1, unit: requests_per_day, queue_timeout: 1s}]",
                "rate_limits[0].queue_timeout: has no effect without `on_limit: queue`"
            ),
            (
                "rate_limits: [{id: a, limit_to: 1, unit: requests_per_day, on_limit: reject, max_queue: 1}]",
                "rate_limits[0].max_queue: has no effect without"
            ),
            (
                "rate_limits: [{id: a, limit_to: 1, unit: requests_per_day, on_limit: queue, max_queue: 0}]",
                "rate_limits[0].max_queue: `0` is not a whole number from 1 to 100000"
            ),
            (
                "runaway: [{id: a}]",
                "runaway[0]: stops nothing: set same_tool_calls, or calls_without_edit, such as `same_tool_calls: 10`"
            ),
            (
                "runaway: [{id: a, same_tool_calls: 1}]",
                "runaway[0].same_tool_calls: `1` is not a whole number from 2 to 10000"
            ),
            (
                "runaway: [{id: a, same_tool_calls: 5, context_tokens: 5}]",
                "runaway[0].context_tokens: has no effect without `calls_without_edit`"
            ),
            (
                "runaway: [{id: a, calls_without_edit: 5, context_tokens: x}]",
                "runaway[0].context_tokens: `x` is not a number of tokens from 1 to 100M, such as 100k"
            ),
            ("access: [{id: a}]", "access[0]: says nothing: set allow or deny, such as `deny: {models: [\"*opus*\"]}`"),
            (
                "access: [{id: a, allow: {}}]",
                "access[0].allow: names neither models nor providers; write for example `{models: [\"*\"]}` for all"
            ),
            (
                "access: [{id: a, when: {models: x}, deny: {models: \"*\"}}]",
                "access[0].when.models: has no effect here; name them in `allow` or `deny`"
            ),
            (
                "access: [{id: a, allow: {models: \"claude-opus-*\"}, deny: {models: \"*opus*\"}}]",
                "access[0].allow: has no effect: its own `deny` covers all of it, and deny wins"
            ),
            (
                "access: [{id: a, when: {teams: [x, y]}, allow: {models: [house/qwen]}}, {id: b, when: {teams: [y, x]}, deny: {models: \"*\"}}]",
                "access[0].allow: has no effect: the `deny` of `b` covers all of it, and deny wins"
            ),
            (
                "access: [{id: a, deny: {models: [claude-opus-5-5]}}, {id: a, deny: {providers: [gpt]}}]",
                "access[1].id: `a` is the id of access[0] too; refusals could not tell them apart"
            ),
            (
                "runaway: [{id: a, same_tool_calls: 5}]\naccess: [{id: a, deny: {providers: gpt}}]",
                "runaway[0].id: `a` is the id of access[0] too"
            ),
            (
                "access: [{id: a, deny: {providers: [gtp]}}]",
                "access[0].deny.providers: `gtp` is the name of no provider and can never match; did you mean gpt?"
            ),
            ("time_zone: ../x", "time_zone: `../x` is not the name of a time zone, such as Europe/Berlin"),
            (
                "metadata: {from_credentials: [a]}",
                "metadata.from_credentials: unknown setting; did you mean from_credential?"
            ),
        ])
    func otherMistakes(addition: String, expected: String) {
        let said = governedProblems(addition)
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.contains(expected) == true, "\(said)")
    }

    @Test("An unknown time zone is told with its line", .enabled(if: access("/usr/share/zoneinfo/zone.tab", R_OK) == 0))
    func zone() throws {
        #expect(
            problems(with: "time_zone: Europe/Berln")
                == ["t.yaml:3:12: time_zone: `Europe/Berln` is no known time zone; did you mean Europe/Berlin?"])
        let zone = try snapshot(complete + "time_zone: Asia/Kolkata").rules.zone
        #expect(zone.name == "Asia/Kolkata" && zone.offset(at: 1_700_000_000) == 19_800)
    }
}

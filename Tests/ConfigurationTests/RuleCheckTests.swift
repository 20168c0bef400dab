import Testing

@testable import Configuration

@Suite("Rules are held against the models that there are, and against each other")
struct RuleCheckTests {
    // MARK: Rules that can never match

    private func never(_ when: String) -> [String] {
        governedProblems("runaway: [{id: a, same_tool_calls: 5, when: {\(when)}}]")
    }

    @Test(
        "Names that lead nowhere are mistakes",
        arguments: [
            (
                "models: [claud-opus-5-5]",
                "`claud-opus-5-5` is no known model and can never match; did you mean claude-opus-5-5?"
            ),
            (
                "models: [nonsense]",
                "`nonsense` is no known model and can never match; write PROVIDER/MODEL for one that a provider has"
            ),
            ("models: [gtp/gpt-5.5]", "`gtp/gpt-5.5` is no known model and can never match; did you mean gpt/gpt-5.5?"),
            ("models: [\"azure/gpt-*\"]", "`azure/gpt-*` is no known model and can never match"),
            ("providers: [anthropic]", "`anthropic` is the name of no provider and can never match"),
            ("not: {models: [nonsense]}", "when.not.models: `nonsense` is no known model"),
        ])
    func unknownNames(when: String, expected: String) {
        let said = never(when)
        #expect(said.count == 1 && said.first?.contains(expected) == true, "\(said)")
    }

    @Test(
        "Names that lead somewhere are none",
        arguments: [
            "models: [claude-opus-99]", "models: [acme/fast]", "models: [\"acme/*\"]", "models: [house/qwen]",
            "models: [qwen3-coder]", "models: [local/anything]", "models: [\"loc*/x\"]", "models: [\"*/gpt-4\"]",
            "models: [gpt-5.5]", "models: [\"*opus*\"]", "models: [\"claude-next-*\"]", "models: [\"qwen*\"]",
            "providers: [\"*\"]", "providers: [cl*]", "users: [nobody-yet]", "models: [\"*\"]",
        ])
    func knownNames(when: String) throws {
        #expect(never(when).isEmpty)
        #expect(try snapshot(governed + "runaway: [{id: a, same_tool_calls: 5, when: {\(when)}}]").warnings.isEmpty)
    }

    @Test("A pattern that matches nothing known is doubtful")
    func doubtful() throws {
        #expect(
            try snapshot(governed + "runaway: [{id: a, same_tool_calls: 5, when: {models: [\"mistral-*\"]}}]").warnings
                == ["t.yaml:6:55: runaway[0].when.models: `mistral-*` matches no model that is known here"])
    }

    @Test("Names are not held against models that have mistakes themselves")
    func noFollowUps() {
        let said = problems(
            """
            providers: [{name: m, kind: anthropic, base_url: nonsense}]
            models: [{name: a, target: m/a}]
            runaway: [{id: a, same_tool_calls: 5, when: {models: [whatever]}}]
            """)
        #expect(said.count == 1, "\(said)")
    }

    @Test(
        "A rule that excludes all that it is about can never match",
        arguments: [
            "groups: [a], not: {groups: [a, b]}", "users: [alice], not: {users: [\"a*\"]}",
            "users: [\"al*\"], teams: [x], not: {users: [\"a*\"]}", "models: [\"*opus*\"], not: {models: [\"*\"]}",
            "not: {providers: [\"*\"]}", "metadata: {e: ci}, not: {metadata: {e: [\"c*\"]}}",
        ])
    func excluded(when: String) {
        let said = never(when)
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.contains("when.not: excludes everything that the rest of `when` is about") == true)
    }

    @Test(
        "A rule that excludes some of it can match",
        arguments: [
            "groups: [a], not: {groups: [b]}", "users: [\"a*\"], not: {users: [\"al*\"]}",
            "users: [alice], not: {users: [alice], teams: [x]}", "not: {groups: [\"*\"]}", "not: {users: [x]}",
        ])
    func notExcluded(when: String) { #expect(never(when).isEmpty) }

    @Test(
        "Lists that are empty are mistakes: they look like nobody",
        arguments: ["keys: []", "users: []", "metadata: {e: []}", "models: []", "not: {groups: []}", "subjects: []"])
    func emptyLists(when: String) {
        let said = never(when)
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.contains("is an empty list and can never match; leave it out for any") == true)
    }

    @Test("A tag without a value is a mistake")
    func emptyTag() {
        #expect(
            never("metadata: {e: }").first?.contains("when.metadata.e: has no value; write `\"*\"` for any") == true)
    }

    @Test("A `not` that is empty, or stands in another")
    func nots() {
        #expect(never("not: {}").first?.contains("when.not: is empty: it excludes everything; leave it out") == true)
        #expect(never("not: {users: a, not: {users: b}}").first?.contains("when.not.not: has no effect") == true)
        #expect(never("nope: 1").first?.contains("when.nope: unknown setting") == true)
    }

    // MARK: Rules beside each other

    private func pair(_ first: String, _ second: String) -> [String] {
        governedProblems("budgets:\n  - {id: a, \(first)}\n  - {id: b, \(second)}\n")
    }

    @Test("Of two rules that count the same the higher limit is pointless")
    func pointless() {
        let low = "limit_to: 10, unit: cost_per_day, when: {groups: [x, y]}, budget_applies_per: [user, team]"
        let high = "limit_to: 20, unit: cost_per_day, when: {groups: [y, x]}, budget_applies_per: [team, user]"
        #expect(
            pair(low, high) == [
                "t.yaml:8:5: budgets[1]: `b` never decides: `a` counts the same and is reached before it; leave one of the two out"
            ])
        #expect(pair(high, low).first?.hasPrefix("t.yaml:7:5: budgets[0]: `a` never decides: `b` counts") == true)
        #expect(pair(low, low).count == 1)
        #expect(pair(low + ", on_exceed: warn", high).isEmpty)
        #expect(pair(low, high + ", on_exceed: warn").count == 1)
        #expect(pair(low, high + ", max_overshoot: 1").count == 1)
        #expect(
            pair(low, "limit_to: 20, unit: cost_per_week, when: {groups: [x, y]}, budget_applies_per: [user, team]")
                .isEmpty)
        #expect(pair(low, "limit_to: 20, unit: cost_per_day, when: {groups: [x, y]}").isEmpty)
        let said = governedProblems(
            "rate_limits: [{id: a, limit_to: 1, unit: requests_per_day}, {id: b, limit_to: 2, unit: requests_per_day}, {id: c, limit_to: 2, unit: requests_per_hour}]"
        )
        #expect(said.count == 1 && said.first?.contains("rate_limits[1]: `b` never decides") == true, "\(said)")
    }

    @Test("A budget in dollars needs prices to count with, or something to reserve")
    func unpriced() throws {
        func said(_ models: String, _ more: String = "") -> [String] {
            governedProblems("budgets: [{id: a, limit_to: 1, unit: cost_per_day, when: {models: [\(models)]}\(more)}]")
        }
        for models in ["house/qwen", "\"local/*\"", "local/other", "house/qwen, \"local/q*\""] {
            #expect(
                said(models).first?.contains(
                    "budgets[0]: there is no price for any of its models to count with; set `unpriced_reserve`, or prices"
                )
                    == true, "\(models)")
            #expect(said(models, ", unpriced_reserve: 0.5").isEmpty)
        }
        #expect(said("house/qwen, \"claude-*\"").isEmpty && said("acme/fast").isEmpty && said("\"*\"").isEmpty)
        let all = "budgets: [{id: a, limit_to: 1, unit: cost_per_day"
        #expect(
            try snapshot(governed + all + "}]").warnings == [
                "t.yaml:6:11: budgets[0]: requests to local/qwen3-coder will be refused: there is no price to count with; set `unpriced_reserve`, or prices"
            ])
        #expect(try snapshot(governed + all + ", unpriced_reserve: 1}]").warnings.isEmpty)
        #expect(try snapshot(governed + all + ", on_exceed: warn}]").warnings.isEmpty)
        #expect(try snapshot(governed + all + ", when: {providers: [claude]}}]").warnings.isEmpty)
    }

    @Test("So many rules and no more")
    func tooMany() {
        func rules(_ count: Int) -> String {
            "budgets:\n"
                + (0..<count).map { "  - {id: r\($0), limit_to: 1, unit: tokens_per_day, when: {users: u\($0)}}\n" }
                .joined()
        }
        #expect(governedProblems(rules(64)).isEmpty)
        let said = governedProblems(rules(65))
        #expect(said.count == 1)
        #expect(
            said.first?.hasPrefix("t.yaml:71:5: budgets[64]: there are 65 budgets and rate limits; 64 are taken")
                == true)
    }

    @Test("An account for each value of a tag that requests choose themselves is doubtful")
    func tags() throws {
        func warnings(_ more: String, _ metadata: String = "") throws -> [String] {
            try snapshot(
                complete
                    + "budgets: [{id: a, limit_to: 1, unit: cost_per_day, budget_applies_per: [metadata.project]\(more)}]\n\(metadata)"
            ).warnings
        }
        let said = try warnings("")
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("t.yaml:3:11: budgets[0]: each request names its project itself") == true)
        #expect(try warnings(", on_exceed: warn").isEmpty)
        #expect(try warnings("", "metadata: {from_credential: [\"pro*\"]}").isEmpty)
    }

    @Test("So is a limit for each")
    func tagsOfLimits() throws {
        func warnings(_ per: String, _ metadata: String = "") throws -> [String] {
            try snapshot(
                complete
                    + "rate_limits: [{id: a, limit_to: 1, unit: requests_per_day, rate_limit_applies_per: [\(per)]}]\n\(metadata)"
            ).warnings
        }
        let said = try warnings("metadata.project")
        #expect(said.count == 1)
        #expect(
            said.first?.hasPrefix(
                "t.yaml:3:15: rate_limits[0]: each request names its project itself, and with another one has another limit"
            ) == true, "\(said)")
        #expect(try warnings("user").isEmpty)
        #expect(try warnings("metadata.project", "metadata: {from_credential: [project]}").isEmpty)
    }

    @Test("Alerts that go in the clear are warned of")
    func clear() throws {
        func warnings(_ url: String) throws -> [String] {
            try snapshot(
                complete + "budgets: [{id: a, limit_to: 1, unit: tokens_total, alerts: {webhook: \"\(url)\"}}]"
            ).warnings
        }
        #expect(try warnings("https://h/canary").isEmpty && warnings("http://127.0.0.1/canary").isEmpty)
        #expect(
            try warnings("http://h/canary") == ["t.yaml:3:70: budgets[0].alerts.webhook: alerts go to h in the clear"])
    }
}

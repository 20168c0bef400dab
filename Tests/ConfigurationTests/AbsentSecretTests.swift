import Testing

@testable import Configuration

@Suite("Who sends nothing needs no secrets")
struct AbsentSecretTests {
    private static let everywhere = """
        providers:
          - {name: a, kind: anthropic, api_key: "${A}", proxy: "http://u:${A}@proxy:3128", headers: {x-a: "Basic ${A}"}}
          - {name: b, kind: bedrock, region: us-east-1, aws: {access_key_id: "${A}", secret_access_key: "${A}", session_token: "${A}"}}
          - {name: c, kind: azure, base_url: "https://c.openai.azure.com/openai/v1", proxy: "${A}", entra: {tenant_id: "${A}", client_id: "${A}", client_secret: "${file:gone}"}, models: [{name: gpt, base_model: gpt-5.5}]}
          - {name: d, kind: openai, api_key: "${file:/gone}"}
        models: [{name: "claude-*", target: "a/claude-*"}]
        credentials:
          keys: [{key: "${A}", user: u}, {key: "${file:gone}", user: v}]
          jwt: [{issuer: "https://idp", audience: t, secret: "${A}"}]
        budgets: [{id: all, limit_to: 5, unit: cost_per_day, alerts: {webhook: "${A}", headers: {x-a: "${A}"}}}]
        telemetry:
          otlp: [{endpoint: "http://a:4318", headers: {x-a: "${A}"}}]
          metrics: {prometheus: {token: "${A}"}}
        """

    private func read(_ text: String, needsSecrets: Bool) throws(ConfigurationErrors) -> Snapshot {
        try Snapshot.parse(text, file: "t.yaml", directory: "/etc/tg", sources: sources, needsSecrets: needsSecrets)
    }

    private func problems(_ text: String, needsSecrets: Bool) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try read(text, needsSecrets: needsSecrets)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("Something stands in for a secret that is not to be had, wherever one may stand; nothing else changes")
    func everywhere() throws {
        let strict = problems(Self.everywhere, needsSecrets: true)
        #expect(
            strict.count == 18 && strict.allSatisfy { $0.contains("is not set") || $0.contains("cannot be read") })
        #expect(problems(Self.everywhere, needsSecrets: false) == [])
        let snapshot = try read(Self.everywhere, needsSecrets: false)
        #expect(snapshot.providers.map(\.name) == ["a", "b", "c", "d"] && snapshot.keys.map(\.user) == ["u", "v"])
        #expect(snapshot.providers.allSatisfy { if case .none = $0.credential { false } else { true } })
        #expect(snapshot.rules.budgets.map(\.id) == ["all"])
        #expect(snapshot.tokenIssuers.count == 1 && snapshot.telemetry.collectors.count == 1)
    }

    @Test("What is to be had is taken, and what a value falls back to")
    func present() throws {
        let text = """
            providers: [{name: main, kind: mock}]
            models: [{name: a, target: main/a}]
            credentials: {keys: [{key: "${TOKEN}"}, {key: "${GONE:-a-fallback}"}, {key: "${file:key}"}]}
            """
        let keys = try read(text, needsSecrets: false).keys
        let expected = ["canary-token-1", "a-fallback", "canary-key-2"]
        #expect(keys.count == 3 && zip(keys, expected).allSatisfy { $0.key.isSame(as: Secret($1)) })
    }

    @Test(
        "What is no secret has to be there all the same",
        arguments: [
            "data: \"${GONE}\"", "listen: \"${GONE}\"", "budgets: [{id: a, limit_to: \"${GONE}\", unit: cost_total}]",
        ])
    func others(setting: String) {
        for needsSecrets in [true, false] {
            let found = problems(complete + setting, needsSecrets: needsSecrets)
            #expect(found.count == 1 && found[0].contains("GONE is not set"))
        }
    }

    @Test(
        "Something stands in for the whole of a value, also where a part of it is there, or nothing in it",
        arguments: [
            "alerts: {webhook: \"${GONE}/budgets\"}", "alerts: {webhook: \"https://${GONE}:${GONE}/x\"}",
            "alerts: {webhook: \"${GONE}${GONE}\"}", "alerts: {webhook: \"${EMPTY}\"}",
            "alerts: {webhook: \"https://h\", headers: {authorization: \"Bearer ${GONE}\"}}",
        ])
    func parts(alerts: String) {
        let text = complete + "budgets: [{id: a, limit_to: 5, unit: cost_total, \(alerts)}]"
        #expect(problems(text, needsSecrets: true).count == 1 && problems(text, needsSecrets: false) == [])
    }

    @Test("It is known of a configured key that it is not known; sums of budgets do not depend on webhooks")
    func standIns() throws {
        let text = complete + "credentials: {keys: [{key: \"${GONE}\"}, {key: \"${TOKEN}\"}, {key: \"${EMPTY}\"}]}\n"
        #expect(try read(text, needsSecrets: false).keys.map(\.isStandIn) == [true, false, true])
        func sums(_ webhook: String) throws -> [String] {
            let rule = "budgets: [{id: a, limit_to: 5, unit: cost_total, alerts: {webhook: \"\(webhook)\"}}]"
            return try read(complete + rule, needsSecrets: false).rules.budgets.map(\.sumsSummary)
        }
        #expect(
            try sums("${GONE}") == sums("https://hooks.example/x")
                && sums("${GONE}") == ["budget a: cost_total"])
    }

    @Test("Credentials that only the environment could have are no mistake either")
    func environment() {
        let text = """
            providers: [{name: c, kind: azure, base_url: "https://c.openai.azure.com/openai/v1", models: [{name: g, base_model: gpt-5.5}]}]
            models: [{name: g, target: c/g}]
            """
        #expect(problems(text, needsSecrets: true).count == 1 && problems(text, needsSecrets: false) == [])
    }

    // MARK: The data folder alone

    private func dataPath(_ text: String) throws(ConfigurationErrors) -> String {
        try SnapshotReader(file: "t.yaml", directory: "/etc/tg", sources: sources).readDataPath(text)
    }

    @Test("The folder of the data is found whatever else is wrong")
    func folder() throws {
        #expect(try dataPath("data: /var/tg\na: {b: 1, b: 2, c: &x 1, d: *x}\na: 3") == "/var/tg")
        #expect(try dataPath("data: /var/tg\nproviders: [{kind: nope}]\nunknown: 1") == "/var/tg")
        #expect(try dataPath("data: here") == "/etc/tg/here" && dataPath("") == "/etc/tg/tollgate-data")
        #expect(try dataPath("data: \"/var/${PORT}\"\nlisten: \"${GONE}\"") == "/var/4100")
    }

    @Test(
        "But not where it is wrong itself, or the file has no form",
        arguments: [
            ("data: \"${GONE}\"", "1:7: data: the environment variable GONE is not set"),
            ("data: [a]", "data: must be"),
            ("data: \"\"", "data: must not be empty"), ("data: a\ndata: b", "twice"), ("data: &x a", "anchors"),
            ("a: [", "t.yaml:"),
            ("[]", "must be a group"),
        ])
    func noFolder(text: String, sentence: String) {
        #expect {
            _ = try dataPath(text)
        } throws: { error in
            "\(error)".contains(sentence)
        }
    }
}

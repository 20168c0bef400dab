import Testing

@testable import Configuration

@Suite("No secret is seen")
struct SecretTests {
    /// Everything that printing can make of a value.
    private func texts(of value: Any) -> String {
        var dumped = "", printed = ""
        dump(value, to: &dumped)
        print(value, to: &printed)
        debugPrint(value, to: &printed)
        return dumped + printed + String(describing: value) + String(reflecting: value) + "\(value)"
            + Mirror(reflecting: value).children.map { "\($0)" }.joined()
    }

    @Test("A secret can only be borrowed")
    func secret() {
        let secret = Secret("canary-0")
        #expect(!texts(of: secret).contains("canary"))
        #expect(!texts(of: Optional(secret) as Any).contains("canary"))
        #expect(!texts(of: [secret]).contains("canary") && !texts(of: ["a": (1, secret)]).contains("canary"))
        // Nor as the numbers of its bytes.
        #expect(!texts(of: [secret]).contains("99"))
        #expect(secret.withBytes { String(decoding: $0, as: UTF8.self) } == "canary-0")
        #expect(secret.isSame(as: Secret("canary-0")) && !secret.isSame(as: Secret("canary-1")))
        #expect(Secret("").isEmpty && !secret.isEmpty)
    }

    @Test("A snapshot can be printed")
    func snapshots() throws {
        let read = try snapshot(
            """
            providers: [{name: main, kind: anthropic, api_key: "${TOKEN}"}]
            models: [{name: a, target: main/a}]
            credentials: {keys: [{key: "${file:key}"}, {key: canary-literal}]}
            telemetry: {otlp: [{endpoint: "http://a", headers: {x: "${TOKEN}"}}]}
            """)
        #expect(read.keys.count == 2)
        #expect(!texts(of: read).contains("canary"))
    }

    @Test(
        "No mistake shows what a variable or file holds",
        arguments: [
            "listen: ${TOKEN}", "data: [\"${TOKEN}\"]", "tls: {certificate: c, key: k, ${TOKEN}: x}",
            "credentials: {keys: [{key: \"${BROKEN}\"}]}", "credentials: {keys: \"${TOKEN}\"}",
            "credentials: {keys: [{key: \"${TOKEN}\"}, {key: \"${TOKEN}\"}]}", "limits: {body_bytes: \"${TOKEN}\"}",
            "limits: {connections: \"${file:key}\"}", "limits: {idle_timeout: \"${TOKEN}\"}",
            "logs: {level: \"${TOKEN}\"}",
            "telemetry: {sampling_ratio: \"${TOKEN}\"}", "telemetry: {content: \"${TOKEN}\"}",
            "telemetry: {otlp: [{endpoint: \"${TOKEN}\"}]}", "prices: ${TOKEN}",
            "telemetry: {otlp: [{endpoint: \"https://u:canary@h\"}]}",
            "telemetry: {otlp: [{endpoint: \"https://h?k=canary\"}]}",
            "telemetry: {otlp: [{endpoint: \"http://a\", headers: {x: \"${BROKEN}\"}}]}", "nope: ${TOKEN}",
            "nope: {canry: ${TOKEN}}", "data: \"${canary-1}\"",
            "time_zone: \"${TOKEN}/x y\"", "budgets: [{id: \"${TOKEN} \", limit_to: \"${TOKEN}\", unit: \"${TOKEN}\"}]",
            "budgets: [{id: a, limit_to: \"${TOKEN}\", unit: cost_total, alerts: {webhook: \"${TOKEN}\", thresholds: [\"${TOKEN}\"]}}]",
            "budgets: [{id: a, limit_to: 1, unit: cost_total, budget_applies_per: \"${TOKEN}\", max_overshoot: \"${TOKEN}\"}]",
            "access: [{id: a, when: {subjects: \"${TOKEN}\"}, deny: {models: \"${TOKEN}\", providers: \"${TOKEN}\"}}]",
            "runaway: [{id: a, same_tool_calls: \"${TOKEN}\", when: {models: \"x/${TOKEN}\"}}]",
            "credentials: {jwt: [{issuer: a, audience: b, secret: \"${TOKEN}\"}]}",
            "credentials: {jwt: [{issuer: a, audience: b, jwks: \"http://h/${TOKEN}\"}]}",
            "credentials: {jwt: [{issuer: a, audience: b, jwks: k, algorithms: \"${TOKEN}\"}]}",
        ])
    func mistakes(addition: String) {
        let said = problems(with: addition)
        #expect(!said.isEmpty)
        #expect(!said.joined().contains("canary"), "\(said)")
    }

    @Test("Nor in the lists of providers and models")
    func lists() {
        let said = problems(
            """
            providers:
              - {name: "${TOKEN}/", kind: "${TOKEN}", base_url: "${TOKEN}", api_key: "${BROKEN}"}
              - {name: "${TOKEN}/", kind: mock, api_key: "${TOKEN}"}
            models:
              - {name: "${TOKEN}*x", target: "${TOKEN}"}
              - {name: b, target: "${TOKEN}"}
              - {name: c, target: "${TOKEN}/x"}
              - {name: d, target: "${TOKEN}//x*"}
              - {name: "${TOKEN}*", routing_config: {type: "${TOKEN}", load_balance_targets: [{target: "${TOKEN}/x", fallback_status_codes: "${TOKEN}", strip_params: ["${TOKEN}", "${TOKEN}"], headers_override: {remove: ["${BROKEN}"]}}]}}
            """)
        #expect(said.count >= 10)
        #expect(!said.joined().contains("canary"), "\(said)")
    }
}

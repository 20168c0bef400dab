import Testing

@testable import Configuration

@Suite("A snapshot says what it allows, a line for each thing")
struct SummaryTests {
    static let text = """
        providers:
          - {name: main, kind: mock}
          - {name: away, kind: anthropic, base_url: "https://claude.example:8443/v", api_key: "${TOKEN}", ca_file: ca}
        models:
          - {name: "claude-*", target: "main/claude-*"}
          - name: fast
            routing_config:
              type: weight-based-routing
              load_balance_targets:
                - {target: main/a, weight: 90, fallback_status_codes: [429], retry_config: {attempts: 2, on_status_codes: [500]}}
                - {target: main/b, weight: 10, fallback_status_codes: [429], override_params: {speed: fast}, strip_params: [x], headers_override: {set: {x-h: "${TOKEN}"}, remove: [y]}, first_byte_timeout: 5s}
        tls: {certificate: c, key: k, client_ca: ca}
        credentials:
          jwt:
            - {issuer: i, audience: a, secret: canary-0123456789abcdef0123456789, claims: {team: t}}
            - {issuer: j, audience: a, jwks: "https://idp.example/canary?x=canary"}
          client_certificates: [{match: {dns: "*.ci"}, virtual_account: ci, groups: [g]}]
        budgets:
          - {id: b, when: {groups: [y, x], not: {users: z}}, limit_to: 50.25, unit: cost_per_day, budget_applies_per: [user, team], alerts: {webhook: "https://h.example/canary?t=canary", headers: {a: "${TOKEN}"}}, max_overshoot: 1}
        rate_limits: [{id: r, limit_to: 5, unit: concurrent_requests, on_limit: queue}]
        access: [{id: a, when: {teams: t}, allow: {models: "*"}, deny: {providers: main, models: "*opus*"}}]
        runaway: [{id: l, same_tool_calls: 9}]
        """

    @Test("Each line tells all that a rule says")
    func lines() throws {
        #expect(
            try snapshot(Self.text).summary == [
                "tls certificate=/etc/tg/c key=/etc/tg/k client_ca=/etc/tg/ca client_certificates=optional",
                "provider main: mock",
                "provider away: anthropic https://claude.example:8443 ca_file=/etc/tg/ca",
                "model claude-*: main/claude-*",
                "model fast: weight-based-routing sticky=session/3600000ms breaker=5/30000ms targets: "
                    + "main/a weight=90 fallback=429 retries=2/100ms/500; "
                    + "main/b weight=10 fallback=429 speed=\"fast\" strip=x set=x-h remove=y first_byte_timeout=5000ms",
                "jwt i: audience=a keys=secret algorithms=HS256 user=sub team=t clock_skew=60000ms",
                "jwt j: audience=a keys=idp.example refresh=600000ms algorithms=RS256,ES256,EdDSA user=sub clock_skew=60000ms",
                "client_certificate dns=*.ci: groups=g virtual_account=ci",
                "access a: allow models=* deny models=*opus* providers=main when teams=t",
                "budget b: $50.25 cost_per_day per team+user block max_overshoot=$1 alerts=75% 95% to h.example "
                    + "when groups=x,y not(users=z)",
                "rate_limit r: 5 concurrent_requests queue queue_timeout=30000ms max_queue=100",
                "runaway l: same_tool_calls=9 block",
                "metadata: from_credential=team,user,groups", "time_zone: UTC",
            ])
    }

    @Test("No secret is in it, nor in anything that prints a snapshot")
    func secrets() throws {
        let read = try snapshot(Self.text)
        var dumped = read.summary.joined()
        dump(read, to: &dumped)
        debugPrint(read, to: &dumped)
        dumped += "\(read)" + String(reflecting: read.rules.budgets)
        #expect(!dumped.contains("canary"))
        #expect(dumped.contains("h.example"))
    }

    @Test("A change changes its own line only")
    func differences() throws {
        let before = Set(try snapshot(Self.text).summary)
        let changed = Self.text.replacingOccurrence(of: "limit_to: 50.25", with: "limit_to: 51")
        let after = Set(try snapshot(changed).summary)
        #expect(
            before.subtracting(after).count == 1 && after.subtracting(before).first?.hasPrefix("budget b: $51 ") == true
        )
    }
}

extension String {
    fileprivate func replacingOccurrence(of part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + self[range.upperBound...]
    }
}

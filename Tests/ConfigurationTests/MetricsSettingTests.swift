import Testing

@testable import Configuration

@Suite struct MetricsSettingTests {
    private func read(_ text: String) throws -> MetricsSetting {
        try snapshot(complete + "telemetry: {metrics: \(text)}").telemetry.metrics
    }

    @Test("Without a word requests are told apart by team, user and project, and this host may fetch figures")
    func standard() throws {
        for setting in [try snapshot(complete).telemetry.metrics, try read("{}")] {
            #expect(setting.labels == [.team, .user, .project])
            #expect(setting.seriesLimit == nil && setting.interval == nil && setting.temporality == nil)
            #expect(setting.prometheus.isEnabled && setting.prometheus.token == nil)
        }
    }

    @Test("Everything that can be said is taken; labels once each, in their order")
    func whole() throws {
        let setting = try read(
            """
            {labels: [key, metadata.cost_centre, virtual_account, key, team], series_limit: 500, interval: 15s,
              temporality: delta, prometheus: {token: "${TOKEN}"}}
            """)
        #expect(setting.labels == [.key, .tag("cost_centre"), .virtualAccount, .team])
        #expect(setting.seriesLimit == 500 && setting.interval == 15_000_000_000 && setting.temporality == .delta)
        #expect(setting.prometheus.token?.withBytes { $0.count } == 14)
        #expect(try read("{labels: []}").labels.isEmpty)
        #expect(try read("{prometheus: {enabled: false}}").prometheus.isEnabled == false)
    }

    @Test(
        "What makes no sense, or would have no effect, is said",
        arguments: [
            ("{labels: [team, session]}", "`session` is not team, user"),
            ("{labels: [metadata.]}", "is not team, user"),
            ("{labels: [" + (1...13).map { "metadata.m\($0)" }.joined(separator: ", ") + "]}", "has 13 labels"),
            ("{series_limit: 0}", "series_limit"), ("{series_limit: 100001}", "series_limit"),
            ("{interval: 10ms}", "must be at least 1s"), ("{temporality: both}", "temporality"),
            ("{prometheus: {enabled: false, token: a}}", "has no effect where `enabled` is false"),
            ("{prometheus: {token: \"\"}}", "must not be empty"), ("{prometheus: {port: 9464}}", "port"),
            ("{lables: [team]}", "lables"),
        ])
    func mistakes(text: String, part: String) {
        let said = problems(with: "telemetry: {metrics: \(text)}")
        #expect(said.count == 1 && said.first?.contains(part) == true, "\(said)")
    }

    @Test("The token is in no problem's text")
    func secret() {
        for text in ["{prometheus: \"${TOKEN}\"}", "{prometheus: {enabled: \"${TOKEN}\"}}", "{labels: [\"${TOKEN}\"]}"]
        {
            let said = problems(with: "telemetry: {metrics: \(text)}")
            #expect(!said.isEmpty && !said.joined().contains("canary"))
        }
    }
}

import Testing

@testable import Telemetry

@Suite struct BudgetAlertTests {
    private func alert(
        rule: String = "everyone", scope: String = "", threshold: Int = 95, isMoney: Bool = true,
        limit: Int64 = 10_000_000_000, settled: Int64, window: Int64 = 0, end: Int64? = nil
    ) -> BudgetAlert {
        BudgetAlert(
            rule: rule, scope: scope, threshold: threshold, unit: isMoney ? "cost_total" : "tokens_total",
            isMoney: isMoney, limit: limit, settled: settled, windowStart: window, windowEnd: end, at: 0)
    }

    @Test("The body of a webhook, byte for byte")
    func json() {
        let text = String(decoding: SampleEvents.alert.json, as: UTF8.self)
        #expect(
            text == """
                {"type":"tollgate.budget.alert","rule":"everyone","scope":"user=alice","threshold_percent":75,\
                "unit":"cost_per_day","limit":"10.000000000","settled":"7.500000001",\
                "window_start":"2026-11-21T00:00:00Z","window_end":"2026-11-22T00:00:00Z",\
                "at":"2026-11-21T07:00:00.000Z","text":"Budget everyone for user=alice has reached 75 %: $7.50 of \
                $10.00 (cost_per_day) spent; it begins anew at 2026-11-22T00:00:00Z."}
                """)
    }

    @Test("Tokens are whole, a budget without windows has no end, and quotes in a name stay inside")
    func tokens() {
        let alert = alert(rule: "a\"b", isMoney: false, limit: 9_007_199_254_740_993, settled: 5)
        let text = String(decoding: alert.json, as: UTF8.self)
        #expect(
            text.contains("\"limit\":\"9007199254740993\",\"settled\":\"5\"") && text.contains("\"window_end\":null"))
        #expect(text.contains("\"rule\":\"a\\\"b\""))
        #expect(
            alert.sentence
                == "Budget a\"b has reached 95 %: 5 tokens of 9007199254740993 tokens (tokens_total) used.")
    }

    @Test(
        "Money is exact in figures and never more than it is in the sentence",
        arguments: [
            (0, "0.000000000", "$0.00"), (1, "0.000000001", "$0.000000001"), (9_999_999, "0.009999999", "$0.009999999"),
            (10_000_000, "0.010000000", "$0.01"), (9_999_999_999, "9.999999999", "$9.99"),
            (-5, "-0.000000005", "$-0.00"), (.max, "9223372036.854775807", "$9223372036.85"),
            (.min, "-9223372036.854775808", "$-9223372036.85"),
        ] as [(Int64, String, String)])
    func money(value: Int64, exact: String, shown: String) {
        #expect(BudgetAlert.dollars(value) == exact)
        #expect(alert(settled: value).sentence.contains(": \(shown) of $10.00 "))
    }

    @Test("The id is the same for the same rule, account, window and threshold, and for nothing else")
    func identity() {
        let id = alert(settled: 1).id
        #expect(id == alert(settled: 2).id && id.count == 32)
        let others = [
            alert(rule: "x", settled: 1), alert(scope: "user=a", settled: 1), alert(threshold: 75, settled: 1),
            alert(settled: 1, window: 1), alert(rule: "everyone0", settled: 1), alert(isMoney: false, settled: 1),
        ]
        #expect(Set(others.map(\.id) + [id]).count == 7)
    }
}

import Testing
import Wire

@testable import Telemetry

@Suite struct PrometheusTextTests {
    /// A counter, a histogram with two exemplars, a level, and labels that are not harmless.
    private func figures() throws -> MetricShard {
        var figures = MetricShard()
        let trace = try #require(TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
        let span = try #require(SpanID(0xb7ad_6b71_6920_3331))
        let labels = Labels().adding("gen_ai.token.type", "input")
        let index = figures.index(.clientTokenUsage, labels)
        figures.record(.clientTokenUsage, 3, at: index)
        figures.source = ExemplarSource(trace: trace, span: span, time: 1_795_273_901_570_999_999)
        figures.record(.clientTokenUsage, 2, at: index)
        figures.record(.clientTokenUsage, 1e9, at: index)
        figures.source = nil
        figures.add(.cost, 4_125_000, Labels().adding("user.id", "a\"b\\c\nd").adding("a.b", "1").adding("a_b", "2"))
        figures.add(.activeRequests, -1)
        figures.set(.processUptime, 1_500_000_000)
        figures.add(.requests, 2, .overflow)
        return figures
    }

    private func text(_ format: ExpositionFormat) throws -> String {
        String(
            decoding: PrometheusText.write(try figures(), resource: [("service.name", "tollgate")], as: format),
            as: UTF8.self)
    }

    @Test("OpenMetrics: units, exemplars, counters without their suffix in the family, an end, and no trailing blanks")
    func openMetrics() throws {
        let text = try text(.openMetrics)
        #expect(
            text == """
                # TYPE target info
                # HELP target Target metadata.
                target_info{service_name="tollgate"} 1
                # TYPE http_server_active_requests gauge
                # HELP http_server_active_requests Number of active HTTP server requests.
                http_server_active_requests -1
                # TYPE gen_ai_client_token_usage histogram
                # HELP gen_ai_client_token_usage Input and output tokens of attempts upstream.
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="1.0"} 0
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="4.0"} 2 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 2.0 1795273901.570
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="16.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="64.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="256.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="1024.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="4096.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="16384.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="65536.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="262144.0"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="1.048576e+06"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="4.194304e+06"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="1.6777216e+07"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="6.7108864e+07"} 2
                gen_ai_client_token_usage_bucket{gen_ai_token_type="input",le="+Inf"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 1000000000.0 1795273901.570
                gen_ai_client_token_usage_sum{gen_ai_token_type="input"} 1000000005.0
                gen_ai_client_token_usage_count{gen_ai_token_type="input"} 3
                # TYPE tollgate_requests counter
                # HELP tollgate_requests Requests of clients.
                tollgate_requests_total{otel_metric_overflow="true"} 2
                # TYPE tollgate_cost_nano_usd counter
                # UNIT tollgate_cost_nano_usd nano_usd
                # HELP tollgate_cost_nano_usd Cost of the attempts upstream, in nano-dollars.
                tollgate_cost_nano_usd_total{user_id="a\\"b\\\\c?d",a_b="1;2"} 4125000
                # TYPE process_uptime_seconds gauge
                # UNIT process_uptime_seconds seconds
                # HELP process_uptime_seconds Time since the start of the process.
                process_uptime_seconds 1.5
                # EOF

                """)
        #expect(!text.split(separator: "\n").contains { $0.hasSuffix(" ") })
    }

    @Test("The older format has the same samples under the whole names, and neither units nor exemplars nor an end")
    func older() throws {
        func samples(_ text: String) -> [String] {
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
                String(line.prefix(upTo: line.firstIndex(of: "#").map { line.index(before: $0) } ?? line.endIndex))
            }
        }
        let text = try text(.text), open = try self.text(.openMetrics)
        #expect(samples(text) == samples(open))
        #expect(!text.contains("# UNIT") && !text.contains("# EOF") && !text.contains("trace_id"))
        #expect(text.contains("# TYPE tollgate_cost_nano_usd_total counter\n"))
        #expect(text.contains("# TYPE target_info gauge\n"))
    }

    @Test("The largest set of label values that clients can bring forth is written without harm")
    func hostile() {
        var figures = MetricShard(limit: 50)
        for number in 0..<5_000 {
            let value = "\(number)" + String(repeating: "\u{7}\r\n\"\\é", count: 2_000)
            figures.add(.requests, 1, Labels().adding("tollgate.metadata.x", value))
        }
        let text = String(decoding: PrometheusText.write(figures, resource: [], as: .openMetrics), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("tollgate_requests_total{") }.count == 51)
        #expect(lines.contains("tollgate_requests_total{otel_metric_overflow=\"true\"} 4950"))
        #expect(lines.contains("tollgate_metrics_overflow_total{tollgate_instrument=\"tollgate.requests\"} 4950"))
        #expect(text.utf8.count < 50_000)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test(
        "The format is the one that the client would rather have, and the older one for those who do not say",
        arguments: [
            ("", ExpositionFormat.text), ("*/*", .text), ("text/plain", .text), ("text/plain;version=0.0.4", .text),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.3", .text),
            ("application/openmetrics-text; version=2.0.0", .text),
            ("application/openmetrics-text;q=0", .text),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                    + "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5", .openMetrics
            ),
            (";;,,;q=x,=", .text),
        ])
    func negotiation(accept: String, wanted: ExpositionFormat) {
        #expect(ExpositionFormat(accepting: accept) == wanted)
    }

    @Test("gzip is for those who take it")
    func compression() {
        #expect(
            AcceptList("gzip").quality(of: "gzip") == 1 && AcceptList("deflate, gzip;q=0.5").quality(of: "gzip") == 0.5)
        #expect(AcceptList("gzip;q=0").quality(of: "gzip") == 0 && AcceptList("identity").quality(of: "gzip") == 0)
    }
}

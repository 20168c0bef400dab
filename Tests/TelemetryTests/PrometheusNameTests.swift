import Testing

@testable import Telemetry

@Suite struct PrometheusNameTests {
    /// The table of the translation rules, and what they say besides it.
    @Test(
        "Names are those that the collector and Prometheus make of OpenTelemetry's",
        arguments: [
            (
                "gen_ai.client.inference.usage.input_tokens", "{token}", "counter",
                "gen_ai_client_inference_usage_input_tokens_total"
            ),
            (
                "gen_ai.client.inference.usage.cache_read.input_tokens", "{token}", "counter",
                "gen_ai_client_inference_usage_cache_read_input_tokens_total"
            ),
            ("gen_ai.client.inference.duration", "s", "histogram", "gen_ai_client_inference_duration_seconds"),
            ("gen_ai.client.operation.duration", "s", "histogram", "gen_ai_client_operation_duration_seconds"),
            ("gen_ai.client.token.usage", "{token}", "histogram", "gen_ai_client_token_usage"),
            (
                "gen_ai.client.inference.time_to_first_chunk", "s", "histogram",
                "gen_ai_client_inference_time_to_first_chunk_seconds"
            ),
            ("gen_ai.server.time_to_first_token", "s", "histogram", "gen_ai_server_time_to_first_token_seconds"),
            ("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"),
            ("http.server.active_requests", "{request}", "gauge", "http_server_active_requests"),
            ("http.server.request.body.size", "By", "histogram", "http_server_request_body_size_bytes"),
            ("gateway.cost", "USD", "counter", "gateway_cost_USD_total"),
            ("gateway.cost", "{USD}", "counter", "gateway_cost_total"),
            ("otel.sdk.exporter.span.exported", "{span}", "counter", "otel_sdk_exporter_span_exported_total"),
            ("system.share", "1", "gauge", "system_share_ratio"),
            ("system.share", "1", "counter", "system_share_total"),
            ("a.total.b", "1", "counter", "a_b_total"), ("cpu.time.seconds", "s", "counter", "cpu_time_seconds_total"),
            ("disk.rate", "By/s", "gauge", "disk_rate_bytes_per_second"), ("fill", "%", "gauge", "fill_percent"),
            ("a..b--c__d", "", "gauge", "a_b_c_d"), ("3d.engine", "", "gauge", "_3d_engine"),
        ])
    func families(name: String, unit: String, kind: String, wanted: String) {
        #expect(
            PrometheusName.family(name, unit: unit, isCounter: kind == "counter", isGauge: kind == "gauge") == wanted)
    }

    @Test("Labels keep their letters; what may not stand there becomes an underscore, and none begins with a digit")
    func labels() {
        #expect(PrometheusName.label("http.response.status_code") == "http_response_status_code")
        #expect(PrometheusName.label("tollgate.metadata.cost-centre €") == "tollgate_metadata_cost_centre__")
        #expect(PrometheusName.label("2nd") == "key_2nd")
    }

    @Test("No two metrics of ours have one name there, nor one's samples another's")
    func distinct() {
        var names: Set<String> = []
        for instrument in Instrument.allCases {
            let name = PrometheusName.family(
                "\(instrument.name)", unit: "\(instrument.unit)", isCounter: instrument.kind == .counter,
                isGauge: instrument.isGauge)
            var samples = [name]
            if case .histogram = instrument.kind { samples += ["_bucket", "_sum", "_count"].map { name + $0 } }
            for sample in samples { #expect(names.insert(sample).inserted, "\(sample)") }
        }
    }
}

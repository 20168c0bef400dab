@testable import Telemetry

/// Figures of two requests: a counter, a level, a histogram with an exemplar, one with the sum zero, a gauge, seconds.
enum SampleFigures {
    static func encoded(_ exemplar: ExemplarSource?) -> [UInt8] {
        var figures = MetricShard()
        let route = Labels().adding("http.request.method", "POST").adding("http.route", "/v1/messages")
            .adding("http.response.status_code", 200)
        let model = Labels().adding("gen_ai.request.model", "claude-sonnet-4-6").adding("gen_ai.token.type", "output")
        for seconds in [0.25, 12] {
            figures.record(.serverDuration, seconds, at: figures.index(.serverDuration, route))
        }
        figures.record(.clientTokenUsage, 0, at: figures.index(.clientTokenUsage, model))
        figures.source = exemplar
        figures.record(.serverDuration, 2.5, at: figures.index(.serverDuration, route))
        figures.source = nil
        figures.add(.processTime, 1_250_000_000)
        figures.add(.activeRequests, -1)
        figures.add(.cost, 4_125_000, model)
        figures.add(.telemetryDropped, 1, .overflow)
        figures.set(.budgetSettled, 4_125_000, .budget(rule: "everyone", scope: "user=alice", unit: .nanoUSD))
        let encoder = MetricEncoder(resource: SampleSession.resource, version: "1.2.3", isDelta: true)
        let begin = SampleSession.begin
        return encoder.encode(figures, startedAt: begin, since: begin + 60_000_000_000, at: begin + 120_000_000_000)
    }
}

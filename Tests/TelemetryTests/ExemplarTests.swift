import SeededRandom
import Testing
import Wire

@testable import Telemetry

@Suite struct ExemplarTests {
    private func source(_ number: UInt64, at time: Int64) throws -> ExemplarSource {
        ExemplarSource(
            trace: try #require(TraceID(high: 1, low: number)), span: try #require(SpanID(number)), time: time)
    }

    private func exemplars(_ figures: MetricShard) -> [Exemplar?] {
        figures.series[Instrument.serverDuration.rawValue][0].exemplars
    }

    @Test("Each bucket keeps the last measurement of those in spans; what is in none leaves it as it is")
    func last() throws {
        var figures = MetricShard()
        let index = figures.index(.serverDuration, Labels())
        figures.record(.serverDuration, 0.001, at: index)
        #expect(exemplars(figures).isEmpty)
        for (number, value) in [(1, 0.001), (2, 0.002), (3, 700)] as [(UInt64, Double)] {
            figures.source = try source(number, at: Int64(number))
            figures.record(.serverDuration, value, at: index)
        }
        figures.source = nil
        figures.record(.serverDuration, 0.003, at: index)
        let kept = exemplars(figures)
        #expect(kept.count == figures.series[Instrument.serverDuration.rawValue][0].buckets.count)
        #expect(kept.first == Exemplar(value: 0.002, source: try source(2, at: 2)))
        #expect(kept.last == Exemplar(value: 700, source: try source(3, at: 3)))
        #expect(kept.compactMap(\.self).count == 2)
    }

    @Test("Of several loops the latest counts; of two exports each tells what is new")
    func several() throws {
        var first = MetricShard(), second = MetricShard(), total = MetricShard()
        first.source = try source(1, at: 10)
        first.record(.serverDuration, 0.001, Labels())
        second.source = try source(2, at: 20)
        second.record(.serverDuration, 0.002, Labels())
        for shard in [second, first] { total.merge(shard) }
        #expect(exemplars(total).first == Exemplar(value: 0.002, source: try source(2, at: 20)))
        var later = total
        later.source = try source(3, at: 30)
        later.record(.serverDuration, 9, Labels())
        #expect(exemplars(later.since(total)).compactMap(\.self) == [Exemplar(value: 9, source: try source(3, at: 30))])
    }

    @Test("What exemplars take is bounded, whatever the labels are")
    func bounded() throws {
        var figures = MetricShard(limit: 10_000)
        figures.source = try source(1, at: 1)
        for number in 0..<5_000 { figures.record(.serverDuration, 1, Labels().adding("n", number)) }
        let with = figures.series[Instrument.serverDuration.rawValue].filter { !$0.exemplars.isEmpty }
        #expect(with.count == MetricShard.maximumExemplarSeries)
    }

    @Test("They are sent with the ids of their spans, times and values")
    func encoding() throws {
        var figures = MetricShard()
        figures.source = try source(0xAB, at: 1_234)
        figures.record(.serverDuration, 0.25, Labels())
        let bytes = MetricEncoder(resource: [], version: "1", isDelta: false).encode(
            figures, startedAt: 1, since: 1, at: 2)
        let metric = try #require(try ProtobufMessage(bytes).metrics()["http.server.request.duration"])
        let exemplar = try metric.message(9).message(1).message(8)
        #expect(exemplar.number(2) == 1_234 && exemplar.double(3) == 0.25)
        #expect(exemplar.bytes(4) == [0, 0, 0, 0, 0, 0, 0, 0xAB])
        #expect(exemplar.bytes(5) == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xAB])
    }

    @Test("The variable chooses: those of sampled spans, all, or none", arguments: ["", "always_on", "always_off"])
    func filter(value: String) async throws {
        let rig = try ExporterRig(["OTEL_METRICS_EXEMPLAR_FILTER": value])
        defer { rig.end() }
        let trace = try SampleSession.trace(), span = try SampleSession.span(1)
        for isSampled in [true, false] {
            await rig.record { telemetry in
                telemetry.exemplars(of: trace, span, isSampled: isSampled, at: 1)
                telemetry.figures.record(.serverDuration, isSampled ? 0.001 : 9, Labels())
            }
        }
        let kept = exemplars(await rig.exporter.collected()).compactMap { $0?.value }
        #expect(kept == (value == "always_on" ? [0.001, 9] : value == "always_off" ? [] : [0.001]))
    }
}

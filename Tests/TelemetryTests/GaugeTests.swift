import SeededRandom
import Testing

@testable import Telemetry

@Suite struct GaugeTests {
    private func account(_ number: Int) -> Labels { .budget(rule: "r", scope: "user=\(number)", unit: .nanoUSD) }

    private func values(_ shard: MetricShard, _ instrument: Instrument = .budgetSettled) -> [Labels: Int64] {
        Dictionary(uniqueKeysWithValues: shard.series[instrument.rawValue].map { ($0.labels, $0.count) })
    }

    @Test("A gauge is what it was set to last, is sent as one and needs no start")
    func encoding() throws {
        var figures = MetricShard()
        figures.set(.budgetLimit, 7, account(1))
        figures.set(.budgetLimit, -3, account(1))
        for isDelta in [false, true] {
            let encoder = MetricEncoder(resource: [], version: "1", isDelta: isDelta)
            let bytes = encoder.encode(figures, startedAt: 100, since: 200, at: 300)
            let metric = try #require(try ProtobufMessage(bytes).metrics()["tollgate.budget.limit"])
            #expect(metric.text(2) == "The limit of the present window, raises included." && metric.text(3) == "{unit}")
            #expect(!metric.has(7) && !metric.has(9))
            let point = try metric.message(5).message(1)
            #expect(point.values(6) == [.fixed64(UInt64(bitPattern: -3))] && !point.has(2) && point.number(3) == 300)
            #expect(
                try point.attributes(7) == [
                    "tollgate.rule.id": "r", "tollgate.budget.scope": "user=1", "tollgate.unit": "nano_usd",
                ])
        }
    }

    @Test("Series come and go as they like, and each keeps its value", arguments: 0..<20)
    func comeAndGo(seed: UInt64) {
        var generator = SeededGenerator(seed: seed), figures = MetricShard(), model: [Labels: Int64] = [:]
        for step in 0..<2_000 {
            let labels = account(Int.random(in: 0..<60, using: &generator))
            if Bool.random(using: &generator) {
                figures.set(.budgetSettled, Int64(step), labels)
                model[labels] = Int64(step)
            } else {
                figures.remove(.budgetSettled, labels)
                model[labels] = nil
            }
        }
        #expect(values(figures) == model)
        figures.removeAll(.budgetSettled)
        #expect(figures.isEmpty)
        figures.set(.budgetSettled, 1, account(1))
        #expect(values(figures) == [account(1): 1])
    }

    @Test("Beyond the bound gauges are left out and counted; room that one leaves is another's")
    func bound() {
        var figures = MetricShard()
        for number in 0..<MetricShard.maximumSeries + 5 { figures.set(.budgetSettled, 1, account(number)) }
        #expect(figures.series[Instrument.budgetSettled.rawValue].count == MetricShard.maximumSeries)
        #expect(figures.value(.telemetryDropped, Signal.metrics.labels("series_full")) == 5)
        figures.set(.budgetSettled, 2, account(0))
        figures.remove(.budgetSettled, account(1))
        figures.set(.budgetSettled, 3, account(99_999))
        #expect(figures.value(.budgetSettled, account(0)) == 2 && figures.value(.budgetSettled, account(99_999)) == 3)
        #expect(figures.value(.telemetryDropped, Signal.metrics.labels("series_full")) == 5)
    }

    @Test("Parts on several loops are added, of states the worst counts; what found no room is told")
    func merge() {
        var first = MetricShard(), second = MetricShard(), total = MetricShard()
        first.set(.budgetReserved, 4, account(1))
        second.set(.budgetReserved, 3, account(1))
        second.set(.budgetReserved, -9, account(2))
        first.set(.breakerState, 2, .breaker(target: "a/m"))
        second.set(.breakerState, 1, .breaker(target: "a/m"))
        #expect(total.merge(first) == 0 && total.merge(second) == 0)
        #expect(values(total, .budgetReserved) == [account(1): 7, account(2): -9])
        #expect(total.value(.breakerState, .breaker(target: "a/m")) == 2)
        var full = MetricShard()
        for number in 0..<MetricShard.maximumSeries { full.set(.budgetReserved, 1, account(number + 2)) }
        #expect(total.merge(full) == 1)
    }

    @Test("Of a gauge there are no differences: it comes whole, and ends when its series ends")
    func differences() {
        var figures = MetricShard()
        figures.set(.budgetSettled, 5, account(1))
        figures.set(.budgetSettled, 6, account(2))
        let before = figures
        figures.remove(.budgetSettled, account(1))
        #expect(values(figures.since(before)) == [account(2): 6])
    }
}

import SeededRandom
import Testing
import Wire

@testable import Telemetry

@Suite struct MetricTests {
    private let labels = Labels().adding("http.route", "/v1/messages").adding("http.response.status_code", 200)

    private func encode(
        _ figures: MetricShard, isDelta: Bool = false
    ) throws -> [String: ProtobufMessage] {
        let encoder = MetricEncoder(resource: [("service.name", "tollgate")], version: "1", isDelta: isDelta)
        return try ProtobufMessage(encoder.encode(figures, startedAt: 100, since: 200, at: 300)).metrics()
    }

    @Test("Figures are encoded to exactly the bytes that the official decoder understood")
    func golden() throws {
        let exemplar = ExemplarSource(
            trace: try SampleSession.trace(), span: try SampleSession.span(1),
            time: SampleSession.begin + 90_000_000_000)
        #expect(Hex.encode(SampleFigures.encoded(exemplar)) == GoldenBytes.figures)
    }

    @Test("A sum ends at what 64 bits hold, in one loop and over all")
    func saturation() throws {
        var one = MetricShard(), other = MetricShard()
        for _ in 0..<2 { one.add(.cost, .max - 1, labels) }
        other.add(.cost, 5, labels)
        one.merge(other)
        #expect(one.series.joined().map(\.count) == [.max])
    }

    @Test("Bounds are inclusive above, what is larger than all goes to the last bucket")
    func buckets() throws {
        var figures = MetricShard()
        let index = figures.index(.serverDuration, labels)
        for value in [0, 0.005, 0.0050001, 10, 600, 601] { figures.record(.serverDuration, value, at: index) }
        let point = try #require(try encode(figures)["http.server.request.duration"]).message(9).message(1)
        let counts = try point.packed(6), bounds = try point.packed(7).map(Double.init(bitPattern:))
        #expect(counts.count == bounds.count + 1)
        #expect(bounds == bounds.sorted() && bounds.first == 0.005 && bounds.last == 600)
        #expect(counts.first == 2 && counts[1] == 1 && counts.last == 1)
        #expect(counts[try #require(bounds.firstIndex(of: 10))] == 1)
        #expect(counts[try #require(bounds.firstIndex(of: 600))] == 1)
        #expect(point.number(4) == 6 && counts.reduce(0, +) == 6)
        #expect(abs(point.double(5) - 1211.0100001) < 1e-9)
        #expect(try point.attributes(9) == ["http.route": "/v1/messages", "http.response.status_code": "200"])
    }

    @Test("A sum of zero is sent: left out it would mean that there is none")
    func zeroSum() throws {
        var figures = MetricShard()
        figures.record(.clientTokenUsage, 0, at: figures.index(.clientTokenUsage, labels))
        let point = try #require(try encode(figures)["gen_ai.client.token.usage"]).message(9).message(1)
        #expect(point.values(5) == [.fixed64(0)])
    }

    @Test("Counters are monotonic sums, active requests are not; units and times come along")
    func sums() throws {
        var figures = MetricShard()
        figures.add(.cost, 4_125_000, labels)
        figures.add(.activeRequests, 3)
        figures.add(.activeRequests, -1)
        let metrics = try encode(figures)
        let cost = try #require(metrics["tollgate.cost"]), active = try #require(metrics["http.server.active_requests"])
        #expect(cost.text(3) == "nano_usd")
        #expect(try cost.message(7).number(3) == 1 && cost.message(7).number(2) == 2)
        #expect(try cost.message(7).message(1).values(6) == [.fixed64(4_125_000)])
        #expect(try cost.message(7).message(1).number(2) == 100 && cost.message(7).message(1).number(3) == 300)
        #expect(try active.message(7).number(3) == 0)
        #expect(try active.message(7).message(1).values(6) == [.fixed64(2)])
        #expect(
            Set(metrics.keys) == ["tollgate.cost", "http.server.active_requests"], "what has no points is not sent")
    }

    @Test("Differences: only what changed, from the last export on; what goes up and down stays whole and cumulative")
    func delta() throws {
        var figures = MetricShard()
        let other = labels.adding("error.type", "500")
        figures.add(.requests, 10, labels)
        figures.add(.requests, 5, other)
        figures.add(.activeRequests, 7)
        figures.record(.serverDuration, 1, at: figures.index(.serverDuration, labels))
        let before = figures
        figures.add(.requests, 3, labels)
        figures.add(.activeRequests, -2)
        figures.record(.serverDuration, 2.5, at: figures.index(.serverDuration, labels))
        let metrics = try encode(figures.since(before), isDelta: true)

        let requests = try #require(metrics["tollgate.requests"]).message(7)
        #expect(try requests.number(2) == 1 && requests.messages(1).count == 1)
        #expect(try requests.message(1).values(6) == [.fixed64(3)] && requests.message(1).number(2) == 200)
        let active = try #require(metrics["http.server.active_requests"]).message(7)
        #expect(try active.number(2) == 2 && active.message(1).values(6) == [.fixed64(5)])
        #expect(try active.message(1).number(2) == 100)
        let duration = try #require(metrics["http.server.request.duration"]).message(9)
        #expect(
            try duration.number(2) == 1 && duration.message(1).number(4) == 1 && duration.message(1).double(5) == 2.5)
        #expect(figures.since(figures).series[Instrument.requests.rawValue].isEmpty)
    }

    @Test("The sums of all loops are what was recorded, whichever loop saw it")
    func merge() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            var whole = MetricShard(), shards = [MetricShard(), MetricShard(), MetricShard()]
            for _ in 0..<200 {
                let loop = Int.random(in: 0..<3, using: &generator)
                let labels = Labels().adding("m", Int.random(in: 0..<5, using: &generator))
                let value = Int64.random(in: 0..<1000, using: &generator)
                record(value, labels, &shards[loop])
                record(value, labels, &whole)
            }
            var merged = MetricShard()
            for shard in shards { merged.merge(shard) }
            #expect(summary(merged) == summary(whole))
        }
    }

    private func record(_ value: Int64, _ labels: Labels, _ shard: inout MetricShard) {
        shard.add(.cost, value, labels)
        shard.record(.clientTokenUsage, Double(value), at: shard.index(.clientTokenUsage, labels))
    }

    private func summary(_ shard: MetricShard) -> [Labels: [Double]] {
        var result: [Labels: [Double]] = [:]
        for entry in shard.series[Instrument.cost.rawValue] { result[entry.labels] = [Double(entry.count)] }
        for entry in shard.series[Instrument.clientTokenUsage.rawValue] {
            result[entry.labels, default: []] += [Double(entry.count), entry.sum] + entry.buckets.map(Double.init)
        }
        return result
    }

    @Test("Label sets beyond the bound share one overflow series, nothing is lost")
    func overflow() throws {
        var figures = MetricShard()
        let count = MetricShard.maximumSeries + 500
        for number in 0..<count { figures.add(.requests, 1, Labels().adding("n", number)) }
        let series = figures.series[Instrument.requests.rawValue]
        #expect(series.count == MetricShard.maximumSeries + 1)
        #expect(series.reduce(0) { $0 + $1.count } == Int64(count))
        #expect(series.last?.labels == .overflow && series.last?.count == 500)
        let points = try #require(try encode(figures)["tollgate.requests"]).message(7).messages(1)
        #expect(try points.last?.attributes(7) == ["otel.metric.overflow": "true"])
        #expect(figures.value(.requests, Labels().adding("n", 3)) == 1)
    }

    @Test("Labels without a value are left out")
    func emptyLabels() {
        #expect(Labels().adding("error.type", "") == Labels())
    }

    @Test("Every instrument has a name of its own, a description and bounds that rise")
    func instruments() {
        #expect(Set(Instrument.allCases.map { "\($0.name)" }).count == Instrument.allCases.count)
        for instrument in Instrument.allCases {
            #expect("\(instrument.description)".hasSuffix("."), "\(instrument)")
            guard case .histogram(let bounds) = instrument.kind else { continue }
            #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "\(instrument)")
        }
    }

    @Test("Values are cut, and control characters are made visible; an honest one stays as it is")
    func cleaned() {
        func value(_ text: String) -> LabelValue? { Labels().adding("x", text).pairs.first?.value }
        #expect(value("Zürich-West 1") == .text("Zürich-West 1"))
        #expect(value("a\u{0}b\nc\u{7F}d\u{85}e") == .text("a?b?c?d?e"))
        #expect(value(String(repeating: "é", count: 1_000_000)) == .text(String(repeating: "é", count: 128)))
        #expect(value(String(repeating: "a", count: 129)) == .text(String(repeating: "a", count: 128)))
        #expect(value("👩‍👩‍👧‍👦") == .text("👩‍👩‍👧‍👦"))
    }

    @Test("What found no room is counted by instrument, once where it was looked for and not where loops are added up")
    func overflowCount() {
        var shards = [MetricShard(limit: 2), MetricShard(limit: 2)], total = MetricShard(limit: 2)
        for loop in 0..<2 {
            for number in 0..<5 { shards[loop].add(.requests, 1, Labels().adding("n", "\(loop)-\(number)")) }
            total.merge(shards[loop])
        }
        let label = Labels().adding("tollgate.instrument", "tollgate.requests")
        #expect(total.value(.metricsOverflow, label) == 6)
        #expect(total.series[Instrument.requests.rawValue].count == 3)
        #expect(total.value(.requests, .overflow) == 8)
    }

    @Test("However small the bound, what counts its overflows ends in an overflow of its own", arguments: [1, 2])
    func overflowOfTheOverflow(limit: Int) {
        var figures = MetricShard(limit: limit)
        let counters: [Instrument] = [.requests, .refusals, .attempts, .tokens]
        for instrument in counters {
            for number in 0..<5 { figures.add(instrument, 1, Labels().adding("n", number)) }
        }
        for instrument in counters { #expect(figures.value(instrument, .overflow) == Int64(5 - limit)) }
        let count = figures.series[Instrument.metricsOverflow.rawValue]
        #expect(count.count == limit + 1 && count.reduce(0) { $0 + $1.count } == Int64(4 * (5 - limit)))
    }

    @Test("A series stays where it was told first, so that no sum of several loops ever falls")
    func places() {
        func series(_ name: String) -> Labels { Labels().adding("n", name) }
        var shards = [MetricShard(limit: 3), MetricShard(limit: 3)]
        var former = MetricShard(limit: 3)
        func gather() -> MetricShard {
            var total = MetricShard(limit: 3)
            total.keepPlaces(of: former)
            for shard in shards { total.merge(shard) }
            return total
        }
        shards[0].add(.requests, 1, series("a"))
        shards[1].add(.requests, 10, series("c"))
        former = gather()
        // There was room until now; the first loop comes first.
        for name in ["b", "e"] { shards[0].add(.requests, 1, series(name)) }
        shards[1].add(.requests, 10, series("d"))
        former = gather()
        #expect(former.value(.requests, series("c")) == 10 && former.value(.requests, .overflow) == 11)
        // Now the first loop has it as well.
        shards[0].add(.requests, 1, series("d"))
        let later = gather()
        #expect(later.value(.requests, series("c")) == 10 && later.value(.requests, .overflow) == 12)
        #expect(later.value(.requests, series("d")) == 0)
        // One that was begun before and ends behind it has less to tell, and takes no place away.
        shards = [MetricShard(limit: 3), MetricShard(limit: 3)]
        shards[1].add(.requests, 10, series("d"))
        let behind = gather()
        #expect(behind.value(.requests, .overflow) == 10 && later.since(behind).value(.requests, .overflow) == 2)
    }

    @Test("Times that are kept whole in nanoseconds are sent as seconds")
    func fractions() throws {
        var figures = MetricShard()
        figures.add(.processTime, 1_250_000_000, labels)
        figures.set(.processMemory, 4_096)
        let metrics = try encode(figures)
        let time = try #require(metrics["process.cpu.time"]).message(7)
        #expect(try time.message(1).double(4) == 1.25 && time.number(3) == 1)
        let memory = try #require(metrics["process.memory.usage"]).message(7)
        #expect(try memory.message(1).values(6) == [.fixed64(4_096)] && memory.number(3) == 0 && memory.number(2) == 2)
    }
}

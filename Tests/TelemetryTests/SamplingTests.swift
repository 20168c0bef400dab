import Testing
import Wire

@testable import Telemetry

@Suite struct SamplingTests {
    private let seed = [UInt8](0..<32)

    private func parent(sampled: Bool) throws -> TraceContext {
        TraceContext(traceID: try SampleSession.trace(), spanID: try SampleSession.span(1), flags: sampled ? 1 : 0)
    }

    @Test("A parent's decision counts, unless the sampler is told to decide alone")
    func parents() throws {
        let trace = try SampleSession.trace()
        for ratio in [0.0, 1.0] {
            let follows = Sampler(ratio: ratio), decides = Sampler(ratio: ratio, followsParent: false)
            for sampled in [true, false] {
                #expect(follows.isSampled(parent: try parent(sampled: sampled), traceID: trace) == sampled)
                #expect(decides.isSampled(parent: try parent(sampled: sampled), traceID: trace) == (ratio == 1))
            }
            #expect(follows.isSampled(parent: nil, traceID: trace) == (ratio == 1))
        }
    }

    @Test(
        "A share of the traces is taken, and a larger share takes all of a smaller one",
        arguments: [0.01, 0.1, 0.5, 0.9])
    func share(ratio: Double) {
        var ids = IDGenerator(seed: seed)
        let sampler = Sampler(ratio: ratio), larger = Sampler(ratio: min(1, ratio * 1.1))
        var taken = 0
        for _ in 0..<20_000 {
            let trace = ids.traceID()
            guard sampler.isSampled(parent: nil, traceID: trace) else { continue }
            taken += 1
            #expect(larger.isSampled(parent: nil, traceID: trace))
        }
        #expect(abs(Double(taken) / 20_000 - ratio) < 0.015)
    }

    @Test("Ids follow the seed and differ from each other")
    func ids() {
        var first = IDGenerator(seed: seed), same = IDGenerator(seed: seed), other = IDGenerator(seed: seed.reversed())
        var spans: Set<SpanID> = [], traces: Set<TraceID> = []
        for _ in 0..<1_000 {
            let span = first.spanID(), trace = first.traceID()
            #expect(same.spanID() == span && same.traceID() == trace)
            #expect(other.spanID() != span)
            spans.insert(span)
            traces.insert(trace)
        }
        #expect(spans.count == 1_000 && traces.count == 1_000)
    }

    @Test("The generator is xoshiro256++: the first number of the reference implementation's state 1, 2, 3, 4")
    func reference() {
        var state: [UInt8] = []
        for word in [1, 2, 3, 4] as [UInt64] { state += withUnsafeBytes(of: word.littleEndian) { Array($0) } }
        var ids = IDGenerator(seed: state)
        #expect(ids.spanID().value == 41_943_041)
        #expect(ids.spanID().value == 58_720_359)
    }

    @Test("A seed of zeros still gives ids")
    func zeroSeed() {
        var ids = IDGenerator(seed: [UInt8](repeating: 0, count: 32))
        #expect(ids.spanID() != ids.spanID())
    }
}

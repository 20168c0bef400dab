import Testing
import Wire

@testable import Telemetry

@Suite struct ForwardTests {
    @Test("A client's telemetry goes where our own of its signal goes, from any thread, as it came")
    func forward() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        await rig.send(try SampleSession.batch())
        let payload = try #require(rig.traces.requests.first).body
        for signal in [Signal.spans, .logs, .metrics] { rig.exporter.forward(payload, items: 4, as: signal) }
        await rig.exporter.shutdown()
        #expect(rig.traces.requests.map(\.path) == ["/v1/traces", "/v1/traces"])
        #expect(rig.traces.requests[1].body == payload)
        #expect(rig.logs.requests.map(\.body) == [payload])
        #expect(rig.metrics.requests.first?.body == payload && rig.metrics.requests.first?.path == "/v1/metrics")
    }
}

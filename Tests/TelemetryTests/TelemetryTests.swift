import Testing
import Wire

@testable import Telemetry

@Suite struct EncodingTests {
    private func hex(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }

    @Test("A span is OTLP, byte for byte")
    func goldenSpan() throws {
        var recorder = SpanRecorder()
        let trace = try #require(TraceID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))
        let span = try #require(SpanID(0x1112_1314_1516_1718))
        recorder.begin(
            .client, trace: trace, span: span, parent: SpanID(1), from: 1, to: 2, isError: true, name: "chat ", "m")
        recorder.text(.errorType, "x")
        recorder.integer(.inputTokens, 300)
        recorder.yes(.requestStream)
        recorder.list(.finishReasons, "end")
        recorder.double(.timeToFirstChunk, 0.5)
        recorder.text(prefix: "tollgate.metadata.", "p", "q")
        recorder.end()
        let bytes = SpanEncoder(resource: [("service.name", "t")], version: "1").encode([recorder.take()])
        #expect(hex(bytes) == Self.golden)
    }

    /// Read field by field with opentelemetry-proto 1.45.
    private static let golden =
        "0ac5020a150a130a0c736572766963652e6e616d6512030a017412ab020a0d0a08746f6c6c676174651201311299020a1001"
        + "02030405060708090a0b0c0d0e0f1012081112131415161718220800000000000000012a0663686174206d30033901000000"
        + "000000004102000000000000004a110a0a6572726f722e7479706512030a01784a200a1967656e5f61692e75736167652e69"
        + "6e7075745f746f6b656e73120318ac024a1b0a1567656e5f61692e726571756573742e73747265616d120210014a2b0a1e67"
        + "656e5f61692e726573706f6e73652e66696e6973685f726561736f6e7312092a070a050a03656e644a300a2367656e5f6169"
        + "2e726573706f6e73652e74696d655f746f5f66697273745f6368756e6b120921000000000000e03f4a1a0a13746f6c6c6761"
        + "74652e6d657461646174612e7012030a01717a021802850101000000"

    @Test("Text that is not UTF-8 does not cost the batch")
    func repairs() throws {
        var recorder = SpanRecorder()
        let trace = try #require(TraceID(high: 1, low: 2)), span = try #require(SpanID(3))
        recorder.begin(.server, trace: trace, span: span, parent: nil, from: 1, to: 2, isError: false, name: "GET")
        [UInt8]([0x61, 0xFF, 0x62]).withUnsafeBytes { recorder.text(.userAgent, $0) }
        recorder.end()
        let bytes = SpanEncoder(resource: [], version: "1").encode([recorder.take()])
        #expect(hex(bytes).contains("61efbfbd62"))
        #expect(recorder.count == 0 && recorder.size == 0)
    }

    @Test("Every attribute has a name of its own")
    func names() {
        #expect(Set(AttributeKey.allCases.map { "\($0.name)" }).count == AttributeKey.allCases.count)
        #expect(Set(Instrument.allCases.map { "\($0.name)" }).count == Instrument.allCases.count)
    }
}

@Suite struct MetricTests {
    @Test("Shards add up, buckets are inclusive above, and a difference is what came since")
    func merge() {
        var first = MetricShard(), second = MetricShard()
        let labels = Labels().adding("a", "b")
        first.record(.clientTokenUsage, 4, at: first.index(.clientTokenUsage, labels))
        second.record(.clientTokenUsage, 5, at: second.index(.clientTokenUsage, labels))
        second.add(.cost, 7)
        var total = first
        total.merge(second)
        let series = total.series[Instrument.clientTokenUsage.rawValue][0]
        #expect(series.count == 2 && series.sum == 9)
        // Bounds are 1, 4, 16, …: 4 belongs to the second bucket, 5 to the third.
        #expect(Array(series.buckets[..<4]) == [0, 1, 1, 0])
        let since = total.since(first)
        #expect(since.series[Instrument.clientTokenUsage.rawValue][0].count == 1)
        #expect(since.series[Instrument.cost.rawValue][0].count == 7)
    }

    @Test("The number of series is bounded; what comes beyond is counted in one")
    func bounds() {
        var shard = MetricShard()
        for index in 0..<1_500 { shard.add(.refusals, 1, Labels().adding("x", index)) }
        let series = shard.series[Instrument.refusals.rawValue]
        #expect(series.count == MetricShard.maximumSeries + 1)
        #expect(series.last?.labels == .overflow && series.last?.count == 500)
    }
}

@Suite struct ExportTests {
    @Test("What may be tried again is, with growing pauses or when the collector says; the rest is dropped")
    func verdicts() {
        var machine = ExportStateMachine()
        #expect(machine.answered(.none, chance: 0.5) == .again(after: 1_000_000_000))
        #expect(machine.answered(.status(503, retryAfter: nil), chance: 0.5) == .again(after: 2_000_000_000))
        #expect(machine.answered(.status(429, retryAfter: "7"), chance: 0.5) == .again(after: 7_000_000_000))
        #expect(machine.answered(.status(200, retryAfter: nil), chance: 0.5) == .delivered)
        for status in [400, 401, 404, 413, 500, 501] {
            var fresh = ExportStateMachine()
            #expect(fresh.answered(.status(status, retryAfter: nil), chance: 0) == .dropped("status_\(status)"))
        }
        var patient = ExportStateMachine()
        for _ in 1..<ExportStateMachine.maximumAttempts { _ = patient.answered(.none, chance: 0.999) }
        #expect(patient.answered(.none, chance: 0) == .dropped("retries_exhausted"))
    }

    private func settings(
        _ variables: [String: String], endpoint: String? = nil
    ) -> (settings: TelemetrySettings, problems: [String]) {
        var file = TelemetrySettings.File(), problems: [String] = []
        file.endpoint = endpoint
        let settings = TelemetrySettings(file: file, version: "1", environment: { variables[$0] }, problems: &problems)
        return (settings, problems)
    }

    @Test("The variables of the specification win over the file")
    func environment() {
        let file = settings([:], endpoint: "http://c:4318").settings
        #expect(file.traces?.url == "http://c:4318/v1/traces" && file.metrics?.url == "http://c:4318/v1/metrics")
        let (own, problems) = settings(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "https://e/x/", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/own",
                "OTEL_EXPORTER_OTLP_HEADERS": "a=b%20c, d=e", "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_SERVICE_NAME": "s",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,k=v", "OTEL_BSP_SCHEDULE_DELAY": "50",
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
            ], endpoint: "http://c:4318")
        #expect(problems.isEmpty)
        #expect(own.traces?.url == "http://t/own" && own.metrics?.url == "https://e/x/v1/metrics")
        #expect(own.traces?.headers.map { "\($0.name)=\($0.value)" } == ["a=b c", "d=e"])
        #expect(own.traces?.timeout == 2_000_000_000 && own.traces?.isCompressed == false && own.isDelta)
        #expect(own.resource.first { $0.name == "service.name" }?.value == "s")
        #expect(own.resource.contains { $0.name == "k" && $0.value == "v" } && own.scheduleDelay == 50_000_000)
        #expect(settings(["OTEL_SDK_DISABLED": "true"], endpoint: "http://c").settings.traces == nil)
        #expect(settings(["OTEL_METRICS_EXPORTER": "none"], endpoint: "http://c").settings.metrics == nil)
    }

    @Test("Variables that make no sense are told and not used")
    func badEnvironment() {
        let (used, problems) = settings(
            [
                "OTEL_BSP_SCHEDULE_DELAY": "soon", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_TRACES_SAMPLER": "maybe",
                "OTEL_EXPORTER_OTLP_HEADERS": "secret-without-name",
            ], endpoint: "http://c:4318")
        #expect(problems.count >= 4 && used.scheduleDelay == 5_000_000_000)
        #expect(!problems.contains { $0.contains("secret-without-name") })
    }

    @Test("The client's decision is followed; of the rest the share that was asked for")
    func sampler() throws {
        var ids = IDGenerator()
        let half = Sampler(ratio: 0.5)
        let taken = (0..<4_000).filter { _ in half.isSampled(parent: nil, traceID: ids.traceID()) }.count
        #expect((1_700...2_300).contains(taken))
        let trace = ids.traceID(), span = ids.spanID()
        for flags in [UInt8(0), 1] {
            let parent = TraceContext(traceID: trace, spanID: span, flags: flags)
            #expect(half.isSampled(parent: parent, traceID: trace) == (flags == 1))
        }
        #expect(Sampler(ratio: 1).isSampled(parent: nil, traceID: trace))
        #expect(!Sampler(ratio: 0).isSampled(parent: nil, traceID: trace))
    }
}

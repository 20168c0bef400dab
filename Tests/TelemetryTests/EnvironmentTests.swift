import Testing

@testable import Telemetry

@Suite struct EnvironmentTests {
    private let second: Int64 = 1_000_000_000

    private func read(
        _ variables: [String: String], endpoint: String? = nil, headers: [(name: String, value: String)] = [],
        ratio: Double? = nil
    ) -> (settings: TelemetrySettings, problems: [String]) {
        var file = TelemetrySettings.File(), problems: [String] = []
        file.destinations = endpoint.map { [.init(endpoint: $0)] } ?? []
        if endpoint != nil { file.destinations[0].headers = headers }
        file.samplingRatio = ratio
        let settings = TelemetrySettings(
            file: file, version: "1.2.3", environment: { variables[$0] }, problems: &problems)
        return (settings, problems)
    }

    private func resource(_ variables: [String: String]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: read(variables).settings.resource.map { ($0.name, $0.value) })
    }

    @Test("Without anything nothing is exported, and nothing is wrong")
    func nothing() {
        let (settings, problems) = read(["OTEL_EXPORTER_OTLP_ENDPOINT": ""])
        #expect(settings.traces == nil && settings.metrics == nil && settings.logs == nil && problems.isEmpty)
        #expect(settings.traceBatching.maximumQueue == 16_384 && settings.traceBatching.maximumBatch == 512)
        #expect(
            settings.traceBatching.scheduleDelay == second / 2 && settings.metricInterval == 60 * second
                && !settings.isDelta)
        #expect(settings.sampler == Sampler(ratio: 1) && settings.lengthLimit == nil && settings.logLevel == .info)
    }

    @Test("The common endpoint gets the signals' paths, a signal's own is taken whole")
    func endpoints() {
        let common = read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1/base"], endpoint: "http://file:9").settings
        #expect(common.traces?.url == OTLPURL("http://c:1/base/v1/traces"))
        #expect(common.metrics?.url == OTLPURL("http://c:1/base/v1/metrics"))
        #expect(common.logs?.url == OTLPURL("http://c:1/base/v1/logs"))
        let own = read(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:2",
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://m:3/api/v1/otlp/v1/metrics",
            ]
        ).settings
        #expect(own.traces?.url.path == "/" && own.traces?.url.host == "t")
        #expect(own.metrics?.url.path == "/api/v1/otlp/v1/metrics")
        #expect(read([:], endpoint: "https://file").settings.traces?.url == OTLPURL("https://file/v1/traces"))
    }

    @Test("An exporter that is asked for by name has a standard address; none is none")
    func exporters() {
        let (wanted, _) = read(["OTEL_TRACES_EXPORTER": "otlp"])
        #expect(wanted.traces?.url == OTLPURL("http://localhost:4318/v1/traces") && wanted.metrics == nil)
        let (none, problems) = read(["OTEL_TRACES_EXPORTER": "none"], endpoint: "http://h")
        #expect(none.traces == nil && none.metrics != nil && problems.isEmpty)
        let (odd, complaints) = read(["OTEL_METRICS_EXPORTER": "prometheus"], endpoint: "http://h")
        #expect(odd.metrics != nil && complaints.count == 1)
        let (quiet, _) = read(["OTEL_LOGS_EXPORTER": "none"], endpoint: "http://h")
        #expect(quiet.logs == nil && quiet.traces != nil)
        let (off, _) = read(["OTEL_SDK_DISABLED": "TRUE"], endpoint: "http://h")
        #expect(off.traces == nil && off.metrics == nil && off.logs == nil)
    }

    @Test("Headers are percent-decoded; a signal's own replace the common ones")
    func headers() {
        let (settings, problems) = read(
            [
                "OTEL_EXPORTER_OTLP_HEADERS": " x-team = sre%20team , authorization=Basic%20YTpi=,,a=100%",
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-m=1",
            ], endpoint: "http://h", headers: [("x-file", "1")])
        #expect(settings.traces?.headers.map(\.name) == ["x-team", "authorization", "a"])
        #expect(settings.traces?.headers.map(\.value) == ["sre team", "Basic YTpi=", "100%"])
        #expect(settings.metrics?.headers.map(\.name) == ["x-m"])
        #expect(problems.isEmpty)
    }

    @Test("The file's headers go to the file's collector only, as they may be secrets")
    func fileHeaders() {
        let headers = [(name: "authorization", value: "secret")]
        #expect(read([:], endpoint: "http://file", headers: headers).settings.traces?.headers.count == 1)
        let elsewhere = read(
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other"], endpoint: "http://file", headers: headers
        ).settings
        #expect(elsewhere.traces?.headers.isEmpty == true && elsewhere.metrics?.headers.count == 1)
    }

    @Test(
        "A header that would break the request is left out, and its value is not shown",
        arguments: [
            "x=secret%0d%0ainjected: 1", "x=secret%00", "content-length=7", "Host=secret", "a b=secret", "é=secret",
            "=secret", "secret",
        ])
    func badHeaders(text: String) {
        let (settings, problems) = read(["OTEL_EXPORTER_OTLP_HEADERS": text], endpoint: "http://h")
        #expect(settings.traces?.headers.isEmpty == true)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { !$0.contains("secret") && $0.contains("OTEL_EXPORTER_OTLP_HEADERS") })
    }

    @Test("A URL that is none is reported without showing it, since it may hold a password")
    func badEndpoint() {
        let (settings, problems) = read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:secret@h"], endpoint: "http://file")
        #expect(
            settings.traces == nil && settings.metrics == nil, "not to another collector than the one that was named")
        #expect(problems.count == 1 && !problems[0].contains("secret"))
    }

    @Test("Time-out, compression and certificate per signal or for all")
    func transport() {
        let (settings, problems) = read(
            [
                "OTEL_EXPORTER_OTLP_TIMEOUT": "3000", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "4000",
                "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem",
                "OTEL_METRIC_EXPORT_TIMEOUT": "2000",
            ], endpoint: "https://h")
        #expect(settings.traces?.timeout == 3 * second && settings.metrics?.timeout == 2 * second)
        #expect(settings.traces?.compression == SignalEndpoint.Compression.none)
        #expect(settings.metrics?.compression == .all)
        #expect(settings.traces?.authorityFile == "/ca.pem" && problems.isEmpty)
    }

    @Test(
        "Unless something says otherwise all is compressed, but for a collector on the same host what it gets at once",
        arguments: [
            ("http://localhost:4318", true), ("https://LocalHost", true), ("http://127.0.0.1:4318", true),
            ("http://127.9.9.9", true), ("http://[::1]:4318", true), ("http://[::ffff:127.0.0.1]", true),
            ("http://collector:4318", false), ("http://10.0.0.1:4318", false), ("http://127.0.0.1.example", false),
            ("http://localhost.example", false), ("https://[fd00::1]", false), ("http://0.0.0.0", false),
        ])
    func compression(endpoint: String, isHere: Bool) {
        let usual: SignalEndpoint.Compression = isHere ? .spooled : .all
        #expect(read([:], endpoint: endpoint).settings.traces?.compression == usual)
        #expect(read(["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint]).settings.logs?.compression == usual)
        let named = read(["OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"], endpoint: endpoint).settings
        #expect(named.traces?.compression == .all && named.metrics?.compression == .all)
        var file = TelemetrySettings.File(), problems: [String] = []
        file.destinations = [.init(endpoint: endpoint)]
        for wanted in [.all, .none] as [SignalEndpoint.Compression] {
            file.destinations[0].compression = wanted
            let settings = TelemetrySettings(file: file, version: "1", environment: { _ in nil }, problems: &problems)
            #expect(settings.traces?.compression == wanted && problems.isEmpty)
        }
    }

    @Test("Batching, interval, temporality, limits and levels are read")
    func numbers() {
        let (settings, problems) = read([
            "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BSP_EXPORT_TIMEOUT": "7000", "OTEL_BSP_MAX_QUEUE_SIZE": "64",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "32", "OTEL_METRIC_EXPORT_INTERVAL": "1500",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "Delta", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "40",
            "OTEL_LOG_LEVEL": "error",
        ])
        #expect(settings.traceBatching.scheduleDelay == second / 10 && settings.flushTimeout == 7 * second)
        #expect(settings.traceBatching.maximumQueue == 64 && settings.traceBatching.maximumBatch == 32)
        #expect(settings.metricInterval == second * 3 / 2 && settings.isDelta && settings.lengthLimit == 40)
        #expect(settings.logLevel == .error && problems.isEmpty)
        #expect(read(["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "0"]).settings.lengthLimit == 0)
    }

    @Test("Events have variables of their own; of two times for the end the longer counts")
    func events() {
        let (settings, problems) = read([
            "OTEL_BLRP_SCHEDULE_DELAY": "50", "OTEL_BLRP_MAX_QUEUE_SIZE": "9", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "3",
            "OTEL_BLRP_EXPORT_TIMEOUT": "8000", "OTEL_BSP_EXPORT_TIMEOUT": "7000",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": "30", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "40",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://l:1/x", "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "a=b",
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "2000", "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": "none",
        ])
        #expect(settings.logBatching.scheduleDelay == second / 20 && settings.logBatching.maximumQueue == 9)
        #expect(settings.logBatching.maximumBatch == 3 && settings.flushTimeout == 8 * second)
        #expect(settings.logLengthLimit == 30 && settings.lengthLimit == 40)
        #expect(settings.logs?.url == OTLPURL("https://l:1/x") && settings.logs?.timeout == 2 * second)
        #expect(settings.logs?.headers.first?.name == "a")
        #expect(settings.logs?.compression == SignalEndpoint.Compression.none)
        #expect(settings.traces == nil && settings.traceBatching.maximumQueue == 16_384 && problems.isEmpty)
    }

    @Test("A batch cannot exceed the queue; that is a problem only for one who asked for it")
    func batchAboveQueue() {
        let silent = read(["OTEL_BSP_MAX_QUEUE_SIZE": "100"])
        #expect(silent.settings.traceBatching.maximumBatch == 100 && silent.problems.isEmpty)
        let asked = read(["OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "101"])
        #expect(asked.settings.traceBatching.maximumBatch == 100 && asked.problems.count == 1)
    }

    @Test(
        "A value that makes no sense is named once and the default counts",
        arguments: [
            ("OTEL_BSP_SCHEDULE_DELAY", "soon"), ("OTEL_BSP_SCHEDULE_DELAY", "-1"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1e3"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/k.pem"), ("OTEL_SDK_DISABLED", "yes"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_TRACES_SAMPLER_ARG", "1.1"),
            ("OTEL_TRACES_SAMPLER_ARG", "nan"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "sometimes"), ("OTEL_LOG_LEVEL", "loud"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-5"), ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
        ])
    func badValues(name: String, text: String) {
        let (settings, problems) = read([name: text], endpoint: "http://h")
        let plain = read([:], endpoint: "http://h").settings
        #expect(problems.count == 1 && problems[0].hasPrefix(String(name.prefix(18))), "\(problems)")
        #expect(settings.traces == plain.traces && settings.metrics == plain.metrics)
        #expect(settings.sampler == plain.sampler && settings.metricInterval == plain.metricInterval)
        #expect(settings.traceBatching == plain.traceBatching && settings.logBatching == plain.logBatching)
        #expect(settings.logLengthLimit == plain.logLengthLimit && settings.lengthLimit == plain.lengthLimit)
    }

    @Test(
        "The samplers of the specification",
        arguments: [
            ("parentbased_always_on", Sampler(ratio: 1)), ("parentbased_always_off", Sampler(ratio: 0)),
            ("always_on", Sampler(ratio: 1, followsParent: false)),
            ("always_off", Sampler(ratio: 0, followsParent: false)),
            ("traceidratio", Sampler(ratio: 0.25, followsParent: false)),
            ("parentbased_traceidratio", Sampler(ratio: 0.25)),
        ])
    func samplers(name: String, sampler: Sampler) {
        let variables = ["OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": "0.25"]
        #expect(read(variables, ratio: 0.5).settings.sampler == sampler)
    }

    @Test("The file's share counts unless a variable says otherwise")
    func fileRatio() {
        #expect(read([:], ratio: 0.5).settings.sampler == Sampler(ratio: 0.5))
        #expect(read(["OTEL_TRACES_SAMPLER_ARG": "0.1"], ratio: 0.5).settings.sampler == Sampler(ratio: 0.1))
    }

    @Test("OTEL_SERVICE_NAME beats OTEL_RESOURCE_ATTRIBUTES, which beats the defaults; values are percent-decoded")
    func resources() {
        #expect(resource([:])["service.name"] == "tollgate" && resource([:])["service.version"] == "1.2.3")
        #expect(resource([:])["telemetry.sdk.language"] == "swift")
        let attributes = "service.name=a,deployment.environment.name=eu%2Cwest, x.y = %zz%4"
        #expect(resource(["OTEL_RESOURCE_ATTRIBUTES": attributes])["service.name"] == "a")
        #expect(resource(["OTEL_RESOURCE_ATTRIBUTES": attributes])["deployment.environment.name"] == "eu,west")
        #expect(resource(["OTEL_RESOURCE_ATTRIBUTES": attributes])["x.y"] == "%zz%4")
        #expect(resource(["OTEL_RESOURCE_ATTRIBUTES": attributes, "OTEL_SERVICE_NAME": "b"])["service.name"] == "b")
    }
}

/// Where one signal goes.
package struct SignalEndpoint: Sendable, Equatable {
    /// The signal's own URL, path included.
    package var url: OTLPURL
    /// Values may be secrets: they are sent and never shown.
    package var headers: [(name: String, value: String)]
    /// Nanoseconds for one export.
    package var timeout: Int64
    package var isCompressed: Bool
    /// Certificates (PEM) of the authorities to trust instead of the system's.
    package var authorityFile: String?
    /// What is shown to a collector that asks for a certificate.
    package var identity: Identity?
    /// Over gRPC; the URL's path is then that of the call.
    package var isGRPC = false

    /// PEM files: the certificate chain, leaf first, and its key.
    package struct Identity: Sendable, Equatable {
        package var certificateFile: String
        package var keyFile: String
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.url == right.url && left.timeout == right.timeout && left.isCompressed == right.isCompressed
            && left.authorityFile == right.authorityFile && left.identity == right.identity
            && left.isGRPC == right.isGRPC
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// How telemetry is made and sent: the configuration file's settings under those of the `OTEL_*` variables.
package struct TelemetrySettings: Sendable {
    /// `nil`: the signal is not exported.
    package var traces: SignalEndpoint?
    package var metrics: SignalEndpoint?
    package var logs: SignalEndpoint?
    package var resource: [(name: String, value: String)] = []
    package var sampler = Sampler(ratio: 1)
    package var traceBatching = Batching(scheduleDelay: 5_000_000_000)
    package var logBatching = Batching(scheduleDelay: 1_000_000_000)
    /// Nanoseconds that the exports at the process's end may take.
    package var flushTimeout: Int64 = 10_000_000_000
    /// Nanoseconds from one export of metrics to the next.
    package var metricInterval: Int64 = 60_000_000_000
    package var isDelta = false
    /// Label sets that each instrument may have.
    package var seriesLimit = MetricShard.maximumSeries
    package var exemplars = ExemplarFilter.traceBased
    /// Unicode scalars that the text of a span's attribute may have; nil: any number.
    package var lengthLimit: Int?
    /// The same for events.
    package var logLengthLimit: Int?
    /// What telemetry says of itself in the log, from this severity on.
    package var logLevel = LogSeverity.info

    /// How the records of a signal are gathered.
    package struct Batching: Sendable, Equatable {
        /// Nanoseconds from a record's end to its export, at the latest.
        package var scheduleDelay: Int64
        /// Records that wait for export, at most; records in one export, at most.
        package var maximumQueue = 16_384
        package var maximumBatch = 512

        package init(scheduleDelay: Int64) { self.scheduleDelay = scheduleDelay }
    }

    /// What the configuration file says.
    package struct File: Sendable {
        package var endpoint: String?
        package var headers: [(name: String, value: String)] = []
        package var serviceName: String?
        package var samplingRatio: Double?
        /// Nanoseconds.
        package var metricInterval: Int64?
        package var isDelta: Bool?
        package var seriesLimit: Int?

        package init() {}
    }

    /// - Parameters:
    ///   - environment: the value of a variable.
    ///   - problems: gets a sentence for each variable that makes no sense; it is then not used.
    package init(file: File, version: String, environment: @escaping (String) -> String?, problems: inout [String]) {
        var reader = OTELEnvironment(environment)
        resource = reader.resource(serviceName: file.serviceName, version: version)
        sampler = reader.sampler(ratio: file.samplingRatio)
        logLevel = reader.logLevel()
        readBatching(&reader)
        readMetrics(&reader, file)
        if !reader.flag("OTEL_SDK_DISABLED") {
            traces = reader.endpoint("TRACES", path: "v1/traces", file: file)
            metrics = reader.endpoint("METRICS", path: "v1/metrics", file: file)
            logs = reader.endpoint("LOGS", path: "v1/logs", file: file)
        }
        if let limit = reader.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT"), let timeout = metrics?.timeout {
            metrics?.timeout = min(timeout, limit)
        }
        problems += reader.problems
    }

    private mutating func readMetrics(_ reader: inout OTELEnvironment, _ file: File) {
        isDelta = reader.isDelta() ?? file.isDelta ?? isDelta
        metricInterval = reader.milliseconds("OTEL_METRIC_EXPORT_INTERVAL") ?? file.metricInterval ?? metricInterval
        seriesLimit = file.seriesLimit ?? seriesLimit
        exemplars = reader.exemplarFilter()
    }

    private mutating func readBatching(_ reader: inout OTELEnvironment) {
        traceBatching = reader.batching("OTEL_BSP", traceBatching)
        logBatching = reader.batching("OTEL_BLRP", logBatching)
        // One end for both: the longer of what they allow.
        let timeouts = ["OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BLRP_EXPORT_TIMEOUT"].compactMap { reader.milliseconds($0) }
        flushTimeout = timeouts.max() ?? flushTimeout
        let common = reader.lengthLimit("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        lengthLimit = reader.lengthLimit("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? common
        logLengthLimit = reader.lengthLimit("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? common
    }
}

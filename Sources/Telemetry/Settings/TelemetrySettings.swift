/// Where one signal goes.
package struct SignalEndpoint: Sendable, Equatable {
    /// The signal's own URL, path included.
    package var url: OTLPURL
    /// Values may be secrets: they are sent and never shown.
    package var headers: [(name: String, value: String)]
    /// Nanoseconds for one export.
    package var timeout: Int64
    package var compression: Compression
    /// Certificates (PEM) of the authorities to trust instead of the system's.
    package var authorityFile: String?
    /// What is shown to a collector that asks for a certificate.
    package var identity: Identity?
    /// Over gRPC; the URL's path is then that of the call.
    package var isGRPC = false

    /// Which requests are compressed with gzip.
    package enum Compression: Sendable {
        case all
        /// Those that go to the spool. For a collector on the same host the rest is work for nothing, on both sides.
        case spooled
        case none
    }

    /// PEM files: the certificate chain, leaf first, and its key.
    package struct Identity: Sendable, Equatable {
        package var certificateFile: String
        package var keyFile: String

        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.url == right.url && left.timeout == right.timeout && left.compression == right.compression
            && left.authorityFile == right.authorityFile && left.identity == right.identity
            && left.isGRPC == right.isGRPC
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// How telemetry is made and sent: the configuration file's settings under those of the `OTEL_*` variables.
package struct TelemetrySettings: Sendable {
    /// Where telemetry goes; each takes what it takes, whatever the others do.
    package var destinations: [Destination] = []
    /// What waits for a collector that does not take it waits on disk; nil: in memory only.
    package var spool: Spool?
    /// The first destination of a signal; `nil`: the signal is not exported.
    package var traces: SignalEndpoint? { first(.spans) }
    package var metrics: SignalEndpoint? { first(.metrics) }
    package var logs: SignalEndpoint? { first(.logs) }
    package var resource: [(name: String, value: String)] = []
    package var sampler = Sampler(ratio: 1)
    package var traceBatching = Batching(scheduleDelay: 500_000_000)
    package var logBatching = Batching(scheduleDelay: 500_000_000)
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

    /// A collector.
    package struct Destination: Sendable, Equatable {
        /// In metrics, in the log and in the names of folders of the spool.
        package var name: String
        package var endpoints: [Signal: SignalEndpoint] = [:]
    }

    package struct Spool: Sendable, Equatable {
        /// The folder; it is made when it is needed.
        package var directory: String
        /// Bytes of files, for each destination.
        package var maximumSize: Int
        /// Nanoseconds.
        package var maximumAge: Int64

        package init(directory: String, maximumSize: Int = 1 << 30, maximumAge: Int64 = 86_400_000_000_000) {
            self.directory = directory
            self.maximumSize = maximumSize
            self.maximumAge = maximumAge
        }
    }

    private func first(_ signal: Signal) -> SignalEndpoint? {
        destinations.lazy.compactMap { $0.endpoints[signal] }.first
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
        spool = file.spool
        if !reader.flag("OTEL_SDK_DISABLED") { destinations = reader.destinations(file) }
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
        reader.checkPropagators()
        let common = reader.lengthLimit("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        lengthLimit = reader.lengthLimit("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? common
        logLengthLimit = reader.lengthLimit("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? common
    }
}

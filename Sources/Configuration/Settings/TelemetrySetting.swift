/// A collector.
package struct CollectorSetting: Sendable {
    package enum Signal: String, CaseIterable, Sendable { case traces, metrics, logs }
    package enum Wire: String, CaseIterable, Sendable {
        case http = "http/protobuf"
        case grpc
    }
    package enum Compression: String, CaseIterable, Sendable {
        /// gzip, but for what goes to a collector on the same host at once.
        case auto
        case gzip, none
    }

    /// Nil: called by its host and port.
    package var name: String?
    package let endpoint: String
    /// Header values may be secrets.
    package let headers: [(name: String, value: Secret)]
    package var signals: [Signal] = Signal.allCases
    package var wire = Wire.http
    package var compression = Compression.auto
    /// Nanoseconds for one export.
    package var timeout: Int64 = 10_000_000_000
    /// Absolute path of certificates (PEM) to trust instead of the system's.
    package var authorityFile: String?
    /// What is shown to a collector that asks for a certificate: absolute paths (PEM).
    package var identity: (certificateFile: String, keyFile: String)?

    package var files: [String] {
        (authorityFile.map { [$0] } ?? []) + (identity.map { [$0.certificateFile, $0.keyFile] } ?? [])
    }
}

/// What waits for a collector that does not take it.
package struct SpoolSetting: Sendable, Equatable {
    /// Bytes of files for each collector.
    package var maximumSize = 1 << 30
    /// Nanoseconds.
    package var maximumAge: Int64 = 86_400_000_000_000
}

package struct TelemetrySetting: Sendable {
    package var collectors: [CollectorSetting] = []
    /// Nil when it is switched off.
    package var spool: SpoolSetting? = SpoolSetting()
    package var serviceName: String?
    /// Of the traces that do not come with a decision of their own, 0...1.
    package var samplingRatio: Double?
    package var clients = ClientTelemetrySetting()
    /// Requests of a session join the trace of their prompt, and prompts, subagents and tools get spans.
    package var sessionTraces = true
    /// What breaks a provider's cache is looked for.
    package var cacheForensics = true
    package var traces = TraceSetting()
    package var logs = EventSetting()
    package var metrics = MetricsSetting()
}

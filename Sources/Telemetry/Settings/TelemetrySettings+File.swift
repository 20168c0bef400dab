extension TelemetrySettings {
    /// What the configuration file says.
    package struct File: Sendable {
        package var destinations: [FileDestination] = []
        package var spool: Spool?
        package var serviceName: String?
        package var samplingRatio: Double?
        /// Nanoseconds.
        package var metricInterval: Int64?
        package var isDelta: Bool?
        package var seriesLimit: Int?

        package init() {}
    }

    /// A collector as the configuration file names it.
    package struct FileDestination: Sendable {
        /// Nil: named by its host and port.
        package var name: String?
        /// The URL that the signals' paths are appended to; with gRPC that of the server.
        package var endpoint: String
        package var headers: [(name: String, value: String)] = []
        package var signals: Set<Signal> = [.spans, .metrics, .logs]
        package var isGRPC = false
        /// Nil: as the collector's place asks for.
        package var compression: SignalEndpoint.Compression?
        /// Nanoseconds for one export; nil: ten seconds.
        package var timeout: Int64?
        package var authorityFile: String?
        package var identity: SignalEndpoint.Identity?

        package init(endpoint: String) { self.endpoint = endpoint }
    }
}

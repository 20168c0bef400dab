import Telemetry

/// One way of telemetry that the doctor tries.
struct DoctorCollector: Sendable {
    let check: String
    let place: String
    let endpoint: SignalEndpoint

    /// Each signal's own.
    static func all(_ settings: TelemetrySettings) -> [DoctorCollector] {
        [("traces", settings.traces), ("metrics", settings.metrics), ("logs", settings.logs)].compactMap {
            signal, endpoint in
            endpoint.map { endpoint in
                let url = endpoint.url
                let way = endpoint.isGRPC ? "gRPC" : url.isEncrypted ? "https" : "http"
                return DoctorCollector(
                    check: "collector \(signal)", place: "\(url.host):\(url.port) (\(way))", endpoint: endpoint)
            }
        }
    }
}

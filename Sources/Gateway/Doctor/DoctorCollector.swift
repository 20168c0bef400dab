import Telemetry

/// One way of telemetry that the doctor tries.
struct DoctorCollector: Sendable {
    let check: String
    let place: String
    let endpoint: SignalEndpoint

    /// Each signal of each destination.
    static func all(_ settings: TelemetrySettings) -> [DoctorCollector] {
        settings.destinations.flatMap { destination in
            [Signal.spans, .metrics, .logs].compactMap { signal in
                destination.endpoints[signal].map { endpoint in
                    let url = endpoint.url
                    let way = endpoint.isGRPC ? "gRPC" : url.isEncrypted ? "https" : "http"
                    return DoctorCollector(
                        check: "collector \(destination.name) \(signal.rawValue)",
                        place: "\(url.host):\(url.port) (\(way))", endpoint: endpoint)
                }
            }
        }
    }
}

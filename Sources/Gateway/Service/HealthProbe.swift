import Configuration
import HTTP
import Transport
import Wire

/// Asks a gateway on this machine whether it is ready.
package enum HealthProbe {
    private static let timeout: Int64 = 3_000_000_000

    /// `nil`: ready; else why not.
    package static func problem(_ place: Snapshot.Place) async -> String? {
        guard let listen = place.listen.first else { return "nothing to listen on" }
        do {
            let loop = try EventLoop(index: 0)
            try loop.start()
            // Listening on every address includes the local one.
            let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][listen.host] ?? listen.host
            let endpoint = Endpoint(
                host: host, port: listen.port, tls: place.hasTLS ? try TLSContext.unverified() : nil)
            let probe = ReadinessProbe(endpoint, loop: loop)
            let status = try await Task(executorPreference: loop) { try await probe.status(timeout: timeout) }.value
            return status == 200 ? nil : "status \(status)"
        } catch let fault as ClientFault {
            return fault.sentence
        } catch {
            return (error as? TransportError)?.sentence ?? "\(error)"
        }
    }
}

private actor ReadinessProbe {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let client: HTTPClient

    init(_ endpoint: Endpoint, loop: EventLoop) {
        self.loop = loop
        client = HTTPClient(endpoint: endpoint, loop: loop, resolver: Resolver())
    }

    func status(timeout: Int64) async throws -> Int {
        try await client.get(path: "/readyz", timeout: timeout).status
    }
}

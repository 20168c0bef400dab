import HTTP
import Transport

/// Connects, and hangs up; pinned to a loop.
actor Reachability {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let resolver = Resolver()
    private static let timeout: Int64 = 5_000_000_000
    /// Bytes: metrics with many labels are long.
    private static let maximumAnswer = 64 * 1024 * 1024

    init(loop: EventLoop) { self.loop = loop }

    enum Outcome: Equatable {
        /// Nanoseconds until the connection was there (the name's address included), and until TLS was on it too.
        case reached(plain: Int64, secure: Int64?)
        case failed(TransportError)
    }

    func connect(_ endpoint: Endpoint) async -> Outcome {
        let bare = Endpoint(host: endpoint.host, port: endpoint.port, tls: nil, proxy: endpoint.proxy)
        do throws(TransportError) {
            let plain = try await time(bare)
            guard endpoint.tls != nil else { return .reached(plain: plain, secure: nil) }
            return .reached(plain: plain, secure: try await time(endpoint))
        } catch {
            return .failed(error)
        }
    }

    private func time(_ endpoint: Endpoint) async throws(TransportError) -> Int64 {
        let began = monotonicNanoseconds()
        let connector = Connector(endpoint: endpoint, loop: loop, resolver: resolver)
        try await connector.connect(Wakeup(loop: loop), timeout: Self.timeout, abort: []).close()
        return monotonicNanoseconds() - began
    }

    /// Asks the gateway; the status and the text.
    func get(_ path: String, from endpoint: Endpoint) async -> Result<(status: Int, text: String), ClientFault> {
        let client = HTTPClient(
            endpoint: endpoint, loop: loop, resolver: resolver, maximumAnswer: Self.maximumAnswer)
        do throws(ClientFault) {
            let answer = try await client.get(path: path, timeout: Self.timeout)
            await client.close()
            return .success((answer.status, String(decoding: answer.body, as: UTF8.self)))
        } catch {
            return .failure(error)
        }
    }
}

/// What came of connecting, judged. Pure.
enum ReachabilityChecks {
    static func finding(_ check: String, _ place: String, _ outcome: Reachability.Outcome) -> DoctorFinding {
        switch outcome {
        case .reached(let plain, let secure):
            let tls = secure.map { ", with TLS after \(DoctorText.milliseconds($0))" } ?? ""
            return .ok(check, "\(place) connected after \(DoctorText.milliseconds(plain))\(tls)")
        case .failed(let error):
            return .fail(check, "\(place): \(error.sentence)", cure: cure(error))
        }
    }

    static func cure(_ error: TransportError) -> String {
        switch error {
        case .unresolved: "check the name, and the DNS of this machine"
        case .timedOut: "a firewall on the way? open it, or set a proxy"
        case .system: "nothing listens there, or the network refuses it: check host and port"
        case .tls, .certificate:
            "if it is a private authority, name its file as the CA file; else check the host name and the clock"
        case .tlsConfiguration: "check the certificate files"
        case .proxy, .proxyFault: "check the proxy, its credential and what it lets through"
        case .closed, .cancelled: "it hung up: is it the right port, and is TLS spoken there?"
        }
    }
}

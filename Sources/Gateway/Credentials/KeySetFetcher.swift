import Configuration
import Governance
import HTTP
import Transport
import Upstream

/// Reads the key set of an issuer from where it is, once.
struct KeySetFetcher: Sendable {
    /// Where the set is.
    enum Place: Sendable {
        case file(String)
        case url(Endpoint, path: String, shown: String)
    }

    let place: Place
    let resolver: Resolver

    /// Nanoseconds for a request.
    private static let timeout: Int64 = 5_000_000_000

    /// `nil` for a secret, which is not fetched. Throws `.tlsConfiguration` when the CA file cannot be used.
    init?(_ issuer: TokenIssuerSetting, proxies: ProxyEnvironment, resolver: Resolver) throws(TransportError) {
        self.resolver = resolver
        switch issuer.keys {
        case .secret: return nil
        case .file(let path): place = .file(path)
        case .url(let url, let path, _):
            let tls = url.isEncrypted ? try TLSContext(authorityFile: issuer.authorityFile) : nil
            let proxy = proxies.proxy(for: url.host, port: url.port)
            let endpoint = Endpoint(host: url.host, port: url.port, tls: tls, proxy: proxy.map { ProxyEndpoint($0) })
            let scheme = url.isEncrypted ? "https://" : "http://"
            place = .url(endpoint, path: path, shown: scheme + url.authority + path.prefix { $0 != "?" })
        }
    }

    /// For log lines: the file, or the URL without its query.
    var name: String {
        switch place {
        case .file(let path): path
        case .url(_, _, let shown): shown
        }
    }

    func fetch(on loop: EventLoop) async throws(KeySetFault) -> JSONWebKeySet {
        switch place {
        case .file(let path): return try JSONWebKeySet(parsing: try await read(path, on: loop))
        case .url(let endpoint, let path, _): return try JSONWebKeySet(parsing: try await get(endpoint, path, on: loop))
        }
    }

    private func read(_ path: String, on loop: EventLoop) async throws(KeySetFault) -> [UInt8] {
        let answer = await withUnsafeContinuation { continuation in
            FileReader.read(path, maximumBytes: JSONWebKeySet.maximumBytes, on: loop) {
                continuation.resume(returning: $0)
            }
        }
        do throws(TransportError) {
            return try answer.get()
        } catch {
            throw KeySetFault("cannot be read: \(error.sentence)")
        }
    }

    private func get(_ endpoint: Endpoint, _ path: String, on loop: EventLoop) async throws(KeySetFault) -> [UInt8] {
        let client = HTTPClient(endpoint: endpoint, loop: loop, resolver: resolver)
        let answer: HTTPAnswer
        do throws(ClientFault) {
            answer = try await client.send(
                "GET", path: path, fields: [("accept", "application/jwk-set+json, application/json")], body: [],
                timeout: Self.timeout)
        } catch {
            throw KeySetFault("cannot be fetched: \(error.sentence)")
        }
        await client.close()
        guard answer.status == 200 else { throw KeySetFault("was answered with status \(answer.status)") }
        return answer.body
    }
}

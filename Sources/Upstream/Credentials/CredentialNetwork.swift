import Configuration
import HTTP
import Transport

/// How the endpoints that give credentials are reached; shared by all loops.
package struct CredentialNetwork: Sendable {
    /// For `https`: what certificates must chain to.
    package let tls: TLSContext
    package let resolver: Resolver
    /// Which endpoints are reached through a proxy. Those of this machine and its host never are.
    package let proxies: ProxyEnvironment
    /// The variables of this process.
    package let environment: @Sendable (String) -> String?

    package init(
        tls: TLSContext, resolver: Resolver, proxies: ProxyEnvironment = ProxyEnvironment(),
        environment: @escaping @Sendable (String) -> String? = processEnvironment
    ) {
        self.tls = tls
        self.resolver = resolver
        self.proxies = proxies
        self.environment = environment
    }
}

/// One endpoint that gives credentials, and what to do when it does not. A connection lives as long as this does.
struct CredentialEndpoint {
    /// For sentences: the URL without its query.
    let name: String
    let advice: String
    private let client: HTTPClient
    /// For each step, nanoseconds. What is near answers at once, or is not there.
    private let timeout: Int64

    /// `isLocal`: the endpoint belongs to this machine or its host, where no proxy leads.
    init(_ url: BaseURL, name: String, advice: String, isLocal: Bool, network: CredentialNetwork, loop: EventLoop) {
        self.name = name
        self.advice = advice
        timeout = isLocal ? 3_000_000_000 : 10_000_000_000
        let proxy = isLocal ? nil : network.proxies.proxy(for: url.host, port: url.port)
        let endpoint = Endpoint(
            host: url.host, port: url.port, tls: url.isEncrypted ? network.tls : nil,
            proxy: proxy.map { ProxyEndpoint($0) })
        client = HTTPClient(endpoint: endpoint, loop: loop, resolver: network.resolver)
    }

    /// The whole answer, whatever its status.
    func send(
        _ method: String, path: String, fields: [(String, String)], body: [UInt8] = []
    ) async throws(CredentialFault) -> HTTPAnswer {
        do throws(ClientFault) {
            return try await client.send(method, path: path, fields: fields, body: body, timeout: timeout)
        } catch {
            throw .unreachable(endpoint: name, reason: error.sentence, advice: advice)
        }
    }

    func close() async { await client.close() }

    func refused(_ answer: HTTPAnswer, reason: String? = nil) -> CredentialFault {
        .refused(endpoint: name, status: answer.status, reason: reason, advice: advice)
    }

    func malformed(_ reason: String) -> CredentialFault { .malformed(endpoint: name, reason: reason, advice: advice) }
}

extension BaseURL {
    /// For sentences.
    func shown(path: String) -> String {
        (isEncrypted ? "https://" : "http://") + authority + path.prefix { $0 != "?" }
    }
}

import Configuration
import Providers
import Transport
import Upstream

/// A provider account ready for use: where it is, and what authenticates there. Immutable and shared by all loops; a reload keeps
/// the object as long as its settings are the same, and with it the open connections.
final class UpstreamAccount: Sendable {
    let setting: ProviderSetting
    let endpoint: Endpoint
    /// As it goes into `host`.
    let authority: String
    /// What stands before the path.
    let prefix: String
    /// For `gen_ai.provider.name`.
    let providerName: String
    /// Where tokens are fetched, for a credential that has to be.
    let network: CredentialNetwork?
    /// What its answers said of its limits.
    let quota = ProviderQuota()
    /// Of an account that takes only so many requests at once.
    let places: AccountPlaces?

    var name: String { setting.name }
    var kind: ProviderKind { setting.kind }
    /// The account has a credential of its own.
    var hasCredential: Bool { if case .none = setting.credential { false } else { true } }
    var timeouts: UpstreamTimeouts { setting.timeouts }

    /// Loads the CA file; throws `.tlsConfiguration` if it cannot be used. `mockPort` is where the mock listens.
    init(
        _ setting: ProviderSetting, proxies: ProxyEnvironment, mockPort: UInt16?, resolver: Resolver
    ) throws(TransportError) {
        self.setting = setting
        providerName = Self.providerName(setting)
        places = setting.maximumConcurrentRequests.map {
            AccountPlaces(limit: $0, longestQueue: setting.maximumQueuedRequests)
        }
        standingCredential = UpstreamCredential(standing: setting.credential, keyField: setting.keyField)
        network = standingCredential == nil ? try Self.network(setting, proxies, resolver) : nil
        if setting.kind == .mock {
            let port = mockPort ?? 0
            endpoint = Endpoint(host: "127.0.0.1", port: port, tls: nil)
            authority = "127.0.0.1:\(port)"
            prefix = ""
        } else {
            let url = setting.baseURL
            let tls = url.isEncrypted ? try TLSContext(authorityFile: setting.authorityFile) : nil
            endpoint = Endpoint(
                host: url.host, port: url.port, tls: tls, proxy: setting.proxy.map { ProxyEndpoint($0) })
            authority = url.authority
            prefix = url.prefix
        }
    }

    private static func network(
        _ setting: ProviderSetting, _ proxies: ProxyEnvironment, _ resolver: Resolver
    ) throws(TransportError) -> CredentialNetwork {
        CredentialNetwork(
            tls: try TLSContext(authorityFile: setting.authorityFile), resolver: resolver,
            proxies: proxies)
    }

    /// The well-known values of OpenTelemetry's `gen_ai.provider.name`.
    private static func providerName(_ setting: ProviderSetting) -> String {
        switch setting.kind {
        case .anthropic: "anthropic"
        case .openAI: "openai"
        case .azure: setting.baseURL.prefix.hasSuffix("/anthropic") ? "azure.ai.inference" : "azure.ai.openai"
        case .gemini: "gcp.gemini"
        case .vertex: "gcp.vertex_ai"
        case .bedrock: "aws.bedrock"
        case .xAI: "x_ai"
        case .openAICompatible: "openai_compatible"
        case .mock: "mock"
        }
    }

    /// Whether the setting leads to the same connections and the same credential.
    func isSame(as other: ProviderSetting, mockPort: UInt16?) -> Bool {
        setting.isSame(as: other) && (kind != .mock || endpoint.port == mockPort)
    }

    // MARK: Credential

    /// What is known without asking anybody; `nil`: it has to be fetched.
    let standingCredential: UpstreamCredential?

    // MARK: Concurrency

    /// Takes a place, if the account has one.
    func enter() -> Bool { places?.enter() ?? true }

    /// Gives the place back.
    func leave() { places?.leave() }
}

extension [UpstreamAccount] {
    /// The accounts of a snapshot, those that did not change taken over.
    static func make(
        _ snapshot: Snapshot, previous: [UpstreamAccount], mockPort: UInt16?, resolver: Resolver
    ) throws(TransportError) -> [UpstreamAccount] {
        var accounts: [UpstreamAccount] = []
        for setting in snapshot.providers {
            if let same = previous.first(where: { $0.isSame(as: setting, mockPort: mockPort) }) {
                accounts.append(same)
            } else {
                accounts.append(
                    try UpstreamAccount(
                        setting, proxies: snapshot.proxies, mockPort: mockPort, resolver: resolver))
            }
        }
        return accounts
    }
}

import Configuration
import Transport

/// A provider account ready for use: where it is, and what authenticates there. Immutable and shared by all loops; a reload keeps
/// the object as long as its settings are the same, and with it the open connections.
final class UpstreamAccount: Sendable {
    let name: String
    let kind: ProviderKind
    let endpoint: Endpoint
    /// As it goes into `host`.
    let authority: String
    /// What stands before `/v1/messages`.
    let prefix: String
    let apiKey: Secret?
    let timeouts: UpstreamTimeouts
    let maximumIdle: Int
    /// For `gen_ai.provider.name`.
    let providerName: String
    private let authorityFile: String?

    /// Loads the CA file; throws `.tlsConfiguration` if it cannot be used. `mockPort` is where the mock listens.
    init(_ setting: ProviderSetting, mockPort: UInt16?) throws(TransportError) {
        name = setting.name
        kind = setting.kind
        apiKey = setting.apiKey
        timeouts = setting.timeouts
        maximumIdle = setting.maximumIdleConnections
        authorityFile = setting.authorityFile
        switch setting.kind {
        case .mock:
            let port = mockPort ?? 0
            endpoint = Endpoint(host: "127.0.0.1", port: port, tls: nil)
            authority = "127.0.0.1:\(port)"
            prefix = ""
            providerName = "mock"
        case .anthropic:
            let url = setting.baseURL
            let tls = url.isEncrypted ? try TLSContext(authorityFile: setting.authorityFile) : nil
            endpoint = Endpoint(host: url.host, port: url.port, tls: tls)
            authority = url.authority
            prefix = url.prefix
            providerName = "anthropic"
        }
    }

    /// Whether the setting leads to the same connections and the same credential.
    func isSame(as setting: ProviderSetting, mockPort: UInt16?) -> Bool {
        guard name == setting.name, kind == setting.kind, timeouts == setting.timeouts,
            maximumIdle == setting.maximumIdleConnections, authorityFile == setting.authorityFile
        else { return false }
        switch (apiKey, setting.apiKey) {
        case (nil, nil): break
        case (let old?, let new?) where old.isSame(as: new): break
        default: return false
        }
        if kind == .mock { return endpoint.port == mockPort }
        let url = setting.baseURL
        return endpoint.host == url.host && endpoint.port == url.port && (endpoint.tls != nil) == url.isEncrypted
            && authority == url.authority && prefix == url.prefix
    }
}

extension [UpstreamAccount] {
    /// The accounts of a snapshot, those that did not change taken over.
    static func make(
        _ snapshot: Snapshot, previous: [UpstreamAccount], mockPort: UInt16?
    ) throws(TransportError) -> [UpstreamAccount] {
        var accounts: [UpstreamAccount] = []
        for setting in snapshot.providers {
            if let same = previous.first(where: { $0.isSame(as: setting, mockPort: mockPort) }) {
                accounts.append(same)
            } else {
                accounts.append(try UpstreamAccount(setting, mockPort: mockPort))
            }
        }
        return accounts
    }
}

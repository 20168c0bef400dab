import Configuration
import Governance
import HTTP
import Providers
import Transport
import Wire

extension LoopWorker {
    /// Whom the connection's certificate stands for, when the request has no credential for us: none at all, or only the client's
    /// login with Anthropic. `nil` when there is no certificate, or the request brings something that decides.
    func callerByCertificate(_ exchange: Exchange) throws(Refusal) -> Caller? {
        let identities = exchange.setting.snapshot.certificateIdentities
        guard !identities.isEmpty, let certificate = exchange.channel.stream.peerCertificate else { return nil }
        let bytes = exchange.channel.headBytes
        let fields = CredentialFields(exchange.channel.head, bytes)
        let isLogin = fields.login.map { bytes.slice($0).isAnthropicLogin } ?? false
        guard fields.own == nil, fields.apiKey == nil, fields.bearer == nil || isLogin else { return nil }
        return (try principal(certificate, identities, now: exchange.startedWall), isLogin)
    }

    private func principal(
        _ certificate: PeerCertificate, _ configured: [CertificateIdentity], now: Int64
    ) throws(Refusal) -> Principal {
        if let known = identities.principal(certificate.fingerprint, now: now) { return known }
        // A connection may outlive its certificate.
        guard now < certificate.expires else {
            throw .expiredCertificate(since: RFC3339.text(certificate.expires, fraction: .none))
        }
        guard let principal = configured.principal(of: certificate) else { throw .unknownCertificate }
        identities.insert(certificate.fingerprint, principal, until: certificate.expires)
        return principal
    }
}

extension UnsafeRawBufferPointer {
    /// An access token of claude.ai, as Claude Code sends it.
    fileprivate var isAnthropicLogin: Bool { starts(with: "sk-ant-oat") }
}

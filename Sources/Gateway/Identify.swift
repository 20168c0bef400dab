import Governance
import HTTP
import Providers
import Wire

extension LoopWorker {
    /// identify: one credential gives one principal. No credential, no way in.
    func identify(_ exchange: Exchange) throws(Refusal) {
        let bytes = exchange.channel.headBytes
        let fields = CredentialFields(exchange.channel.head, bytes)
        switch keys.identify(fields, bytes, now: exchange.startedWall) {
        case .known(let principal, let passesThrough):
            exchange.principal = principal
            exchange.passesThrough = passesThrough
            exchange.metadata = try metadata(exchange, principal)
        case .missing: throw .missingCredential
        case .refused(.expired(let moment)): throw .expiredCredential(since: RFC3339.text(moment, fraction: .none))
        case .refused(.revoked): throw .revokedCredential
        case .refused: throw .unknownCredential
        }
    }

    private func metadata(_ exchange: Exchange, _ principal: Principal) throws(Refusal) -> Metadata {
        guard let header = exchange.facts.metadata else { return principal.metadata }
        do throws(MetadataError) {
            return try principal.metadata.overlaid(with: exchange.text(header))
        } catch {
            throw .invalidHeader(error.sentence)
        }
    }
}

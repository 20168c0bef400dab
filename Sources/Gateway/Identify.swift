import Configuration
import Governance
import HTTP
import Providers
import Wire

extension LoopWorker {
    /// identify: one credential gives one principal. No credential, no way in.
    func identify(_ exchange: Exchange) async throws(Refusal) {
        var identity = identity(of: exchange)
        if case .refused(.unknown) = identity, await keyLookout.look(loop) {
            // It may have been issued a moment ago.
            identity = self.identity(of: exchange)
        }
        switch identity {
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

    private func identity(of exchange: Exchange) -> Identity {
        let bytes = exchange.channel.headBytes
        return keys.identify(CredentialFields(exchange.channel.head, bytes), bytes, now: exchange.startedWall)
    }

    private func metadata(_ exchange: Exchange, _ principal: Principal) throws(Refusal) -> Metadata {
        guard let header = exchange.facts.metadata else { return principal.metadata }
        let policy = exchange.setting.snapshot.rules.metadata
        do throws(MetadataError) {
            return try principal.metadata.overlaid(with: exchange.text(header)) { policy.isLocked($0) }
        } catch {
            switch error {
            case .malformed(let problem): throw .invalidHeader("x-tollgate-metadata \(problem).")
            case .locked(let name): throw .lockedTag(name)
            }
        }
    }
}

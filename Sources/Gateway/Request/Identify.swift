import Configuration
import Governance
import HTTP
import Providers
import Wire

extension LoopWorker {
    /// identify: one credential gives one principal. No credential, no way in. A key decides before a token, and both before the
    /// certificate of the connection.
    func identify(_ exchange: Exchange) async throws(Refusal) {
        let caller = try await caller(exchange)
        exchange.principal = caller.principal
        exchange.passesThrough = caller.passesThrough && !bearerIsToken(exchange)
        exchange.metadata = try metadata(exchange, caller.principal)
    }

    private func caller(_ exchange: Exchange) async throws(Refusal) -> Caller {
        var identity = identity(of: exchange)
        switch identity {
        case .known, .refused(.expired), .refused(.revoked), .refused(.valid): break
        case .missing:
            if let caller = try callerByCertificate(exchange) { return caller }
        case .refused(.unknown):
            if let caller = try await callerByToken(exchange) { return caller }
            if let caller = try callerByCertificate(exchange) { return caller }
            // It may be a key that was issued a moment ago.
            if await keyLookout.look(loop) { identity = self.identity(of: exchange) }
        }
        switch identity {
        case .known(let principal, let passesThrough): return (principal, passesThrough)
        case .missing: throw .missingCredential
        case .refused(.expired(let moment, let keyID)):
            exchange.refusedKeyID = keyID
            throw .expiredCredential(since: RFC3339.text(moment, fraction: .none))
        case .refused(.revoked(let keyID)):
            exchange.refusedKeyID = keyID
            throw .revokedCredential
        case .refused: throw .unknownCredential
        }
    }

    private func identity(of exchange: Exchange) -> Identity {
        let bytes = exchange.channel.headBytes
        return keys.identify(CredentialFields(exchange.channel.head, bytes), bytes, now: exchange.startedWall)
    }

    private func metadata(_ exchange: Exchange, _ principal: Principal) throws(Refusal) -> Metadata {
        guard let header = exchange.facts.metadata else { return principal.metadata }
        let policy = exchange.setting.snapshot.rules.metadata, bytes = exchange.text(header)
        if let known = exchange.setting.tags.find(principal, bytes) { return known }
        do throws(MetadataError) {
            let metadata = try principal.metadata.overlaid(with: bytes) { policy.isLocked($0) }
            exchange.setting.tags.keep(metadata, principal, bytes)
            return metadata
        } catch {
            switch error {
            case .malformed(let problem): throw .invalidHeader("x-tollgate-metadata \(problem).")
            case .locked(let name): throw .lockedTag(name)
            }
        }
    }
}

import Governance
import HTTP
import Providers
import Transport
import Wire

extension LoopWorker {
    /// Who asks, and whether the client's own `Authorization` goes on to Anthropic.
    typealias Caller = (principal: Principal, passesThrough: Bool)

    private enum TokenOutcome {
        /// None of the credentials is meant as a token.
        case none
        case valid(Principal)
        case refused(TokenFault)
        /// The issuer at this place may have other keys by now.
        case unknownKey(issuer: Int, isLoaded: Bool)
    }

    /// Whom a token of one of our issuers stands for; `nil` when none of the credentials is meant as one.
    func callerByToken(_ exchange: Exchange) async throws(Refusal) -> Caller? {
        guard !tokens.verifier.isEmpty else { return nil }
        var outcome = tokenOutcome(exchange), isFailing = false
        let deadline = monotonicNanoseconds() + KeySetSource.longestWait
        while case .unknownKey(let place, _) = outcome, let source = tokens.sources[place] {
            guard await source.look(until: deadline) else {
                isFailing = await source.isFailing
                break
            }
            outcome = tokenOutcome(exchange)
        }
        switch outcome {
        case .none: return nil
        case .valid(let principal): return (principal, bringsLogin(exchange))
        case .refused(let fault): throw .refusedToken(fault.sentence)
        case .unknownKey(_, isLoaded: true) where !isFailing: throw .refusedToken(TokenFault.unknownKey.sentence)
        // Its issuer may publish the key: whoever holds it is not to be turned away because it could not be asked.
        case .unknownKey: throw .noTokenKeys
        }
    }

    /// The first credential that is a valid token, or what is wrong with the first that is meant as one.
    private func tokenOutcome(_ exchange: Exchange) -> TokenOutcome {
        let bytes = exchange.channel.headBytes
        var outcome = TokenOutcome.none
        for range in CredentialFields(exchange.channel.head, bytes).deciding {
            let token = bytes.slice(range)
            guard JSONWebToken.isLikely(token) else { continue }
            let found = outcomeOf(token, now: exchange.startedWall)
            if case .valid = found { return found }
            if case .none = outcome { outcome = found }
        }
        return outcome
    }

    private func outcomeOf(_ token: UnsafeRawBufferPointer, now: Int64) -> TokenOutcome {
        let digest = SHA256Digest(of: token)
        if let principal = identities.principal(digest, now: now) { return .valid(principal) }
        switch tokens.verifier.verdict(on: token, now: now) {
        case .valid(let principal, let until):
            identities.insert(digest, principal, until: until)
            return .valid(principal)
        case .refused(let fault): return .refused(fault)
        case .unknownKey(let place): return .unknownKey(issuer: place, isLoaded: true)
        case .noKeys(let place): return .unknownKey(issuer: place, isLoaded: false)
        }
    }

    /// Beside a credential in `x-tollgate-api-key` stands a bearer token that is neither a key of ours nor of the form that our
    /// issuers give: the client's login with Anthropic.
    private func bringsLogin(_ exchange: Exchange) -> Bool {
        let bytes = exchange.channel.headBytes
        let fields = CredentialFields(exchange.channel.head, bytes)
        return fields.own != nil && keys.isForeign(fields.login, bytes, exchange.startedWall)
    }

    /// Whether the bearer token has the form that our issuers give. Those never leave the house, whatever else is there.
    func bearerIsToken(_ exchange: Exchange) -> Bool {
        guard !tokens.verifier.isEmpty else { return false }
        let bytes = exchange.channel.headBytes
        guard let bearer = CredentialFields(exchange.channel.head, bytes).bearer else { return false }
        return JSONWebToken.begins(bytes.slice(bearer))
    }
}

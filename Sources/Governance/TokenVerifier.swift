import Configuration
import Wire

/// What a token turned out to be.
package enum TokenVerdict {
    /// Valid until then, Unix nanoseconds.
    case valid(Principal, until: Int64)
    case refused(TokenFault)
    /// The key that it names is not among those of the issuer at this place of the list: they may have been changed.
    case unknownKey(issuer: Int)
    /// The keys of the issuer at this place have not been loaded yet.
    case noKeys(issuer: Int)
}

/// The issuers whose tokens are credentials, with their keys at one moment.
package struct TokenVerifier: Sendable {
    package let issuers: [TokenIssuerSetting]
    private let keys: [TokenKeySet?]

    /// - Parameter keys: one for each issuer; `nil`: not known yet.
    package init(_ issuers: [TokenIssuerSetting], keys: [TokenKeySet?]) {
        precondition(issuers.count == keys.count, "each issuer has its keys")
        self.issuers = issuers
        self.keys = keys
    }

    package var isEmpty: Bool { issuers.isEmpty }

    /// What is to be said of a credential that is meant as a token. Claims count for nothing before the signature is checked, but
    /// `iss`, which says whose keys are to be tried.
    ///
    /// - Parameter now: Unix nanoseconds.
    package func verdict(on bytes: UnsafeRawBufferPointer, now: Int64) -> TokenVerdict {
        let token: JSONWebToken
        do throws(TokenFault) {
            token = try JSONWebToken(parsing: bytes)
        } catch {
            return .refused(error)
        }
        guard let name = token.claims["iss"]?.string else { return .refused(.missingClaim("iss")) }
        var first: TokenVerdict?
        // An issuer may be there twice, for two audiences.
        for (place, issuer) in issuers.enumerated() where name.isExactly(issuer.issuer) {
            let verdict = verdict(on: token, bytes, place, issuer, now)
            if case .valid = verdict { return verdict }
            if first == nil { first = verdict }
        }
        return first ?? .refused(.unknownIssuer)
    }

    private func verdict(
        on token: JSONWebToken, _ bytes: UnsafeRawBufferPointer, _ place: Int, _ issuer: TokenIssuerSetting,
        _ now: Int64
    ) -> TokenVerdict {
        guard let algorithm = TokenAlgorithm(rawValue: token.algorithm), issuer.allows(algorithm) else {
            return .refused(.algorithm)
        }
        guard let keys = keys[place] else { return .noKeys(issuer: place) }
        do throws(TokenFault) {
            try keys.check(token, bytes, algorithm: algorithm)
            let until = try TokenTimes(token.claims).check(at: now, skew: issuer.clockSkew)
            let audiences = Self.audiences(token.claims)
            guard issuer.audiences.contains(where: { ours in audiences.contains { $0.isExactly(ours) } }) else {
                return .refused(.audience(expected: issuer.audiences))
            }
            guard token.claims["cnf"] == nil else { return .refused(.bound) }
            return .valid(try TokenSubject(token.claims).principal(issuer), until: until)
        } catch .unknownKey {
            return issuer.canChangeKeys ? .unknownKey(issuer: place) : .refused(.unknownKey)
        } catch {
            return .refused(error)
        }
    }

    /// RFC 7519 §4.1.3: a string or a list of them.
    private static func audiences(_ claims: JSONObject) -> [String] {
        switch claims["aud"] {
        case .string(let audience): return [audience]
        case .array(let audiences): return audiences.compactMap(\.string)
        default: return []
        }
    }
}

extension TokenIssuerSetting {
    /// The keys come from where others change them.
    package var canChangeKeys: Bool { if case .secret = keys { false } else { true } }

    /// A secret is for HS256 alone, and HS256 for a secret: a published key is no secret.
    fileprivate func allows(_ algorithm: TokenAlgorithm) -> Bool {
        algorithms.contains(algorithm) && (algorithm == .hs256) == !canChangeKeys
    }
}

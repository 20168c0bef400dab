/// Algorithms of JSON Web Signatures (RFC 7518, RFC 8037).
package enum TokenAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// Where the keys come from that an issuer's tokens are signed with.
package enum TokenKeySource: Sendable {
    /// The secret of HS256; at least 32 bytes.
    case secret(Secret)
    /// A JSON Web Key Set (RFC 7517) in a file, absolute path; read anew when it changes.
    case file(String)
    /// One behind a URL; fetched anew each `refresh` nanoseconds, and when a token names a key that is not in it.
    case url(BaseURL, path: String, refresh: Int64)
}

/// Path and query of a URL are not shown.
extension TokenKeySource: CustomStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .secret: "secret"
        case .file(let path): "file:\(path)"
        case .url(let base, _, let refresh): "\(base.authority) refresh=\(refresh / 1_000_000)ms"
        }
    }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// Which claim says what; names with dots lead into objects (`realm_access.roles`).
package struct TokenClaims: Sendable, Equatable {
    package var user = "sub"
    package var team: String?
    package var groups: String?
    package var virtualAccount: String?
    /// Tags of the request, by claim.
    package var metadata: [String: String] = [:]

    package init() {}
}

/// An issuer whose JSON Web Tokens are credentials: an entry of `credentials.jwt`.
package struct TokenIssuerSetting: Sendable {
    /// `iss`, exactly.
    package let issuer: String
    /// `aud` must hold one of these; at least one.
    package let audiences: [String]
    package let keys: TokenKeySource
    package var algorithms: [TokenAlgorithm]
    package var claims = TokenClaims()
    /// By so much the clocks may differ, nanoseconds.
    package var clockSkew: Int64 = 60_000_000_000
    /// CA file for a `url`; `nil`: the system's.
    package var authorityFile: String?

    package init(issuer: String, audiences: [String], keys: TokenKeySource, algorithms: [TokenAlgorithm]) {
        self.issuer = issuer
        self.audiences = audiences
        self.keys = keys
        self.algorithms = algorithms
    }
}

/// What of a client certificate is compared.
package enum CertificateField: String, Sendable, CaseIterable {
    /// The common name of the subject.
    case commonName = "common_name"
    case dnsName = "dns"
    case email
    case uri
}

/// Whom a client certificate stands for: an entry of `credentials.client_certificates`.
package struct CertificateIdentity: Sendable {
    package let field: CertificateField
    package let value: Glob
    /// Empty: the matched value is the user.
    package var user = ""
    package var team = ""
    package var groups: [String] = []
    package var virtualAccount = ""
    package var metadata: [String: String] = [:]

    package init(field: CertificateField, value: Glob) {
        self.field = field
        self.value = value
    }
}

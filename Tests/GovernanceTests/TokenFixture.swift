import Configuration
import Transport
import Wire

@testable import Governance

/// Tokens that are made in the test itself, with a secret.
struct TokenFixture {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let issuer = "https://idp.example/realm"
    /// 14 November 2023, Unix seconds.
    static let now: Int64 = 1_700_000_000

    var setting = TokenIssuerSetting(
        issuer: issuer, audiences: ["tollgate", "gateway"], keys: .secret(Secret(secret)), algorithms: [.hs256])

    static let goodClaims = #"{"iss":"https://idp.example/realm","aud":"tollgate","sub":"dora","exp":1700000100}"#
    static let goodHeader = #"{"alg":"HS256","typ":"JWT"}"#

    static func encoded(_ bytes: [UInt8]) -> String {
        var output = ByteWriter()
        bytes.withUnsafeBytes { Base64.encodeForURL($0, to: &output) }
        return output.text
    }

    static func encoded(_ text: String) -> String { encoded(Array(text.utf8)) }

    /// With a good signature, whatever the parts are.
    static func token(parts: String, secret: String = secret) -> String {
        parts + "." + encoded(HMACSHA256.code(of: Array(parts.utf8), key: Array(secret.utf8)))
    }

    static func token(_ claims: String, header: String = goodHeader, secret: String = secret) -> String {
        token(parts: encoded(header) + "." + encoded(claims), secret: secret)
    }

    /// Good claims, and those of `changes` in place of them or behind them; an empty text leaves one out.
    static func claims(_ changes: [String: String]) -> String {
        var members = [
            "iss": #""https://idp.example/realm""#, "aud": #""tollgate""#, "sub": #""dora""#, "exp": "1700000100",
        ]
        for (name, value) in changes { members[name] = value.isEmpty ? nil : value }
        return "{" + members.map { "\"\($0.key)\":\($0.value)" }.sorted().joined(separator: ",") + "}"
    }

    func verifier() throws -> TokenVerifier {
        let keys = TokenKeySet([TokenKey(id: nil, key: try .secret(Array(Self.secret.utf8)))])
        return TokenVerifier([setting], keys: [keys])
    }

    func verdict(_ token: String, seconds: Int64 = now) throws -> TokenVerdict {
        try verifier().verdict(on: token, seconds: seconds)
    }
}

extension TokenVerifier {
    func verdict(on token: String, seconds: Int64 = TokenFixture.now) -> TokenVerdict {
        Array(token.utf8).withUnsafeBytes { verdict(on: $0, now: seconds * 1_000_000_000) }
    }
}

extension TokenVerdict {
    var principal: Principal? { if case .valid(let principal, _) = self { principal } else { nil } }
    var fault: TokenFault? {
        switch self {
        case .refused(let fault): fault
        case .unknownKey: .unknownKey
        case .valid, .noKeys: nil
        }
    }
}

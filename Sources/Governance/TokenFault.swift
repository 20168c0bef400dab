import Wire

/// Why a token is no credential here.
package enum TokenFault: Error, Equatable {
    /// What is wrong with its form.
    package enum Shape: Equatable {
        case tooLong, parts, encrypted, header, claims, signature, repeatedName, critical, type, nested
    }

    case malformed(Shape)
    /// No issuer of the configuration has this `iss`.
    case unknownIssuer
    /// The issuer's list does not hold `alg`, or the key is for another one.
    case algorithm
    /// The issuer has no key of that id, or none of that kind.
    case unknownKey
    case signature
    /// Unix nanoseconds.
    case expired(since: Int64)
    /// `nbf` is later; Unix nanoseconds.
    case notYetValid(until: Int64)
    /// `iat` is later than now.
    case issuedInFuture
    case audience(expected: [String])
    /// `cnf` (RFC 7800): only whoever proves to hold a key may use it, which is not asked for here.
    case bound
    /// A claim that must be there is not; its name.
    case missingClaim(String)
    /// A claim is not what it must be: its name, and what it must be.
    case claim(String, mustBe: String)

    /// One sentence or two for the one who sent it; holds nothing of the token.
    package var sentence: String {
        switch self {
        case .malformed(let shape): "The token is malformed: \(Self.text(shape))."
        case .unknownIssuer: "The token is of an issuer that this gateway does not know."
        case .algorithm: "The token is signed with an algorithm that is not allowed for its issuer."
        case .unknownKey: "The token is signed with a key that its issuer does not publish. Get a new token."
        case .signature: "The signature of the token does not verify."
        case .expired(let moment): "The token expired at \(Self.text(moment)). Get a new one."
        case .notYetValid(let moment):
            "The token is not valid before \(Self.text(moment)). Is the clock of its issuer right?"
        case .issuedInFuture: "The token was issued in the future. Is the clock of its issuer right?"
        case .audience(let expected):
            "The token is for another audience; this gateway is \(expected.joined(separator: " or "))."
        case .bound:
            "The token is bound to a key of its holder (cnf), which this gateway does not check. Get a bearer token."
        case .missingClaim(let name): "The token has no claim \(name)."
        case .claim(let name, let mustBe): "The claim \(name) of the token must be \(mustBe)."
        }
    }

    private static func text(_ moment: Int64) -> String { RFC3339.text(moment, fraction: .none) }

    private static func text(_ shape: Shape) -> String {
        switch shape {
        case .tooLong: "it is longer than \(JSONWebToken.maximumBytes) bytes"
        case .parts: "it must have three parts with dots between them"
        case .encrypted: "encrypted tokens are not taken"
        case .header: "its header is not the Base64 of a JSON object that names the algorithm"
        case .claims: "its claims are not the Base64 of a JSON object"
        case .signature: "its signature is not Base64"
        case .repeatedName: "a name occurs twice in one object"
        case .critical: "its header demands an extension (crit), and none is known"
        case .type: "its type (typ) is that of another kind of token"
        case .nested: "it holds another token (cty)"
        }
    }
}

import Configuration
import Transport
import Wire

/// A key of an issuer with the name that its tokens call it by.
package struct TokenKey: Sendable {
    /// `kid`; `nil`: it has none.
    package let id: String?
    package let key: VerificationKey

    package init(id: String?, key: VerificationKey) {
        self.id = id
        self.key = key
    }
}

/// The keys of an issuer at one moment; immutable.
package struct TokenKeySet: Sendable {
    package let keys: [TokenKey]
    /// Keys that one token is tried with, at most: each try costs what a verification costs.
    private static let maximumTries = 8

    package init(_ keys: [TokenKey]) { self.keys = keys }

    /// Whether the token was signed with one of the keys. Which algorithm that means the key says, and the token must say the same.
    func check(
        _ token: JSONWebToken, _ bytes: UnsafeRawBufferPointer, algorithm: TokenAlgorithm
    ) throws(TokenFault) {
        let signed = UnsafeRawBufferPointer(rebasing: bytes[token.signedRange])
        var tries = 0, isForOther = false
        for entry in keys where entry.goesBy(token.keyID) {
            guard entry.key.kind.tokenAlgorithm == algorithm else {
                isForOther = true
                continue
            }
            guard tries < Self.maximumTries else { break }
            tries += 1
            if entry.key.verifies(token.signature, of: signed) { return }
        }
        guard tries == 0 else { throw .signature }
        // The very key that it names, for another algorithm: somebody tries to use it for what it is not.
        throw isForOther && token.keyID != nil ? .algorithm : .unknownKey
    }
}

extension TokenKey {
    /// Whether a token that names its key so may mean this one. A secret has no name, and a token that names none means any.
    fileprivate func goesBy(_ name: String?) -> Bool {
        guard let name, key.kind != .secret else { return true }
        return id?.isExactly(name) ?? false
    }
}

extension VerificationKey.Kind {
    /// The one algorithm that a key of this kind is for.
    package var tokenAlgorithm: TokenAlgorithm {
        switch self {
        case .secret: .hs256
        case .rsa: .rs256
        case .p256: .es256
        case .ed25519: .edDSA
        }
    }
}

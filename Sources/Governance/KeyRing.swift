import Transport

/// A key as it is stored: its hash, whom it stands for, and until when.
package struct KeyEntry: Sendable {
    package let digest: SHA256Digest
    package let principal: Principal
    /// Not valid from then on, Unix nanoseconds; `nil`: for ever.
    package let expires: Int64?
    package let isRevoked: Bool

    package init(digest: SHA256Digest, principal: Principal, expires: Int64?, isRevoked: Bool) {
        self.digest = digest
        self.principal = principal
        self.expires = expires
        self.isRevoked = isRevoked
    }
}

/// What a credential turned out to be.
package enum KeyVerdict {
    case valid(Principal)
    case unknown
    /// Once valid, until then (Unix nanoseconds).
    case expired(at: Int64, keyID: String)
    case revoked(keyID: String)
}

/// All keys at one moment, by their SHA-256; immutable. A key has 256 random bits, so that a plain hash protects it and the
/// look-up by hash gives nothing away by its time.
package struct KeyRing: Sendable {
    private let entries: [SHA256Digest: KeyEntry]

    package init(_ entries: [KeyEntry]) {
        self.entries = Dictionary(entries.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package var count: Int { entries.count }

    /// `now`: Unix nanoseconds.
    package func verdict(on credential: UnsafeRawBufferPointer, now: Int64) -> KeyVerdict {
        guard let entry = entries[SHA256Digest(of: credential)] else { return .unknown }
        if entry.isRevoked { return .revoked(keyID: entry.principal.keyID) }
        if let expires = entry.expires, expires <= now {
            return .expired(at: expires, keyID: entry.principal.keyID)
        }
        return .valid(entry.principal)
    }
}

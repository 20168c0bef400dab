import COpenSSL
import Wire

/// Why a public key cannot be used.
package struct VerificationKeyError: Error, Equatable {
    /// To be put behind what names the key; holds nothing of it.
    package let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// A key that verifies signatures of one kind, which the key alone decides (RFC 8725 §3.1: what is signed must not choose).
///
/// `@unchecked Sendable`: the key is complete when it is made and not changed afterwards; each verification has a context of
/// its own (OpenSSL documents keys as shareable for reading).
package final class VerificationKey: @unchecked Sendable {
    /// What it verifies.
    package enum Kind: Sendable {
        /// HMAC with SHA-256.
        case secret
        /// PKCS #1 v1.5 with SHA-256 (RFC 8017 §8.2).
        case rsa
        /// ECDSA on P-256 with SHA-256; a signature is r and s, 32 bytes each (RFC 7518 §3.4).
        case p256
        /// RFC 8032 §5.1.
        case ed25519
    }

    package let kind: Kind
    /// Of a secret it is `nil`.
    private let handle: OpaquePointer?
    private let secret: [UInt8]

    /// Bits of an RSA modulus. Longer ones take longer than any issuer's key may.
    package static let modulusBits = 2_048...8_192
    /// RFC 7518 §3.2: as long as the digest at least.
    package static let minimumSecretBytes = 32

    private init(_ kind: Kind, _ handle: OpaquePointer?, secret: [UInt8] = []) {
        self.kind = kind
        self.handle = handle
        self.secret = secret
    }

    deinit { EVP_PKEY_free(handle) }

    // MARK: Making

    package static func secret(_ bytes: [UInt8]) throws(VerificationKeyError) -> VerificationKey {
        guard bytes.count >= minimumSecretBytes else {
            throw VerificationKeyError("has less than \(minimumSecretBytes) bytes")
        }
        return VerificationKey(.secret, nil, secret: bytes)
    }

    /// Modulus and exponent as unsigned numbers, highest byte first.
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(VerificationKeyError) -> VerificationKey {
        let modulus = Array(modulus.drop { $0 == 0 }), exponent = Array(exponent.drop { $0 == 0 })
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard modulusBits.contains(bits) else {
            throw VerificationKeyError(
                "is an RSA key of \(bits) bits; \(modulusBits.lowerBound) to \(modulusBits.upperBound) are taken")
        }
        guard let lowest = modulus.last, lowest & 1 == 1 else {
            throw VerificationKeyError("has a modulus that is even")
        }
        guard exponent.count <= 8, let last = exponent.last, last & 1 == 1, exponent != [1] else {
            throw VerificationKeyError("has an exponent that is not odd and from 3 up")
        }
        return VerificationKey(.rsa, try checked(tg_rsa_key(modulus, modulus.count, exponent, exponent.count)))
    }

    /// The coordinates of the point, 32 bytes each.
    package static func p256(x: [UInt8], y: [UInt8]) throws(VerificationKeyError) -> VerificationKey {
        guard x.count == 32, y.count == 32 else { throw VerificationKeyError("has coordinates that are not 32 bytes") }
        // The uncompressed form of a point (SEC 1 §2.3.3); reading it looks whether it lies on the curve.
        let point = [0x04] + x + y
        return VerificationKey(.p256, try checked(tg_p256_key(point, point.count)))
    }

    package static func ed25519(_ bytes: [UInt8]) throws(VerificationKeyError) -> VerificationKey {
        guard bytes.count == 32 else { throw VerificationKeyError("is an Ed25519 key that is not 32 bytes") }
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            throw VerificationKeyError("is no key: \(TLSContext.reason())")
        }
        return VerificationKey(.ed25519, key)
    }

    private static func checked(_ key: OpaquePointer?) throws(VerificationKeyError) -> OpaquePointer {
        guard let key else { throw VerificationKeyError("is no key: \(TLSContext.reason())") }
        return key
    }

    // MARK: Verifying

    /// Whether `signature` is one of `data` by the owner of this key.
    package func verifies(_ signature: [UInt8], of data: UnsafeRawBufferPointer) -> Bool {
        switch kind {
        case .secret:
            let code = HMACSHA256.code(of: Array(data), key: secret)
            return code.withUnsafeBytes { code in signature.withUnsafeBytes { code.equalsInConstantTime($0) } }
        case .rsa: return verify(signature, data, EVP_sha256())
        case .p256:
            guard let der = Self.derSignature(signature) else { return false }
            return verify(der, data, EVP_sha256())
        case .ed25519:
            return signature.count == 64 && verify(signature, data, nil)
        }
    }

    private func verify(_ signature: [UInt8], _ data: UnsafeRawBufferPointer, _ digest: OpaquePointer?) -> Bool {
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            // What did not verify leaves its reason in the thread's queue.
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, digest, nil, handle) == 1 else { return false }
        let input = data.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return EVP_DigestVerify(context, signature, signature.count, input, data.count) == 1
    }

    /// The DER of r and s, which OpenSSL wants; their range it checks itself.
    private static func derSignature(_ raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 64, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let halves = raw.withUnsafeBufferPointer { raw in
            (BN_bin2bn(raw.baseAddress, 32, nil), BN_bin2bn(raw.baseAddress.map { $0 + 32 }, 32, nil))
        }
        // From then on the pair owns the two.
        guard ECDSA_SIG_set0(pair, halves.0, halves.1) == 1 else {
            BN_free(halves.0)
            BN_free(halves.1)
            return nil
        }
        // At most 2 + 2 × (2 + 33) bytes.
        var der = [UInt8](repeating: 0, count: 80)
        let length = der.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            return i2d_ECDSA_SIG(pair, &end)
        }
        guard length > 0 else { return nil }
        return Array(der.prefix(Int(length)))
    }
}

import COpenSSL

/// Why a private key cannot be used.
package enum SigningKeyError: Error, Equatable {
    /// It is no private key in PEM without a passphrase; `reason` is OpenSSL's sentence.
    case unreadable(reason: String)
    /// It is a key for something else than RSA.
    case notRSA
    /// Signing failed; `reason` is OpenSSL's sentence.
    case unusable(reason: String)

    /// One sentence for logs and error messages; holds nothing of the key.
    package var sentence: String {
        switch self {
        case .unreadable(let reason): "the private key is not PEM, or has a passphrase: \(reason)"
        case .notRSA: "the private key is no RSA key"
        case .unusable(let reason): "the private key does not sign: \(reason)"
        }
    }
}

/// An RSA private key that signs with PKCS #1 v1.5 and SHA-256 (RFC 8017 §8.2), as `RS256` of JSON Web Tokens wants it.
///
/// `@unchecked Sendable`: the key is complete when `init` returns and not changed afterwards; each signature has a context of
/// its own (OpenSSL documents keys as shareable for reading).
package final class RSASigningKey: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Reads a key in PEM, PKCS #8 or PKCS #1. One with a passphrase is refused.
    package init(pem: UnsafeRawBufferPointer) throws(SigningKeyError) {
        guard let memory = BIO_new_mem_buf(pem.baseAddress, Int32(clamping: pem.count)) else {
            throw .unreadable(reason: TLSContext.reason())
        }
        defer { BIO_free(memory) }
        // Without a callback OpenSSL would ask for a passphrase at the terminal.
        guard let key = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil) else {
            throw .unreadable(reason: TLSContext.reason())
        }
        guard EVP_PKEY_is_a(key, "RSA") == 1 else {
            EVP_PKEY_free(key)
            throw .notRSA
        }
        handle = key
    }

    deinit { EVP_PKEY_free(handle) }

    /// The signature of `data`, as long as the key's modulus.
    package func signature(of data: UnsafeRawBufferPointer) throws(SigningKeyError) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle) == 1 else {
            throw .unusable(reason: TLSContext.reason())
        }
        var length = Int(EVP_PKEY_get_size(handle))
        var signature = [UInt8](repeating: 0, count: length)
        let input = data.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_DigestSign(context, &signature, &length, input, data.count) == 1 else {
            throw .unusable(reason: TLSContext.reason())
        }
        return Array(signature.prefix(length))
    }
}

import COpenSSL

/// Message authentication codes (RFC 2104) with SHA-256.
package enum HMACSHA256 {
    /// The code of `data` under `key`: 32 bytes.
    package static func code(of data: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        let made = HMAC(EVP_sha256(), key, Int32(key.count), data, data.count, &code, &length)
        precondition(made != nil && length == 32, "OpenSSL has no HMAC-SHA256")
        return code
    }
}

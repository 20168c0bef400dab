import Providers
import Transport

extension Digests {
    /// OpenSSL's.
    package static let openSSL = Digests(
        sha256: { SHA256Digest(of: $0).bytes }, hmacSHA256: { key, data in HMACSHA256.code(of: data, key: key) })
}

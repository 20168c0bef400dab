/// The digests that signing needs. This room has no C: who sits above hands them in.
package struct Digests: Sendable {
    /// SHA-256 (FIPS 180-4): 32 bytes.
    package let sha256: @Sendable (UnsafeRawBufferPointer) -> [UInt8]
    /// HMAC-SHA-256 (RFC 2104): 32 bytes.
    package let hmacSHA256: @Sendable (_ key: [UInt8], _ data: [UInt8]) -> [UInt8]

    package init(
        sha256: @escaping @Sendable (UnsafeRawBufferPointer) -> [UInt8],
        hmacSHA256: @escaping @Sendable (_ key: [UInt8], _ data: [UInt8]) -> [UInt8]
    ) {
        self.sha256 = sha256
        self.hmacSHA256 = hmacSHA256
    }
}

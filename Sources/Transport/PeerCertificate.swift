import COpenSSL
import Wire

/// What a client's certificate says of its owner. It chains to an authority that we trust, or it would not be here.
package struct PeerCertificate: Sendable, Equatable {
    /// SHA-256 of the certificate (DER).
    package let fingerprint: SHA256Digest
    /// Of the subject; `nil` unless there is exactly one.
    package let commonName: String?
    /// Alternative names (RFC 5280 §4.2.1.6), in their order; host names in small letters.
    package let dnsNames: [String]
    package let emails: [String]
    package let uris: [String]
    /// Not valid from then on, Unix nanoseconds.
    package let expires: Int64

    /// The certificate of the other side; `nil` if it showed none.
    init?(of session: OpaquePointer) {
        guard let certificate = SSL_get1_peer_certificate(session) else { return nil }
        defer { X509_free(certificate) }
        guard SSL_get_verify_result(session) == Int(X509_V_OK), let fingerprint = Self.fingerprint(certificate) else {
            return nil
        }
        self.fingerprint = fingerprint
        commonName = Self.commonName(certificate)
        (dnsNames, emails, uris) = Self.alternativeNames(certificate)
        expires = Self.expiry(certificate)
    }

    private static func fingerprint(_ certificate: OpaquePointer) -> SHA256Digest? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        guard X509_digest(certificate, EVP_sha256(), &bytes, &length) == 1 else { return nil }
        return SHA256Digest(bytes: bytes)
    }

    private static func commonName(_ certificate: OpaquePointer) -> String? {
        let subject = X509_get_subject_name(certificate)
        let place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard place >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, place) < 0,
            let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place))
        else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&bytes, value)
        guard length >= 0, let bytes else {
            ERR_clear_error()
            return nil
        }
        defer { CRYPTO_free(bytes, #file, #line) }
        return text(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
    }

    private static func alternativeNames(_ certificate: OpaquePointer) -> (
        dns: [String], email: [String], uri: [String]
    ) {
        var found: (dns: [String], email: [String], uri: [String]) = ([], [], [])
        guard let names = tg_alternative_names(certificate) else { return found }
        defer { tg_free_alternative_names(names) }
        var index: Int32 = 0
        while true {
            var bytes: UnsafePointer<UInt8>?
            var length = 0
            let type = tg_alternative_name(names, index, &bytes, &length)
            guard type >= 0 else { return found }
            index += 1
            guard type > 0, let text = text(UnsafeRawBufferPointer(start: bytes, count: length)) else { continue }
            switch type {
            case GEN_DNS: found.dns.append(text.lowercased())
            case GEN_EMAIL: found.email.append(text)
            default: found.uri.append(text)
            }
        }
    }

    /// `nil` for what is not UTF-8, is empty, or holds control characters: a NUL has fooled many.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count > 0, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func expiry(_ certificate: OpaquePointer) -> Int64 {
        var days: Int32 = 0, seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1 else { return 0 }
        let left = Int64(days) * 86_400 + Int64(seconds)
        let (nanoseconds, isFar) = left.multipliedReportingOverflow(by: 1_000_000_000)
        let (end, isBeyond) = wallClockNanoseconds().addingReportingOverflow(nanoseconds)
        return isFar || isBeyond ? .max : end
    }
}

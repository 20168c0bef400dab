import COpenSSL
import Glibc

/// A TLS configuration: our certificate for listeners, or what upstream certificates must chain to.
///
/// TLS 1.2 or newer; ALPN chooses HTTP/1.1, for upstream connections what the caller speaks. `@unchecked Sendable`: the `SSL_CTX` is complete when `init` returns and not changed
/// afterwards; OpenSSL locks its inner caches (SSL_CTX is documented as shareable between threads).
package final class TLSContext: @unchecked Sendable {
    let handle: OpaquePointer
    let isServer: Bool
    /// Clients may show a certificate.
    let asksClients: Bool

    /// For listeners. The certificate file holds the chain, leaf first (PEM). With `clientAuthorityFile` (PEM) clients are asked
    /// for a certificate, and one that does not chain to it ends the handshake; so does none, if one is required.
    package init(
        certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil,
        requiresClientCertificate: Bool = false
    ) throws(TransportError) {
        handle = try Self.make(TLS_server_method())
        isServer = true
        asksClients = clientAuthorityFile != nil
        // From here on `deinit` frees the handle, also when this throws.
        try Self.show(certificateFile, keyFile, handle)
        if let clientAuthorityFile,
            tg_ssl_ctx_ask_clients(handle, clientAuthorityFile, requiresClientCertificate ? 1 : 0) != 1
        {
            throw Self.unusable(clientAuthorityFile, "certificate of an authority")
        }
        SSL_CTX_set_alpn_select_cb(handle, { tg_alpn_http11($0, $1, $2, $3, $4, $5) }, nil)
    }

    /// For upstream connections: the peer's certificate must chain to one in `authorityFile` (PEM), or to the system's store.
    /// A peer that asks for a certificate gets `identity` (PEM files: the chain, leaf first, and the key), if there is one.
    /// `protocols` is what is offered by ALPN.
    package init(
        authorityFile: String?, identity: (certificateFile: String, keyFile: String)? = nil,
        protocols: [String] = ["http/1.1"]
    ) throws(TransportError) {
        handle = try Self.make(TLS_client_method())
        isServer = false
        asksClients = false
        if let authorityFile {
            guard SSL_CTX_load_verify_locations(handle, authorityFile, nil) == 1 else {
                throw Self.unusable(authorityFile, "certificate of an authority")
            }
        } else if SSL_CTX_set_default_verify_paths(handle) != 1 {
            throw Self.configurationError("the system's CA store")
        }
        SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
        _ = tg_ssl_ctx_session_cache_client(handle)
        if let identity { try Self.show(identity.certificateFile, identity.keyFile, handle) }
        let offered = protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
        // This one returns 0 for success.
        guard SSL_CTX_set_alpn_protos(handle, offered, UInt32(offered.count)) == 0 else {
            throw Self.configurationError("ALPN \(protocols)")
        }
    }

    /// For asking oneself: any certificate will do.
    package static func unverified() throws(TransportError) -> TLSContext {
        let context = try TLSContext(authorityFile: nil)
        SSL_CTX_set_verify(context.handle, SSL_VERIFY_NONE, nil)
        return context
    }

    /// When our certificate ends, Unix nanoseconds; `nil`: there is none. One that is to have no end says the year 9999 (RFC 5280
    /// §4.1.2.5), and is told as the last moment that 64 bits reach, in 2262.
    package var certificateEnd: Int64? { SSL_CTX_get0_certificate(handle).flatMap { Self.moment(tg_x509_end($0)) } }

    /// When it begins to be valid, likewise.
    package var certificateBegin: Int64? { SSL_CTX_get0_certificate(handle).flatMap { Self.moment(tg_x509_begin($0)) } }

    private static func moment(_ seconds: Int64) -> Int64? {
        seconds < 0 ? nil : Int64(clamping: Int128(seconds) * 1_000_000_000)
    }

    deinit { SSL_CTX_free(handle) }

    private static func show(
        _ certificateFile: String, _ keyFile: String, _ handle: OpaquePointer
    ) throws(TransportError) {
        // The key first: behind a certificate of another, OpenSSL refuses it without saying whose it is not.
        guard SSL_CTX_use_PrivateKey_file(handle, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw unusable(keyFile, "private key without a passphrase")
        }
        guard SSL_CTX_use_certificate_chain_file(handle, certificateFile) == 1 else {
            throw unusable(certificateFile, "certificate")
        }
        guard SSL_CTX_check_private_key(handle) == 1 else {
            throw configurationError("key \(keyFile) does not belong to the first certificate of \(certificateFile)")
        }
    }

    private static func make(_ method: OpaquePointer?) throws(TransportError) -> OpaquePointer {
        guard let context = SSL_CTX_new(method) else { throw configurationError("SSL_CTX_new") }
        guard tg_ssl_ctx_set_min_proto(context, tg_tls_1_2) == 1 else {
            SSL_CTX_free(context)
            throw configurationError("TLS 1.2 as the least")
        }
        _ = tg_ssl_ctx_set_mode(context)
        // A new handshake in the middle of an answer would have reads wait for writes, and nobody needs one.
        _ = tg_ssl_ctx_refuse_renegotiation(context)
        return context
    }

    /// Of a file that should hold something in PEM: that it cannot be read, or does not.
    private static func unusable(_ file: String, _ content: String) -> TransportError {
        let detail = reason()
        guard access(file, R_OK) == 0 else {
            return .tlsConfiguration(reason: "\(file) cannot be read: \(String(cString: strerror(errno)))")
        }
        return .tlsConfiguration(reason: "\(file) holds no \(content) in PEM that OpenSSL can read (\(detail))")
    }

    static func configurationError(_ subject: String) -> TransportError {
        .tlsConfiguration(reason: "\(subject): \(reason())")
    }

    /// OpenSSL's first queued sentence; the queue of this thread is emptied.
    static func reason() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            ERR_error_string_n(code, text.baseAddress, text.count)
            return text.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}

import COpenSSL

/// One connection's TLS state over its socket; loop-confined.
final class TLSSession {
    private let handle: OpaquePointer
    /// Where records go, as plain bytes do: small ones wait for others of the same turn. Held here for the BIO, which does not.
    private let socket: Socket
    private let context: TLSContext
    private let sessions: TLSSessionCache?
    private let host: String
    private var broken = false

    /// `host` is the name that the peer's certificate must carry; empty for the server side.
    init(context: TLSContext, socket: Socket, host: String, sessions: TLSSessionCache?) throws(TransportError) {
        self.context = context
        self.socket = socket
        self.host = host
        self.sessions = sessions
        guard let handle = SSL_new(context.handle) else { throw TLSContext.configurationError("SSL_new") }
        self.handle = handle
        // From here on `deinit` frees the handle, and it what was set.
        guard let reads = BIO_new_socket(socket.descriptor, BIO_NOCLOSE) else {
            throw TLSContext.configurationError("BIO_new_socket")
        }
        SSL_set0_rbio(handle, reads)
        guard let writes = SocketBIO.make(socket) else { throw TLSContext.configurationError("BIO_new") }
        SSL_set0_wbio(handle, writes)
        if context.isServer {
            SSL_set_accept_state(handle)
        } else {
            SSL_set_connect_state(handle)
            try expectHost()
            sessions?.resume(handle)
        }
    }

    deinit { SSL_free(handle) }

    /// A session that does not know whom to expect would take any certificate.
    private func expectHost() throws(TransportError) {
        let isSet =
            if SocketAddress(literal: host, port: 0) != nil {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host) == 1
            } else {
                tg_ssl_set_host_name(handle, host) == 1 && SSL_set1_host(handle, host) == 1
            }
        guard isSet else { throw TLSContext.configurationError("host name \(host)") }
    }

    /// Decrypted bytes that the socket's events do not tell of.
    var hasBufferedBytes: Bool { SSL_has_pending(handle) == 1 }

    /// The client's certificate, once the handshake is done.
    private(set) lazy var peerCertificate: PeerCertificate? =
        context.asksClients && SSL_is_init_finished(handle) == 1 ? PeerCertificate(of: handle) : nil

    /// What the handshake chose (ALPN, RFC 7301).
    var chosenProtocol: String? {
        var name: UnsafePointer<UInt8>?, length: UInt32 = 0
        SSL_get0_alpn_selected(handle, &name, &length)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self) }
    }

    func handshake() -> WriteResult {
        let result = SSL_do_handshake(handle)
        if result == 1 { return .bytes(0) }
        return failure(result).map { .failed($0) } ?? .wouldBlock
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        var total = 0
        while total < buffer.count, let base = buffer.baseAddress {
            let got = SSL_read(handle, base + total, Int32(clamping: buffer.count - total))
            if got > 0 {
                total += Int(got)
                continue
            }
            if total > 0 {
                // The next call will say again what this one said.
                ERR_clear_error()
                return .bytes(total)
            }
            return ended(got)
        }
        return .bytes(total)
    }

    private func ended(_ result: Int32) -> ReadResult {
        if SSL_get_error(handle, result) == SSL_ERROR_ZERO_RETURN {
            sessions?.keep(handle)
            return .end
        }
        return failure(result).map { .failed($0) } ?? .wouldBlock
    }

    /// Small pieces go into one record together.
    func write(_ pieces: Pieces) -> WriteResult {
        withUnsafeTemporaryAllocation(byteCount: Self.recordBytes, alignment: 16) { staging in
            var left = pieces
            var total = 0
            while left.count > 0 {
                let count = Self.fill(staging, from: left)
                let sent = SSL_write(handle, staging.baseAddress, Int32(count))
                if sent <= 0 {
                    guard total == 0 else {
                        ERR_clear_error()
                        break
                    }
                    return failure(sent).map { .failed($0) } ?? .wouldBlock
                }
                total += Int(sent)
                left.removeFirst(Int(sent))
            }
            return .bytes(total)
        }
    }

    private static let recordBytes = 16 * 1024

    private static func fill(_ staging: UnsafeMutableRawBufferPointer, from pieces: Pieces) -> Int {
        var count = 0
        pieces.forEach { piece in
            let taken = min(piece.count, staging.count - count)
            UnsafeMutableRawBufferPointer(rebasing: staging[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: piece[..<taken]))
            count += taken
        }
        return count
    }

    /// `nil` when OpenSSL only waits for the socket.
    private func failure(_ result: Int32) -> TransportError? {
        let code = SSL_get_error(handle, result)
        if code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE { return nil }
        broken = true
        if code == SSL_ERROR_SYSCALL || code == SSL_ERROR_ZERO_RETURN {
            ERR_clear_error()
            return .closed
        }
        let verification = SSL_get_verify_result(handle)
        if verification != Int(X509_V_OK) {
            ERR_clear_error()
            let sentence = X509_verify_cert_error_string(verification).map { String(cString: $0) } ?? "refused"
            let owner = context.isServer ? "the client" : host
            return .certificate(owner: owner, reason: sentence)
        }
        return .tls(reason: TLSContext.reason())
    }

    /// Sends the closing alert as far as it can go at once; without it the session's tickets could not be used again.
    func shutdown() {
        guard !broken, SSL_is_init_finished(handle) == 1 else { return }
        sessions?.keep(handle)
        _ = SSL_shutdown(handle)
        ERR_clear_error()
    }
}

/// The last TLS session with an upstream, so that the next handshake is short; loop-confined.
package final class TLSSessionCache {
    private var session: OpaquePointer?

    package init() {}

    deinit { SSL_SESSION_free(session) }

    func keep(_ handle: OpaquePointer) {
        guard let current = SSL_get1_session(handle) else { return }
        guard SSL_SESSION_is_resumable(current) == 1 else { return SSL_SESSION_free(current) }
        SSL_SESSION_free(session)
        session = current
    }

    func resume(_ handle: OpaquePointer) {
        guard let session else { return }
        SSL_set_session(handle, session)
    }
}

/// A connection's two directions, plain or TLS; loop-confined.
package final class ByteStream {
    private let socket: Socket
    private let tls: TLSSession?
    /// The peer's address.
    package let peer: SocketAddress

    init(socket: Socket, tls: TLSSession?, peer: SocketAddress) {
        self.socket = socket
        self.tls = tls
        self.peer = peer
    }

    package var isOpen: Bool { socket.isOpen }
    package var isEncrypted: Bool { tls != nil }
    /// The certificate that the client showed in the handshake, which must be done; `nil` if it showed none or was not asked.
    package var peerCertificate: PeerCertificate? { tls?.peerCertificate }
    /// What both sides agreed to speak (ALPN), once the handshake is done; `nil` if nothing was agreed.
    package var chosenProtocol: String? { tls?.chosenProtocol }
    /// The peer closed its side, or the connection broke.
    package var sawHangup: Bool { socket.sawHangup }
    /// Something has come that was not read; on an idle connection that can only be its end, or a fault.
    package var hasNews: Bool { tls?.hasBufferedBytes == true || socket.hasNewsNow }

    /// The peer has closed its side, or the connection broke, and all that it sent was read; costs a system call.
    package var hasEndedNow: Bool { tls?.hasBufferedBytes != true && socket.hasEndedNow }

    /// Bytes may be there, as far as the loop has seen; costs no system call.
    package var mayHaveBytes: Bool { socket.hasNews || tls?.hasBufferedBytes == true }

    /// From now on events go to `wakeup`, starting with those that are there.
    package func attach(_ wakeup: Wakeup, as role: SocketRole) {
        socket.attach(wakeup, as: role)
        if tls?.hasBufferedBytes == true { wakeup.signal(role.readable) }
    }

    /// From now on `whenIdle` is called when something comes.
    package func detach(whenIdle: @escaping () -> Void) {
        socket.whenIdle = whenIdle
        socket.detach()
    }

    /// One attempt at the TLS handshake; `.bytes(0)` when it is done (at once for a plain connection).
    package func handshake() -> WriteResult {
        guard let tls else { return .bytes(0) }
        let result = tls.handshake()
        if result == .wouldBlock { socket.markDrained() }
        return result
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        guard let tls else { return socket.read(into: buffer) }
        guard socket.hasNews || tls.hasBufferedBytes else { return .wouldBlock }
        let result = tls.read(into: buffer)
        if result == .wouldBlock { socket.markDrained() }
        return result
    }

    /// Bytes that `write` took and the kernel did not: they go out as the peer reads, and must before the stream is closed.
    package var hasLeftover: Bool { socket.hasLeftover }

    /// Writes as much of the pieces, in order, as is taken now; returns the count of bytes taken. Small ones go out with others of
    /// the same turn.
    package func write(_ pieces: Pieces) -> WriteResult {
        guard let tls else { return socket.write(pieces) }
        return tls.write(pieces)
    }

    /// Sends what `write` took, as far as the kernel takes it.
    package func flush() { socket.flush() }

    /// Ends our side; the peer's may still be read.
    package func shutdownWriting() {
        tls?.shutdown()
        socket.shutdownWriting()
    }

    package func close() {
        guard socket.isOpen else { return }
        tls?.shutdown()
        socket.close()
    }
}

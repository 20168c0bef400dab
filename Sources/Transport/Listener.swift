import CLinux
import Glibc

/// A listening socket of one loop; loop-confined after `start`. Several loops listen on one address (`SO_REUSEPORT`), and the
/// kernel spreads the connections.
package final class Listener: EventSource {
    private let descriptor: Int32
    private unowned let loop: EventLoop
    private var tls: TLSContext?
    private var token: UInt64?
    private var isOpen = true
    private let retry: LoopTimer
    private var whenAccepted: (ByteStream) -> Void = { $0.close() }
    private var whenRefused: (TransportError) -> Void = { _ in }
    /// The address as bound: with the port that the kernel chose if 0 was asked for.
    package let address: SocketAddress

    /// Binds at once, so that an address in use is known before anything is served.
    package init(_ address: SocketAddress, tls: TLSContext?, loop: EventLoop) throws(TransportError) {
        descriptor = try EventLoop.checked(
            address.withSockaddr { tg_listen($0, $1, 4_096, true) }, "listen on \(address)")
        self.loop = loop
        self.tls = tls
        retry = LoopTimer(loop: loop)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = tg_local_address(descriptor, &storage, &length)
        self.address = SocketAddress(storage) ?? address
    }

    /// Listening sockets of one user share an address without a word (`SO_REUSEPORT`), also those of two processes, which would
    /// each get a part of the connections. Throws if anybody listens there.
    package static func expectFree(_ address: SocketAddress) throws(TransportError) {
        guard address.port != 0 else { return }
        Glibc.close(
            try EventLoop.checked(
                address.withSockaddr { tg_listen($0, $1, 1, false) }, "listen on \(address)"))
    }

    /// Begins to accept, on the loop's thread. `whenAccepted` gets each connection; `whenRefused` each failure to accept
    /// (out of descriptors), after which accepting rests for 100 ms.
    package func start(
        whenAccepted: @escaping (ByteStream) -> Void, whenRefused: @escaping (TransportError) -> Void
    ) throws(TransportError) {
        self.whenAccepted = whenAccepted
        self.whenRefused = whenRefused
        retry.whenFired = { [unowned self] in watch() }
        token = try loop.registerListener(descriptor, self)
    }

    /// Takes one connection; the kernel says in the next turn that there are more. However many come at once, those who are
    /// connected have their turn between two of them.
    func ready(readable: Bool, writable: Bool, hangup: Bool) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = tg_accept(descriptor, &storage, &length)
        if accepted == -EAGAIN || accepted == -ECONNABORTED || accepted == -EINTR { return }
        guard accepted >= 0 else { return rest(-accepted) }
        guard accepted < Self.descriptors else {
            Glibc.close(accepted)
            return rest(EMFILE)
        }
        take(accepted, storage)
    }

    /// There are no descriptors, or none for clients.
    private func rest(_ errno: Int32) {
        whenRefused(.system(call: "accept", errno: errno))
        unwatch()
        retry.schedule(after: 100_000_000)
    }

    private func watch() {
        do throws(TransportError) {
            token = try loop.registerListener(descriptor, self)
        } catch {
            whenRefused(error)
            retry.schedule(after: 100_000_000)
        }
    }

    private func unwatch() {
        if let token { loop.unregister(descriptor, token: token) }
        token = nil
    }

    /// Clients get those below this one; an eighth of them stay for connections to providers, and for files.
    private static let descriptors = tg_descriptor_limit() - max(16, tg_descriptor_limit() / 8)

    private func take(_ accepted: Int32, _ storage: sockaddr_storage) {
        tg_no_delay(accepted)
        guard let peer = SocketAddress(storage) else {
            Glibc.close(accepted)
            return
        }
        do throws(TransportError) {
            let socket = try Socket(descriptor: accepted, loop: loop)
            do throws(TransportError) {
                let session = try tls.map { context throws(TransportError) in
                    try TLSSession(context: context, socket: socket, host: "", sessions: nil)
                }
                whenAccepted(ByteStream(socket: socket, tls: session, peer: peer))
            } catch {
                socket.close()
                throw error
            }
        } catch {
            whenRefused(error)
        }
    }

    /// What connections that come from now on are shown, on the loop's thread; a listener without TLS stays so.
    package func show(_ tls: TLSContext) {
        if self.tls != nil { self.tls = tls }
    }

    /// Accepts no more; on the loop's thread.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        retry.cancel()
        unwatch()
        Glibc.close(descriptor)
    }
}

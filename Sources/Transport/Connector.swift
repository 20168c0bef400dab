import CLinux
import Glibc

/// Where an upstream listens, and what its certificate must chain to (`nil`: plain TCP).
package struct Endpoint: Sendable {
    package let host: String
    package let port: UInt16
    package let tls: TLSContext?
    /// The way there, encrypted or not; `nil`: directly.
    package let proxy: ProxyEndpoint?

    package init(host: String, port: UInt16, tls: TLSContext?, proxy: ProxyEndpoint? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
        self.proxy = proxy
    }

    /// `host:port`, an IPv6 address in brackets.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Where a connection goes to first.
    fileprivate var hop: (host: String, port: UInt16) { proxy.map { ($0.host, $0.port) } ?? (host, port) }
}

/// Opens connections to one endpoint from one loop.
///
/// Every wait is on the caller's `Wakeup`, so that a caller whose own client hangs up need not finish connecting.
/// `@unchecked Sendable`: it is used on its loop's thread only, which `connect` checks.
package final class Connector: @unchecked Sendable {
    private let loop: EventLoop
    let endpoint: Endpoint
    private let resolver: Resolver
    private let literal: SocketAddress?
    private let sessions = TLSSessionCache()

    package init(endpoint: Endpoint, loop: EventLoop, resolver: Resolver) {
        self.endpoint = endpoint
        self.loop = loop
        self.resolver = resolver
        literal = SocketAddress(literal: endpoint.hop.host, port: endpoint.hop.port)
    }

    /// Resolves, connects (address after address), asks the proxy if there is one, and shakes hands, within `timeout`
    /// nanoseconds in all.
    ///
    /// Throws `.timedOut`, `.unresolved`, `.system`, `.proxy`, `.proxyFault`, `.tls`, or `.cancelled` when one of `abort` came first. The
    /// deadline of `wakeup` is used and cleared.
    package func connect(
        _ wakeup: Wakeup, timeout: Int64, abort: WakeEvents
    ) async throws(TransportError) -> ByteStream {
        loop.checkIsolated()
        defer { wakeup.clearDeadline() }
        let end = monotonicNanoseconds() &+ timeout
        wakeup.setDeadline(after: timeout)
        let addresses = try await addresses(wakeup, abort)
        var problem = TransportError.timedOut
        for (index, address) in addresses.enumerated() {
            // Each address gets its share of what is left, so that a dead one leaves time for the next.
            let left = end &- monotonicNanoseconds()
            guard left > 0 else { break }
            wakeup.setDeadline(after: left / Int64(addresses.count - index))
            do throws(TransportError) {
                return try await open(address, wakeup, abort)
            } catch .cancelled {
                throw .cancelled
            } catch .proxy(let status) {
                // It would say the same at its next address.
                throw .proxy(status: status)
            } catch {
                problem = error
            }
        }
        if literal == nil, !addresses.isEmpty { resolver.distrust(endpoint.hop.host) }
        throw problem
    }

    private func addresses(_ wakeup: Wakeup, _ abort: WakeEvents) async throws(TransportError) -> [SocketAddress] {
        if let literal { return [literal] }
        final class Box { var answer: Resolver.Answer? }
        let box = Box()
        let carried = LoopBound((box, wakeup), loop: loop)
        resolver.resolve(endpoint.hop.host, on: loop) { answer in
            let (box, wakeup) = carried.value
            box.answer = answer
            wakeup.signal(.notice)
        }
        while box.answer == nil { try await park(wakeup, [.notice], abort) }
        guard let answer = box.answer else { return [] }
        return try answer.get().map { $0.with(port: endpoint.hop.port) }
    }

    private func open(
        _ address: SocketAddress, _ wakeup: Wakeup, _ abort: WakeEvents
    ) async throws(TransportError) -> ByteStream {
        let descriptor = try EventLoop.checked(tg_socket(address.family == .v4 ? AF_INET : AF_INET6), "socket")
        tg_no_delay(descriptor)
        let started = address.withSockaddr { tg_connect(descriptor, $0, $1) }
        guard started == 0 || started == -EINPROGRESS else {
            Glibc.close(descriptor)
            throw connectError(-started)
        }
        let socket = try Socket(descriptor: descriptor, loop: loop)
        do throws(TransportError) {
            wakeup.clear(.upstreamWritable | .upstreamReadable)
            socket.attach(wakeup, as: .upstream)
            try await park(wakeup, [.upstreamWritable], abort)
            let problem = tg_socket_error(descriptor)
            guard problem == 0 else { throw connectError(problem) }
            if let proxy = endpoint.proxy { try await tunnel(by: proxy, socket, wakeup, abort) }
            return try await secure(socket, address, wakeup, abort)
        } catch {
            socket.close()
            throw error
        }
    }

    private func connectError(_ errno: Int32) -> TransportError {
        .system(call: endpoint.proxy.map { "connect to the proxy \($0)" } ?? "connect", errno: errno)
    }

    private func secure(
        _ socket: Socket, _ address: SocketAddress, _ wakeup: Wakeup, _ abort: WakeEvents
    ) async throws(TransportError) -> ByteStream {
        guard let context = endpoint.tls else { return ByteStream(socket: socket, tls: nil, peer: address) }
        let tls = try TLSSession(
            context: context, socket: socket, host: endpoint.host, sessions: sessions)
        let stream = ByteStream(socket: socket, tls: tls, peer: address)
        while true {
            switch stream.handshake() {
            case .bytes: return stream
            case .wouldBlock: try await park(wakeup, .upstreamReadable | .upstreamWritable, abort)
            case .failed(let error): throw error
            }
        }
    }

    func park(_ wakeup: Wakeup, _ wanted: WakeEvents, _ abort: WakeEvents) async throws(TransportError) {
        let events = await wakeup.wait(for: wanted.union(abort).union(.deadline))
        // An abort stays pending, for whoever asked for it.
        if !events.isDisjoint(with: abort) {
            wakeup.signal(events.intersection(abort))
            throw .cancelled
        }
        if events.isDisjoint(with: wanted) { throw .timedOut }
    }
}

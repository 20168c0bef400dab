import CLinux
import Glibc

/// What a read brought.
package enum ReadResult: Equatable {
    case bytes(Int)
    /// Nothing now; the readable event will come.
    case wouldBlock
    /// The peer ended its side in order.
    case end
    /// The connection is broken.
    case failed(TransportError)
}

/// What a write took.
package enum WriteResult: Equatable {
    case bytes(Int)
    /// The kernel's buffer is full; the writable event will come.
    case wouldBlock
    case failed(TransportError)
}

/// Which wake-up bits a socket's events become.
package struct SocketRole {
    let readable: WakeEvents
    let writable: WakeEvents
    let hangup: WakeEvents

    package static let downstream = SocketRole(
        readable: .downstreamReadable, writable: .downstreamWritable, hangup: .downstreamHangup)
    /// An upstream's end is seen by reading it.
    package static let upstream = SocketRole(readable: .upstreamReadable, writable: .upstreamWritable, hangup: [])
}

/// A connected (or connecting) non-blocking TCP socket, watched edge-triggered by its loop; loop-confined.
///
/// A read that filled less than it was given has drained the socket, so the next one answers `.wouldBlock` without a
/// system call until the loop reports more.
final class Socket: EventSource {
    let descriptor: Int32
    private unowned let loop: EventLoop
    private var token: UInt64?
    private var wakeup: Wakeup?
    private var role = SocketRole.upstream
    private var mayRead = true
    /// Writes of this turn wait in the loop's outbox.
    private var isPutOff = false
    /// What the kernel did not take of writes that were put off, and what is wrong if it takes nothing any more.
    private var leftover: [UInt8] = []
    private var failure: TransportError?
    /// The peer closed its side, or the connection broke; what it had sent before may still be read.
    private(set) var sawHangup = false
    /// Called instead of a wake-up when something comes while nobody is attached.
    var whenIdle: (() -> Void)?

    /// Takes ownership of the descriptor.
    init(descriptor: Int32, loop: EventLoop) throws(TransportError) {
        self.descriptor = descriptor
        self.loop = loop
        do throws(TransportError) {
            token = try loop.register(descriptor, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit { assert(token == nil, "a socket was dropped without being closed") }

    var isOpen: Bool { token != nil }
    /// Bytes or an end are waiting; asks the kernel: the loop may not have seen them yet, or not that all were read.
    var hasNewsNow: Bool { tg_has_news(descriptor) }

    /// All was read and nothing more will come; asks the kernel: the loop may not have heard of it yet.
    var hasEndedNow: Bool { sawHangup || tg_has_ended(descriptor) }

    /// Bytes or an end may be waiting, as far as the loop has seen.
    var hasNews: Bool { mayRead }

    func attach(_ wakeup: Wakeup, as role: SocketRole) {
        self.wakeup = wakeup
        self.role = role
        if mayRead { wakeup.signal(role.readable) }
        if sawHangup { wakeup.signal(role.hangup) }
    }

    func detach() { wakeup = nil }

    func ready(readable: Bool, writable: Bool, hangup: Bool) {
        var writable = writable
        if writable, !leftover.isEmpty { writable = sendLeftover() }
        if readable { mayRead = true }
        if hangup { sawHangup = true }
        guard let wakeup else {
            if readable || hangup { whenIdle?() }
            return
        }
        var events: WakeEvents = []
        if readable { events.formUnion(role.readable) }
        if writable { events.formUnion(role.writable) }
        if hangup { events.formUnion(role.hangup) }
        wakeup.signal(events)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        guard mayRead else { return .wouldBlock }
        let got = tg_receive(descriptor, buffer.baseAddress, buffer.count)
        if got > 0 {
            // After a hang-up no further edge comes: the end must be read.
            if got < buffer.count, !sawHangup { mayRead = false }
            return .bytes(got)
        }
        if got == 0 { return .end }
        if got == -Int(EAGAIN) {
            mayRead = false
            return .wouldBlock
        }
        return .failed(Self.error(Int32(-got), "recv"))
    }

    func markDrained() { if !sawHangup { mayRead = false } }

    /// Bytes that were accepted and that the kernel has not taken.
    var hasLeftover: Bool { !leftover.isEmpty }

    /// Writes at once, or with other small writes of this turn: then a fault is told by the next read or write. Where nobody else has
    /// anything to do, the peer does not wait for what is done behind the write, such as an account of the request.
    func write(_ pieces: Pieces) -> WriteResult {
        if let failure { return .failed(failure) }
        guard leftover.isEmpty else { return .wouldBlock }
        guard pieces.count > Outbox.largest || !loop.isBusy else {
            isPutOff = true
            loop.putOff(pieces, for: self)
            return .bytes(pieces.count)
        }
        return writeNow(pieces)
    }

    /// Writes at once.
    func writeNow(_ pieces: Pieces) -> WriteResult {
        flush()
        if let failure { return .failed(failure) }
        return leftover.isEmpty ? take(pieces) : .wouldBlock
    }

    private func take(_ pieces: Pieces) -> WriteResult {
        let sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 4) { vector in
            var count = 0
            pieces.forEach { piece in
                vector[count] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: piece.baseAddress), iov_len: piece.count)
                count += 1
            }
            return tg_send_vector(descriptor, vector.baseAddress, Int32(count))
        }
        return result(sent)
    }

    private func result(_ sent: Int) -> WriteResult {
        if sent >= 0 { return .bytes(sent) }
        return sent == -Int(EAGAIN) ? .wouldBlock : .failed(Self.error(Int32(-sent), "send"))
    }

    /// Sends what was put off, as far as the kernel takes it.
    func flush() { if isPutOff { loop.flush() } }

    // MARK: What was put off

    /// Of the outbox: sends what was put off.
    func send(_ bytes: UnsafeRawBufferPointer) {
        isPutOff = false
        guard isOpen, failure == nil else { return }
        guard leftover.isEmpty else { return leftover.append(contentsOf: bytes) }
        let sent = offer(bytes)
        if sent < bytes.count, failure == nil { leftover.append(contentsOf: bytes[sent...]) }
    }

    /// True: all has gone, or nothing will.
    private func sendLeftover() -> Bool {
        let sent = leftover.withUnsafeBytes(offer)
        if failure != nil || sent == leftover.count { leftover = [] } else { leftover.removeFirst(sent) }
        return leftover.isEmpty
    }

    /// How much the kernel takes.
    private func offer(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch result(tg_send(descriptor, bytes.baseAddress, bytes.count)) {
        case .bytes(let count): return count
        case .wouldBlock: return 0
        case .failed(let error):
            // Whoever waits for the peer finds out by reading.
            failure = error
            mayRead = true
            sawHangup = true
            wakeup?.signalTask(role.readable | role.writable | role.hangup)
            return 0
        }
    }

    func shutdownWriting() {
        flush()
        _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        guard let token else { return }
        flush()
        self.token = nil
        loop.unregister(descriptor, token: token)
        wakeup = nil
        whenIdle = nil
        Glibc.close(descriptor)
    }

    static func error(_ errno: Int32, _ call: String) -> TransportError {
        errno == ECONNRESET || errno == EPIPE ? .closed : .system(call: call, errno: errno)
    }
}

import CLinux
import Glibc
import Synchronization

/// Names to addresses, off the loops: `getaddrinfo` blocks, so it runs on a thread of its own; answers are kept for a while.
///
/// An answer that has just grown old is used once more while the name is asked for again, so that a slow name server makes
/// nobody wait; and for an hour where the name server gives no answer at all (as in RFC 8767), for the addresses are likely good.
package final class Resolver: Sendable {
    package typealias Answer = Result<[SocketAddress], TransportError>

    /// What asking came to. `isTemporary`: the name server said nothing about the name.
    struct Reply: Sendable {
        var answer: Answer
        var isTemporary = false
    }
    private struct Entry {
        var answer: Answer
        /// When it was asked for, until when it is fresh, until when it is good if nothing better comes; monotonic nanoseconds.
        var askedAt: Int64
        var until: Int64
        var lastResort: Int64
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var waiting: [String: [@Sendable (Answer) -> Void]] = [:]
    }

    private let state = Mutex(State())
    private let lifetime: Int64
    private let clock: @Sendable () -> Int64
    private let lookUp: @Sendable (String) -> Reply
    private static let maximumEntries = 1_000
    private static let lastResort: Int64 = 3_600_000_000_000

    /// `lifetime`: how long an answer is fresh, in nanoseconds; failures are kept a tenth of that.
    package convenience init(lifetime: Int64 = 30_000_000_000) {
        self.init(lifetime: lifetime, clock: { monotonicNanoseconds() }, lookUp: Resolver.ask)
    }

    /// `lookUp` may block.
    init(lifetime: Int64, clock: @escaping @Sendable () -> Int64, lookUp: @escaping @Sendable (String) -> Reply) {
        self.lifetime = lifetime
        self.clock = clock
        self.lookUp = lookUp
    }

    /// Calls `completion` on `loop` with the addresses of `host`, IPv6 and IPv4 in the system's order (port 0).
    package func resolve(_ host: String, on loop: EventLoop, completion: @escaping @Sendable (Answer) -> Void) {
        let now = clock()
        let delivery: @Sendable (Answer) -> Void = { answer in loop.post { completion(answer) } }
        let known: (answer: Answer?, mustAsk: Bool) = state.withLock { state in
            let isAsked = state.waiting[host] != nil
            if let entry = state.entries[host] {
                if entry.until > now { return (entry.answer, false) }
                if case .success = entry.answer, entry.until &+ lifetime > now {
                    if !isAsked { state.waiting[host] = [] }
                    return (entry.answer, !isAsked)
                }
            }
            state.waiting[host, default: []].append(delivery)
            return (nil, !isAsked)
        }
        if let answer = known.answer { delivery(answer) }
        if known.mustAsk { startAsking(host) }
    }

    /// None of the addresses of `host` took a connection: who asks next gets new ones, unless these are a moment old.
    package func distrust(_ host: String) {
        let now = clock()
        state.withLock { state in
            guard let entry = state.entries[host], case .success = entry.answer else { return }
            guard entry.askedAt &+ lifetime / 30 <= now else { return }
            // So long ago that it is not even used once more.
            state.entries[host]?.until = now &- lifetime
        }
    }

    private func startAsking(_ host: String) {
        final class Question {
            let resolver: Resolver, host: String
            init(_ resolver: Resolver, _ host: String) { (self.resolver, self.host) = (resolver, host) }
        }
        let context = Unmanaged.passRetained(Question(self, host))
        let result = tg_thread_start(
            "resolver",
            {
                guard let pointer = $0 else { return }
                let question = Unmanaged<Question>.fromOpaque(pointer).takeRetainedValue()
                let began = question.resolver.clock()
                question.resolver.answered(question.host, question.resolver.lookUp(question.host), askedAt: began)
            }, context.toOpaque())
        if result != 0 {
            context.release()
            let failure = Answer.failure(.system(call: "pthread_create", errno: result))
            answered(host, Reply(answer: failure, isTemporary: true), askedAt: clock())
        }
    }

    private func answered(_ host: String, _ reply: Reply, askedAt: Int64) {
        let now = clock()
        let (answer, waiting) = state.withLock { state in
            let entry = next(state.entries[host], reply, askedAt: askedAt, now: now)
            if state.entries.count >= Self.maximumEntries { state.entries.removeAll() }
            state.entries[host] = entry
            return (entry.answer, state.waiting.removeValue(forKey: host) ?? [])
        }
        for delivery in waiting { delivery(answer) }
    }

    private func next(_ old: Entry?, _ reply: Reply, askedAt: Int64, now: Int64) -> Entry {
        switch reply.answer {
        case .success:
            return Entry(
                answer: reply.answer, askedAt: askedAt, until: now &+ lifetime, lastResort: now &+ Self.lastResort)
        case .failure:
            let again = now &+ lifetime / 10
            if reply.isTemporary, var old, case .success = old.answer, old.lastResort > now {
                old.until = again
                return old
            }
            return Entry(answer: reply.answer, askedAt: askedAt, until: again, lastResort: now)
        }
    }

    @Sendable private static func ask(_ host: String) -> Reply {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { freeaddrinfo(list) }
        guard code == 0 else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? ""
            let saysNothing = [EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM].contains(code)
            return Reply(answer: .failure(.unresolved(host: host, reason: reason)), isTemporary: saysNothing)
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen)))
            }
            if let address = SocketAddress(storage) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return Reply(
            answer: addresses.isEmpty ? .failure(.unresolved(host: host, reason: "no address")) : .success(addresses))
    }
}

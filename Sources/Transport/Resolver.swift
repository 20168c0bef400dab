import CLinux
import Glibc
import Synchronization

/// Names to addresses, off the loops: `getaddrinfo` blocks, so it runs on a thread of its own; answers are kept for a while.
package final class Resolver: Sendable {
    package typealias Answer = Result<[SocketAddress], TransportError>

    private struct Entry {
        var answer: Answer
        var until: Int64
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var waiting: [String: [@Sendable (Answer) -> Void]] = [:]
    }

    private let state = Mutex(State())
    /// How long an answer is used, in nanoseconds; failures are kept a tenth of that.
    private let lifetime: Int64
    private static let maximumEntries = 1_000

    package init(lifetime: Int64 = 30_000_000_000) { self.lifetime = lifetime }

    /// Calls `completion` on `loop` with the addresses of `host`, IPv6 and IPv4 in the system's order (port 0).
    package func resolve(_ host: String, on loop: EventLoop, completion: @escaping @Sendable (Answer) -> Void) {
        let now = monotonicNanoseconds()
        let delivery: @Sendable (Answer) -> Void = { answer in loop.post { completion(answer) } }
        let known: (answer: Answer?, mustAsk: Bool) = state.withLock { state in
            if let entry = state.entries[host], entry.until > now { return (entry.answer, false) }
            state.waiting[host, default: []].append(delivery)
            return (nil, state.waiting[host]?.count == 1)
        }
        if let answer = known.answer { return delivery(answer) }
        if known.mustAsk { ask(host) }
    }

    private func ask(_ host: String) {
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
                question.resolver.answered(question.host, Resolver.lookUp(question.host))
            }, context.toOpaque())
        if result != 0 {
            context.release()
            answered(host, .failure(.system(call: "pthread_create", errno: result)))
        }
    }

    private func answered(_ host: String, _ answer: Answer) {
        var kept = lifetime
        if case .failure = answer { kept /= 10 }
        let until = monotonicNanoseconds() &+ kept
        let waiting = state.withLock { state in
            if state.entries.count >= Self.maximumEntries { state.entries.removeAll() }
            state.entries[host] = Entry(answer: answer, until: until)
            return state.waiting.removeValue(forKey: host) ?? []
        }
        for delivery in waiting { delivery(answer) }
    }

    private static func lookUp(_ host: String) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { freeaddrinfo(list) }
        guard code == 0 else {
            return .failure(.unresolved(host: host, reason: gai_strerror(code).map { String(cString: $0) } ?? ""))
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
        return addresses.isEmpty ? .failure(.unresolved(host: host, reason: "no address")) : .success(addresses)
    }
}

import Dispatch
import Glibc
import HTTP
import LoopSupport
import Synchronization
import Transport
import Wire

extension Trial {
    /// The same bytes across a socket, to the server and to the client that the gateway has: buffers, framing, faults and ends.
    static let connections = [
        Trial(name: "server-connection") { bytes in
            try sameVerdict(bytes, ways(bytes)) { bytes, pieces in
                let answer = try Peers.shared.get().answer(bytes, pieces)
                // As many requests are answered as the parsers see: none can hide in another.
                let whole = try MessageVerdict.server(bytes, Cuts.ways(bytes)[0]).messages.count { $0.isWhole }
                let answered = answer.count { $0.hasPrefix("HTTP/1.1 200 ") }
                try require(answered == whole, "\(answered) of \(whole) requests were answered: \(answer)")
                return answer
            }
        },
        Trial(name: "client-connection") { bytes in
            try sameVerdict(bytes, ways(bytes)) { try Peers.shared.get().read($0, $1) }
        },
    ]

    /// A socket for each of them: not byte by byte.
    private static func ways(_ bytes: UnsafeRawBufferPointer) -> [Cuts] { Array(Cuts.ways(bytes).prefix(2)) }
}

/// A server and a client on a loop of their own, for as long as the process lives.
final class Peers: Sendable {
    static let shared = Result { try Peers() }

    private let serverPort: UInt16
    private let clientPort: UInt16
    private let told = Told()

    private init() throws {
        let host = try LoopHost.started(), told = told
        let ports = Mutex<(server: UInt16, client: UInt16)?>(nil), isStarted = DispatchSemaphore(value: 0)
        // On the loop's thread: those of the pool may all be waiting for this.
        Task(executorPreference: host.loop) {
            let started = try? await host.listen(told)
            ports.withLock { $0 = started }
            isStarted.signal()
        }
        isStarted.wait()
        guard let ports = ports.withLock({ $0 }) else { throw Violation("no loop") }
        (serverPort, clientPort) = ports
    }

    /// The lines of what the server says, without what depends on the moment: dates, and whether it asked for the body.
    func answer(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> [String] {
        let answer = try PlainSocket(port: serverPort).exchange(bytes, pieces)
        return String(decoding: answer, as: UTF8.self).split(separator: "\r\n").map(String.init)
            .filter { !$0.hasPrefix("date:") && $0 != "HTTP/1.1 100 Continue" }
    }

    /// What the client makes of it.
    func read(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> String {
        let socket = try PlainSocket(port: clientPort)
        _ = try socket.exchange(bytes, pieces)
        return try told.take()
    }
}

/// What the loop's thread tells the one that waits; one exchange after the other.
final class Told: Sendable {
    private let text = Mutex("")
    private let isTold = DispatchSemaphore(value: 0)

    func tell(_ text: String) {
        self.text.withLock { $0 = text }
        isTold.signal()
    }

    func take() throws -> String {
        guard isTold.wait(timeout: .now() + 10) == .success else { throw Violation("no end within ten seconds") }
        return text.withLock { $0 }
    }
}

extension LoopHost {
    fileprivate func listen(_ told: Told) throws -> (server: UInt16, client: UInt16) {
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
        let loop = loop, handler = CountingHandler()
        var limits = HTTPLimits()
        limits.headBytes = 4_096
        let servers = try Listener(address, tls: nil, loop: loop)
        try servers.start(
            whenAccepted: { ServerConnection.start($0, handler: handler, limits: limits, loop: loop) },
            whenRefused: { _ in })
        let clients = try Listener(address, tls: nil, loop: loop)
        try clients.start(
            whenAccepted: { stream in
                let bound = LoopBound(stream, loop: loop)
                Task(executorPreference: loop) { told.tell(await LoopHost(loop).exchange(bound)) }
            }, whenRefused: { _ in })
        return (servers.address.port, clients.address.port)
    }

    /// One exchange of the client's, told in words.
    private func exchange(_ bound: LoopBound<ByteStream>) async -> String {
        let connection = ClientConnection(stream: bound.value, loop: loop), wakeup = Wakeup(loop: loop)
        connection.begin(wakeup)
        defer { connection.close() }
        var body: [UInt8] = [], status = 0
        do throws(ClientFault) {
            let request: StaticString = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
            try await connection.send(Pieces(request.bytes), timeout: 5_000_000_000, abort: [])
            try await connection.receiveHead(timeout: 5_000_000_000, abort: [])
            status = connection.head.status
            connection.headIsUsed()
            while true {
                switch connection.readBody() {
                case .data(let bytes, let isLast):
                    body += bytes
                    if isLast { return "\(status) \(body)" }
                case .failed(let fault): throw fault
                case .wouldBlock: _ = await wakeup.wait(for: .upstreamReadable)
                }
            }
        } catch {
            return "\(status) \(error.sentence)"
        }
    }
}

/// Answers with what it understood.
private final class CountingHandler: RequestHandler {
    func handle(_ channel: ServerChannel) async {
        let target = Array(channel.headBytes(channel.head.target))
        let body = channel.makeBody()
        while true {
            switch await channel.receive(into: body) {
            case .more: continue
            case .complete:
                return answer(channel, 200, "\(target) \(Draw.sum(body.bytes)) of \(body.bytes.count)")
            case .refused(let error): return answer(channel, error.status, "\(error.sentence)")
            case .tooLarge: return answer(channel, 413, "too large")
            case .timedOut: return answer(channel, 408, "too slow")
            case .noRoom: return answer(channel, 529, "no room")
            case .clientGone: return channel.abandonAnswer()
            }
        }
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        answer(channel, refusal.status, "\(refusal.sentence)")
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) {}

    private func answer(_ channel: ServerChannel, _ status: Int, _ text: String) {
        channel.beginResponse(status: status)
        channel.field("content-type", "text/plain")
        Array("\(text)\r\n".utf8).withUnsafeBytes { _ = channel.respond($0) }
    }
}

import HTTP
import LoopSupport
import Synchronization
import Transport
import Wire

@testable import Upstream

/// A request as a token server saw it.
struct Asked: Sendable {
    /// `POST /token`.
    let line: String
    /// In small letters.
    let fields: [String: String]
    let body: String
}

/// A server on loopback that answers as a test says and remembers what it was asked.
final class TokenServer: RequestHandler {
    private let answer: @Sendable (Asked, Int) -> (status: Int, body: String)
    private let seen = Mutex<[Asked]>([])
    var asked: [Asked] { seen.withLock { $0 } }
    private let bound = Mutex<UInt16>(0)
    var port: UInt16 { bound.withLock { $0 } }

    /// `answer` gets each request with its number, from 0.
    static func start(
        on host: LoopHost, tls: TLSContext? = nil,
        _ answer: @escaping @Sendable (Asked, Int) -> (status: Int, body: String)
    ) async throws -> TokenServer {
        let server = TokenServer(answer)
        let port = try await host.run { host in
            guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
            let listener = try Listener(address, tls: tls, loop: host.loop)
            let loop = host.loop
            try listener.start(
                whenAccepted: { ServerConnection.start($0, handler: server, limits: HTTPLimits(), loop: loop) },
                whenRefused: { _ in })
            return listener.address.port
        }
        server.bound.withLock { $0 = port }
        return server
    }

    private init(_ answer: @escaping @Sendable (Asked, Int) -> (status: Int, body: String)) { self.answer = answer }

    func handle(_ channel: ServerChannel) async {
        let method = channel.head.method.text
        let target = String(decoding: channel.headBytes(channel.head.target), as: UTF8.self)
        var fields: [String: String] = [:]
        for field in channel.head.fields {
            let name = String(decoding: channel.headBytes(field.nameRange), as: UTF8.self).lowercased()
            fields[name] = String(decoding: channel.headBytes(field.valueRange), as: UTF8.self)
        }
        let body = channel.makeBody()
        while case .more = await channel.receive(into: body) {}
        let asked = Asked(
            line: "\(method) \(target)", fields: fields, body: String(decoding: body.bytes, as: UTF8.self))
        let number = seen.withLock { seen in
            seen.append(asked)
            return seen.count - 1
        }
        // Long enough for others to ask meanwhile.
        channel.wakeup.setTick(after: 10_000_000)
        _ = await channel.wakeup.wait(for: .tick)
        let (status, text) = answer(asked, number)
        channel.beginResponse(status: status)
        _ = Array(text.utf8).withUnsafeBytes { channel.respond($0) }
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        channel.beginResponse(status: refusal.status)
        _ = channel.respond(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) {}
}

/// A clock that a test moves, in Unix seconds.
final class MovedClock: Sendable {
    private let time = Mutex<Int64>(1_767_323_045)
    var seconds: Int64 { time.withLock { $0 } }
    func advance(_ seconds: Int64) { time.withLock { $0 += seconds } }
    var nanoseconds: @Sendable () -> Int64 { { self.seconds * 1_000_000_000 } }
}

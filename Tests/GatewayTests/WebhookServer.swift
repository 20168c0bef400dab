import HTTP
import Synchronization
import Transport
import Wire

/// A server on loopback that answers posts as a test says and remembers them.
final class WebhookServer: RequestHandler {
    struct Post: Sendable {
        /// `POST /hook`.
        let line: String
        /// In small letters.
        let fields: [String: String]
        let body: String
    }

    struct Answer: Sendable {
        var status = 200
        var retryAfter: String?
    }

    let loop: EventLoop
    private let script: Mutex<[Answer]>
    let seen = Tally<Post>()
    private let bound = Mutex<UInt16>(0)
    var posts: [Post] { seen.things }
    var port: UInt16 { bound.withLock { $0 } }

    /// Answers one after the other; 200 when there are no more. The loop is its own and has to be stopped.
    init(_ answers: [Answer] = [], tls: TLSContext? = nil) async throws {
        script = Mutex(answers)
        loop = try EventLoop(index: 0)
        try loop.start()
        let port = try await Task(executorPreference: loop) { try self.listen(tls) }.value
        bound.withLock { $0 = port }
    }

    private func listen(_ tls: TLSContext?) throws -> UInt16 {
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
        let listener = try Listener(address, tls: tls, loop: loop)
        let loop = loop
        try listener.start(
            whenAccepted: { ServerConnection.start($0, handler: self, limits: HTTPLimits(), loop: loop) },
            whenRefused: { _ in })
        return listener.address.port
    }

    func handle(_ channel: ServerChannel) async {
        let target = String(decoding: channel.headBytes(channel.head.target), as: UTF8.self)
        var fields: [String: String] = [:]
        for field in channel.head.fields {
            let name = String(decoding: channel.headBytes(field.nameRange), as: UTF8.self).lowercased()
            fields[name] = String(decoding: channel.headBytes(field.valueRange), as: UTF8.self)
        }
        let body = channel.makeBody()
        while case .more = await channel.receive(into: body) {}
        let text = String(decoding: body.bytes, as: UTF8.self)
        seen.add(Post(line: "\(channel.head.method.text) \(target)", fields: fields, body: text))
        let answer = script.withLock { $0.isEmpty ? Answer() : $0.removeFirst() }
        channel.beginResponse(status: answer.status)
        if let wait = answer.retryAfter { channel.field("retry-after", wait) }
        _ = channel.respond(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        seen.add(Post(line: "refused", fields: [:], body: ""))
        channel.beginResponse(status: refusal.status)
        _ = channel.respond(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) {}
}

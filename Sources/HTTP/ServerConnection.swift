import Transport
import Wire

/// What a server does with its requests; its methods run on the connection's loop.
package protocol RequestHandler: AnyObject, Sendable {
    /// Answers the request in hand. An answer that was not begun when this returns is a broken invariant; the
    /// connection is then closed.
    func handle(_ channel: ServerChannel) async
    /// Answers what is not a request, then the connection is closed.
    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async
    /// The connection has ended, for whatever reason; `problem` if it never became one.
    func ended(_ channel: ServerChannel, problem: TransportError?)
    /// The connection has had no request for a while, and has given back what requests need.
    func rested(_ channel: ServerChannel)
}

extension RequestHandler {
    package func rested(_ channel: ServerChannel) {}
}

/// One accepted connection: reads its requests one after the other and has each answered before the next is looked at, so
/// that what a client sends ahead waits in order.
package actor ServerConnection {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let channel: ServerChannel
    private let handler: any RequestHandler

    /// `channel` was made on `loop` and is this connection's from now on.
    private init(_ channel: LoopBound<ServerChannel>, handler: any RequestHandler, loop: EventLoop) {
        self.loop = loop
        self.channel = channel.value
        self.handler = handler
    }

    /// Serves `stream` until it ends; on the loop's thread. Returns its channel, so that it can be told to close.
    @discardableResult
    package static func start(
        _ stream: ByteStream, handler: any RequestHandler, limits: HTTPLimits, rooms: BodyRooms? = nil, loop: EventLoop
    ) -> ServerChannel {
        let channel = ServerChannel(stream: stream, loop: loop, limits: limits, rooms: rooms)
        let connection = ServerConnection(LoopBound(channel, loop: loop), handler: handler, loop: loop)
        Task(executorPreference: loop) { await connection.serve() }
        return channel
    }

    private func serve() async {
        if let problem = await channel.handshake() { return end(problem) }
        await serveRequests()
    }

    private func serveRequests() async {
        while true {
            switch await serveOne() {
            case .goesOn: continue
            case .rests: return rest()
            case .ends:
                await channel.linger()
                return end(nil)
            }
        }
    }

    private func end(_ problem: TransportError?) {
        channel.stream.close()
        handler.ended(channel, problem: problem)
    }

    /// A task keeps the memory of its deepest call, some 20 KiB, until it ends: a connection without a request has none.
    private func rest() {
        channel.rest { [self] in Task(executorPreference: loop) { await self.serveRequests() } }
        handler.rested(channel)
    }

    private enum Progress { case goesOn, rests, ends }

    private func serveOne() async -> Progress {
        switch await channel.nextRequest() {
        case .ended:
            return .ends
        case .resting:
            return .rests
        case .refused(let refusal):
            channel.startRefusal()
            await handler.refuse(channel, refusal)
            _ = await channel.flush()
            return .ends
        case .request:
            await handler.handle(channel)
            return await channel.finish() ? .goesOn : .ends
        }
    }
}

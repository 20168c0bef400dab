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
        let problem = await channel.handshake()
        if problem == nil {
            while await serveOne() {}
            await channel.linger()
        }
        channel.stream.close()
        handler.ended(channel, problem: problem)
    }

    /// False when no further request can come.
    private func serveOne() async -> Bool {
        switch await channel.nextRequest() {
        case .ended:
            return false
        case .refused(let refusal):
            channel.startRefusal()
            await handler.refuse(channel, refusal)
            _ = await channel.flush()
            return false
        case .request:
            await handler.handle(channel)
            return await channel.finish()
        }
    }
}

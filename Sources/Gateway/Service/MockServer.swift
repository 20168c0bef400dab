import HTTP
import Providers
import Synchronization
import Transport
import Wire

/// The built-in provider `mock`: an HTTP server on a loopback port of its own, so that requests go to it the same way as to any
/// other provider. It answers what `MockScript` says.
final class MockServer: RequestHandler {
    let port: UInt16
    private let loop: EventLoop
    private let listener: LoopBound<Listener>
    private let serial = Atomic<Int64>(0)

    /// Binds; `start` begins to answer.
    init(loop: EventLoop) throws(TransportError) {
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw .closed }
        let listener = try Listener(address, tls: nil, loop: loop)
        port = listener.address.port
        self.loop = loop
        self.listener = LoopBound(listener, loop: loop)
    }

    /// On the loop's thread.
    func start() throws(TransportError) {
        let loop = loop
        try listener.value.start(
            whenAccepted: { [unowned self] in
                ServerConnection.start($0, handler: self, limits: HTTPLimits(), loop: loop)
            }, whenRefused: { _ in })
    }

    func handle(_ channel: ServerChannel) async {
        let body = channel.makeBody()
        while true {
            switch await channel.receive(into: body) {
            case .more: continue
            case .complete: return await play(answer(channel, body.bytes), channel)
            default: return channel.abandonAnswer()
            }
        }
    }

    private func answer(_ channel: ServerChannel, _ body: UnsafeRawBufferPointer) -> MockAnswer {
        let number = serial.add(1, ordering: .relaxed).newValue
        guard let script = MockScript(body: body, serial: number) else {
            return MockAnswer(status: 400, contentType: "application/json", steps: [])
        }
        let path = channel.headBytes(channel.head.path)
        return path.equals("/v1/messages/count_tokens") ? script.count : script.message
    }

    private func play(_ answer: MockAnswer, _ channel: ServerChannel) async {
        channel.beginResponse(status: answer.status)
        channel.field("content-type", answer.contentType)
        let isStream = answer.contentType.hasPrefix("text/event-stream")
        channel.beginBody(length: isStream ? nil : Int64(answer.steps.reduce(0) { $0 + $1.bytes.count }))
        if answer.steps.isEmpty { _ = channel.send(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
        for (index, step) in answer.steps.enumerated() {
            if step.pause > 0 {
                channel.wakeup.setDeadline(after: step.pause)
                let events = await channel.wakeup.wait(for: .deadline | .downstreamHangup)
                channel.wakeup.clearDeadline()
                if events.contains(.downstreamHangup) { return channel.abandonAnswer() }
            }
            let state = step.bytes.withUnsafeBytes { channel.send($0, isLast: index == answer.steps.count - 1) }
            if state == .pending, await channel.flush() != .sent { return }
            if state == .failed { return }
        }
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        channel.beginResponse(status: refusal.status)
        _ = channel.respond(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) {}
}

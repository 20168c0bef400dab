import LoopSupport
import Synchronization
import Transport
import Wire

@testable import HTTP

/// Answers with the request as it was understood; `/large` with a megabyte, `/chunked` in pieces of unknown length.
final class EchoHandler: RequestHandler {
    let rests = Mutex(0), ends = Mutex(0)

    func handle(_ channel: ServerChannel) async {
        let target = String(decoding: channel.headBytes(channel.head.target), as: UTF8.self)
        let body = channel.makeBody()
        loop: while true {
            switch await channel.receive(into: body) {
            case .more: continue
            case .complete: break loop
            case .refused(let error): return answer(channel, error.status, "\(error.sentence)")
            case .tooLarge: return answer(channel, 413, "too large")
            case .timedOut: return answer(channel, 408, "body too slow")
            case .noRoom: return answer(channel, 529, "no room")
            case .clientGone: return channel.abandonAnswer()
            }
        }
        if target == "/large" { return await answerLarge(channel) }
        let text = String(decoding: body.bytes, as: UTF8.self)
        answer(channel, 200, "\(target) \(text)", chunked: target == "/chunked")
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        answer(channel, refusal.status, "\(refusal.sentence)")
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) { ends.withLock { $0 += 1 } }

    func rested(_ channel: ServerChannel) { rests.withLock { $0 += 1 } }

    private func answer(_ channel: ServerChannel, _ status: Int, _ text: String, chunked: Bool = false) {
        channel.beginResponse(status: status)
        channel.field("content-type", "text/plain")
        guard chunked else {
            Array(text.utf8).withUnsafeBytes { _ = channel.respond($0) }
            return
        }
        channel.beginBody(length: nil)
        for byte in text.utf8 { withUnsafeBytes(of: byte) { _ = channel.send($0, isLast: false) } }
        _ = channel.send(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    }

    private func answerLarge(_ channel: ServerChannel) async {
        channel.beginResponse(status: 200)
        channel.beginBody(length: 1_000_000)
        let piece = [UInt8](repeating: 0x61, count: 100_000)
        for index in 0..<10 {
            let state = piece.withUnsafeBytes { channel.send($0, isLast: index == 9) }
            if state == .pending, await channel.flush() != .sent { return }
        }
    }
}

/// Sends informational answers while the request still comes, the first one cut by a pause in which nothing is read; then says how
/// large the body was.
final class HintingHandler: RequestHandler {
    func handle(_ channel: ServerChannel) async {
        say("HTTP/1.1 103 Early Hints\r\nlink", channel)
        channel.wakeup.setTick(after: 20_000_000)
        _ = await channel.wakeup.wait(for: .tick)
        say(": x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", channel)
        let body = channel.makeBody()
        loop: while true {
            switch await channel.receive(into: body) {
            case .more: continue
            case .complete: break loop
            default: return channel.abandonAnswer()
            }
        }
        channel.beginResponse(status: 200)
        Array("\(body.count)".utf8).withUnsafeBytes { _ = channel.respond($0) }
    }

    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async { channel.abandonAnswer() }

    func ended(_ channel: ServerChannel, problem: TransportError?) {}

    private func say(_ text: String, _ channel: ServerChannel) {
        Array(text.utf8).withUnsafeBytes { _ = channel.stream.write(Pieces($0)) }
    }
}

/// An HTTP server on the host's loop.
func startServer(
    on host: LoopHost, limits: HTTPLimits = HTTPLimits(), rooms: LoopBound<BodyRooms>? = nil,
    handler: any RequestHandler = EchoHandler()
) async throws -> SocketAddress {
    try await host.run { host in
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
        let listener = try Listener(address, tls: nil, loop: host.loop)
        let loop = host.loop
        try listener.start(
            whenAccepted: {
                ServerConnection.start($0, handler: handler, limits: limits, rooms: rooms?.value, loop: loop)
            },
            whenRefused: { _ in })
        return listener.address
    }
}

/// A server that answers each connection with given bytes, in given pieces, and then closes it or keeps it open.
func startScript(on host: LoopHost, pieces: [[UInt8]], closes: Bool) async throws -> SocketAddress {
    try await host.run { host in
        guard let address = SocketAddress(literal: "127.0.0.1", port: 0) else { throw TransportError.closed }
        let loop = host.loop
        let listener = try Listener(address, tls: nil, loop: loop)
        var held: [ByteStream] = []
        try listener.start(
            whenAccepted: { stream in
                held.append(stream)
                let bound = LoopBound(stream, loop: loop)
                Task(executorPreference: loop) { await LoopHost(loop).play(bound, pieces, closes: closes) }
            }, whenRefused: { _ in })
        return listener.address
    }
}

extension LoopHost {
    func play(_ bound: LoopBound<ByteStream>, _ pieces: [[UInt8]], closes: Bool) async {
        let stream = bound.value
        let wakeup = Wakeup(loop: loop)
        stream.attach(wakeup, as: .upstream)
        _ = await wakeup.wait(for: .upstreamReadable)
        for piece in pieces {
            _ = piece.withUnsafeBytes { stream.write(Pieces($0)) }
            // A turn of the loop between the pieces, so that they arrive apart.
            wakeup.setTick(after: 0)
            _ = await wakeup.wait(for: .tick)
        }
        if closes { stream.close() }
    }

    func connect(_ address: SocketAddress) async throws -> (ByteStream, Wakeup) {
        let connector = Connector(
            endpoint: Endpoint(host: address.host, port: address.port, tls: nil), loop: loop, resolver: Resolver())
        let wakeup = Wakeup(loop: loop)
        return (try await connector.connect(wakeup, timeout: 5_000_000_000, abort: []), wakeup)
    }

    /// Sends pieces one turn of the loop apart, or far enough for the server to say something between them, then reads until the server closes, or says nothing for `patience` nanoseconds.
    /// `hangsUp`: the client ends its side together with the last piece, when the server waits for it.
    func converse(
        _ address: SocketAddress, _ pieces: [String], patience: Int64 = 10_000_000_000, answersBetween: Bool = false,
        hangsUp: Bool = false
    ) async throws -> (text: String, closed: Bool) {
        let (stream, wakeup) = try await connect(address)
        defer { stream.close() }
        for (index, piece) in pieces.enumerated() {
            _ = Array(piece.utf8).withUnsafeBytes { stream.write(Pieces($0)) }
            // In one turn of the loop: the server hears of both at once.
            if hangsUp, index == pieces.count - 1 { stream.shutdownWriting() }
            wakeup.clear(.upstreamReadable)
            wakeup.setTick(after: answersBetween ? patience : hangsUp ? 3_000_000 : 0)
            _ = await wakeup.wait(for: answersBetween ? [.tick, .upstreamReadable] : .tick)
            wakeup.signal(.upstreamReadable)
        }
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            switch stream.read(into: buffer) {
            case .bytes(let count): bytes.append(contentsOf: buffer[..<count])
            case .end, .failed: return (String(decoding: bytes, as: UTF8.self), true)
            case .wouldBlock:
                wakeup.setDeadline(after: patience)
                let events = await wakeup.wait(for: [.upstreamReadable, .deadline])
                if events == .deadline { return (String(decoding: bytes, as: UTF8.self), false) }
            }
        }
    }
}

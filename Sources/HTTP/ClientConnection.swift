import Transport
import Wire

/// A piece of an answer's body.
package enum BodyPart {
    /// Valid until the next call on this loop. `isLast`: the body is complete with it (it may be empty).
    case data(UnsafeRawBufferPointer, isLast: Bool)
    case wouldBlock
    case failed(ClientFault)
}

/// A connection to a server, used by one exchange at a time.
///
/// It is not an actor but confined to its loop: the exchange that leases it drives it from its own task, without a hop per
/// piece of the answer. `@unchecked Sendable`: it is made, leased and used on one loop's thread only, which the loop's
/// register and the stream under it assert; it crosses isolation only between actors pinned to that loop.
package final class ClientConnection: @unchecked Sendable {
    private let stream: ByteStream
    private let loop: EventLoop
    private let input: InputBuffer
    private var parser = ResponseHeadParser()
    private var body = AnswerBody(.none)
    private var wakeup: Wakeup?
    private var requestIsComplete = false
    private var failed = false
    /// The head of the answer was read, in `send` or after it.
    private var headIsThere = false
    /// Informational answers before the present one.
    private var interims = 0
    /// A server has no reason to send more of them; one that sends them without end would have the loop for itself.
    private static let maximumInterims = 32
    /// Bytes of the present answer that have come, framing included.
    package private(set) var bytesReceived = 0
    /// How reading ended, where that was found with bytes that are told first.
    private var endSeen: ReadResult?
    private let openedAt: Int64
    /// Told once, when it is closed, how long it was open, nanoseconds.
    package var whenClosed: ((Int64) -> Void)?
    /// When it was last given back, monotonic nanoseconds.
    package private(set) var idleSince: Int64 = 0

    package init(stream: ByteStream, loop: EventLoop) {
        self.stream = stream
        self.loop = loop
        input = InputBuffer(loop: loop)
        openedAt = loop.now
    }

    // MARK: Lease

    /// Begins an exchange, whose waits are on `wakeup`.
    package func begin(_ wakeup: Wakeup) {
        self.wakeup = wakeup
        wakeup.clear(.upstreamReadable | .upstreamWritable)
        stream.attach(wakeup, as: .upstream)
        requestIsComplete = false
        bytesReceived = 0
        headIsThere = false
        interims = 0
        endSeen = nil
        parser.exchange(&head)
        parser.reset()
    }

    /// Ends the exchange. True if the connection can serve another; otherwise it is closed. `whenIdleEnds` is called when the
    /// server closes it meanwhile.
    package func end(whenIdleEnds: @escaping () -> Void) -> Bool {
        wakeup = nil
        guard !failed, requestIsComplete, body.isComplete, head.keepAlive, input.isEmpty, !stream.sawHangup
        else {
            close()
            return false
        }
        idleSince = loop.now
        stream.detach(whenIdle: whenIdleEnds)
        return true
    }

    /// An idle connection must be silent: anything that came is its end, or a fault.
    package var isFit: Bool { stream.isOpen && !stream.sawHangup && !stream.hasNews }

    package func close() {
        failed = true
        stream.close()
        if let told = whenClosed {
            whenClosed = nil
            told(loop.now - openedAt)
        }
    }

    // MARK: Request

    /// Sends a request's bytes. Returns early, with the request incomplete, if the server answers before it has read them; the
    /// connection is then not used again. Informational answers are none: the server waits for the rest (RFC 9110 §15.2).
    ///
    /// `timeout`: nanoseconds without progress. `abort` cancels.
    package func send(_ request: Pieces, timeout: Int64, abort: WakeEvents) async throws(ClientFault) {
        guard let wakeup else { return }
        var left = request
        while true {
            let isLarge = left.count > Self.atOnce
            switch stream.write(isLarge ? left.first(Self.atOnce) : left) {
            case .bytes(let count):
                left.removeFirst(count)
                if isLarge {
                    loop.moved(count)
                    if loop.hasMovedEnough { await loop.nextTurn() }
                }
                if left.count == 0 {
                    requestIsComplete = true
                    return
                }
                continue
            case .failed(let error):
                throw fail(ClientFault(error))
            case .wouldBlock:
                break
            }
            wakeup.setDeadline(after: timeout)
            defer { wakeup.clearDeadline() }
            let events = await wakeup.wait(for: abort.union(.upstreamWritable | .upstreamReadable | .deadline))
            try check(events, abort, .upstreamWritable | .upstreamReadable)
            if events.contains(.upstreamReadable), try answerIsThere() {
                wakeup.signal(.upstreamReadable)
                return
            }
        }
    }

    /// The most that one write takes, so that a large request leaves others their turn, bytes.
    private static let atOnce = 512 * 1024

    /// The server says no more than it has said: its answer, or the connection's end.
    private func answerIsThere() throws(ClientFault) -> Bool {
        while true {
            if try parseHead() { return true }
            switch input.fill(from: stream) {
            case .bytes(let count): bytesReceived += count
            case .wouldBlock: return false
            case .end, .failed: return true
            }
        }
    }

    // MARK: Answer

    /// The head of the present answer; valid until `end`. Not the parser's own, which would be lent from module to module; HOT.
    package private(set) var head = ResponseHead()

    /// The bytes of a range of the head; valid until the next call.
    package func headBytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: input.bytes[range])
    }

    /// Whether a field of the head belongs to this connection alone.
    package func isHopByHop(_ field: HTTPField) -> Bool { head.isHopByHop(field, in: input.bytes) }

    /// Waits for the answer's head; informational answers (1xx) are passed over.
    package func receiveHead(timeout: Int64, abort: WakeEvents) async throws(ClientFault) {
        guard let wakeup else { return }
        wakeup.setDeadline(after: timeout)
        defer { wakeup.clearDeadline() }
        while true {
            if try parseHead() { return }
            switch input.fill(from: stream) {
            case .bytes(let count):
                bytesReceived += count
                continue
            case .end:
                throw fail(broken(.closed))
            case .failed(let error):
                throw fail(broken(error))
            case .wouldBlock:
                break
            }
            let events = await wakeup.wait(for: abort.union(.upstreamReadable | .deadline))
            try check(events, abort, .upstreamReadable)
        }
    }

    /// Whether the head is there, after what is informational.
    private func parseHead() throws(ClientFault) -> Bool {
        while !headIsThere, !input.isEmpty {
            do throws(HTTPParseError) {
                // No request of ours has an answer without the body that its head tells of.
                guard try parser.parse(input.bytes, forMethod: .post) else { return false }
            } catch {
                throw fail(.malformed(error))
            }
            parser.exchange(&head)
            // RFC 9110 §15: there are five classes.
            guard head.status < 600 else { throw fail(.malformed(.statusLineMalformed)) }
            guard head.isInterim else {
                body = AnswerBody(head.framing)
                headIsThere = true
                return true
            }
            // Nothing was asked that could be answered by changing to another protocol.
            interims += 1
            guard head.status != 101, interims <= Self.maximumInterims else {
                throw fail(.malformed(.interimUnexpected))
            }
            input.consume(head.length)
            parser.exchange(&head)
            parser.reset()
        }
        return headIsThere
    }

    /// The head's fields are used: from now on `readBody` may be called, and `headBytes` not any more.
    package func headIsUsed() { input.consume(head.length) }

    /// Something of the answer may be there, as far as the loop has seen; costs no system call.
    package var mayHaveBytes: Bool { !input.isEmpty || stream.mayHaveBytes }

    /// The next piece of the body, if one is there.
    package func readBody() -> BodyPart {
        if let error = body.fault { return .failed(fail(.malformed(error))) }
        if body.isComplete { return .data(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
        if !input.isEmpty { return unframeBuffered() }
        switch read(behind: 0) {
        case .bytes(let count):
            return unframe(UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<count]))
        case .wouldBlock:
            return .wouldBlock
        case .end:
            if body.ended() { return .data(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
            return .failed(fail(.cut))
        case .failed(let error):
            return .failed(fail(broken(error)))
        }
    }

    /// The whole body, of at most `limit` bytes; `timeout` is for each piece. Throws `.tooLarge` for a larger one.
    package func readAll(limit: Int, timeout: Int64, abort: WakeEvents) async throws(ClientFault) -> [UInt8] {
        guard let wakeup else { return [] }
        var bytes: [UInt8] = []
        defer { wakeup.clearDeadline() }
        while true {
            switch readBody() {
            case .data(let piece, let isLast):
                if bytes.count + piece.count > limit { throw fail(.tooLarge) }
                bytes.append(contentsOf: piece)
                if isLast { return bytes }
            case .failed(let fault): throw fault
            case .wouldBlock:
                wakeup.setDeadline(after: timeout)
                try check(
                    await wakeup.wait(for: abort.union(.upstreamReadable | .deadline)), abort, .upstreamReadable)
            }
        }
    }

    /// What came together with the head goes by way of the scratch, so that the buffer can be given back; together with what follows it, if
    /// the head's buffer had no room for that: a piece less to wake the client for.
    private func unframeBuffered() -> BodyPart {
        var count = min(input.count, loop.scratch.count)
        loop.scratch.copyMemory(from: UnsafeRawBufferPointer(rebasing: input.bytes[..<count]))
        input.consume(count)
        if input.isEmpty, stream.mayHaveBytes, !loop.hasMovedEnough {
            switch read(behind: count) {
            case .bytes(let more): count += more
            case .wouldBlock: break
            case .end: endSeen = .end
            case .failed(let error): endSeen = .failed(error)
            }
        }
        return unframe(UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<count]))
    }

    /// Reads once into the scratch, behind its first `count` bytes.
    private func read(behind count: Int) -> ReadResult {
        if let result = endSeen.take() { return result }
        let end = min(count + loop.readBytes, loop.scratch.count)
        guard end > count else { return .bytes(0) }
        let result = stream.read(into: UnsafeMutableRawBufferPointer(rebasing: loop.scratch[count..<end]))
        if case .bytes(let count) = result { bytesReceived += count }
        return result
    }

    private func unframe(_ bytes: UnsafeMutableRawBufferPointer) -> BodyPart {
        do throws(HTTPParseError) {
            let (data, used) = try body.unframe(bytes)
            // Bytes behind the end belong to no request of ours.
            if used < bytes.count { failed = true }
            return .data(UnsafeRawBufferPointer(rebasing: bytes[..<data]), isLast: body.isComplete)
        } catch {
            return .failed(fail(.malformed(error)))
        }
    }

    // MARK: Faults

    private func fail(_ fault: ClientFault) -> ClientFault {
        failed = true
        return fault
    }

    /// Before the first byte the server closed the connection; after it, the answer was cut.
    private func broken(_ error: TransportError) -> ClientFault {
        error == .closed && bytesReceived > 0 ? .cut : ClientFault(error)
    }

    private func check(_ events: WakeEvents, _ abort: WakeEvents, _ wanted: WakeEvents) throws(ClientFault) {
        if !events.isDisjoint(with: abort) {
            wakeup?.signal(events.intersection(abort))
            throw fail(.cancelled)
        }
        if events.isDisjoint(with: wanted) { throw fail(.timedOut) }
    }
}

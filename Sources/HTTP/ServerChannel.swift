import Transport
import Wire

/// How the wait for a request ended.
package enum RequestArrival {
    /// A head is there: see `ServerChannel.head`.
    case request
    /// The client closed, broke off, or was idle too long; nothing to answer.
    case ended
    /// What came is not a request as we accept it.
    case refused(HeadRefusal)
    /// Nothing has come for a while: see `ServerChannel.rest`.
    case resting
}

/// Why there is no request where one was begun; the connection ends after the answer.
package enum HeadRefusal {
    case malformed(HTTPParseError)
    /// The head was not finished in time.
    case timedOut

    /// The status to answer with.
    package var status: Int {
        switch self {
        case .malformed(let error): error.status
        case .timedOut: 408
        }
    }

    /// What is wrong and what to do about it.
    package var sentence: StaticString {
        switch self {
        case .malformed(let error): error.sentence
        case .timedOut: "The request head did not arrive in time; send it at once, or ask for a longer header time-out."
        }
    }
}

/// How far the body of the request in hand has come.
package enum BodyArrival {
    case more
    case complete
    case refused(HTTPParseError)
    case tooLarge
    case timedOut
    case clientGone
    /// Too much is held already, and it waited as long as it may.
    case noRoom
}

/// One accepted connection as its requests see it: the head in hand, its body, and the answer's way out.
///
/// Loop-confined; owned by its `ServerConnection`. Every wait is on `wakeup`, whose deadline each method sets and clears.
package final class ServerChannel {
    package let stream: ByteStream
    package let loop: EventLoop
    package let wakeup: Wakeup
    package var limits: HTTPLimits
    /// For the bodies of requests; `nil`: they need not fit anywhere.
    private let rooms: BodyRooms?
    /// When the first byte of the head in hand was seen, monotonic nanoseconds.
    package private(set) var arrivedAt: Int64 = 0
    /// Set from outside to end after the exchange in hand.
    package var mustClose = false
    /// The process ends, and the exchange in hand with it.
    package internal(set) var isStopping = false
    /// Set from outside: there were too many connections when it came, and what it asks is refused.
    package var isSurplus = false
    /// Sees each piece of an answer's body before it is sent; `nil`: nobody does.
    package var tap: ((UnsafeRawBufferPointer) -> Void)?

    private let input: InputBuffer
    private var parser: RequestHeadParser
    private var incoming = IncomingBody(.none)
    /// Bytes of `input` that belong to the request in hand.
    private var usedInput = 0
    private var mustContinue = false
    private(set) var hasServed = false
    private var isResting = false

    // The answer: see ServerChannel+Response.swift.
    var output = ByteWriter()
    var unsent = UnsentBytes()
    var framing = ResponseFraming.none
    var state = ResponseState.notStarted
    var isBroken = false
    /// Bytes of the answer to the request in hand, head included, that were handed to the kernel or wait for it.
    package var bytesSent = 0
    package internal(set) var status = 0

    init(stream: ByteStream, loop: EventLoop, limits: HTTPLimits, rooms: BodyRooms? = nil) {
        self.rooms = rooms
        self.stream = stream
        self.loop = loop
        self.limits = limits
        wakeup = Wakeup(loop: loop)
        input = InputBuffer(loop: loop)
        parser = RequestHeadParser(maximumHeadBytes: limits.headBytes)
        stream.attach(wakeup, as: .downstream)
    }

    /// The client's address, without its port.
    package private(set) lazy var peerHost = stream.peer.host

    /// The head in hand; valid until `finish`. Not the parser's own, which would be lent from module to module; HOT.
    package private(set) var head = RequestHead()

    /// The bytes the head's ranges refer to; valid until the next wait.
    package var headBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: input.bytes[..<head.length])
    }

    package func headBytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: input.bytes[range])
    }

    // MARK: Head

    func handshake() async -> TransportError? {
        wakeup.setDeadline(after: limits.headerTimeout)
        defer { wakeup.clearDeadline() }
        while true {
            switch stream.handshake() {
            case .bytes: return nil
            case .failed(let error): return error
            case .wouldBlock:
                let events = await wakeup.wait(for: .downstreamReadable | .downstreamWritable | .deadline)
                if events.contains(.deadline) { return .timedOut }
            }
        }
    }

    /// Waits for the next head; after `resting`, on.
    func nextRequest() async -> RequestArrival {
        let hasRested = isResting
        isResting = false
        if !hasRested {
            // A new connection is for a request at once; one that has served may rest.
            let patience = min(limits.idleTimeout, limits.timeBeforeRest)
            wakeup.setDeadline(after: hasServed ? patience : limits.headerTimeout)
        }
        defer { if !isResting { wakeup.clearDeadline() } }
        var begun = false
        while true {
            if !input.isEmpty {
                if !begun {
                    begun = true
                    arrivedAt = monotonicNanoseconds()
                    wakeup.setDeadline(after: limits.headerTimeout)
                }
                do throws(HTTPParseError) {
                    if try parser.parse(input.bytes) { return begin() }
                } catch {
                    return refuse(.malformed(error))
                }
            }
            if let ended = await fillInput(begun: begun, mayRest: hasServed && !hasRested) { return ended }
        }
    }

    /// `nil`: more bytes are there.
    private func fillInput(begun: Bool, mayRest: Bool) async -> RequestArrival? {
        while true {
            switch input.fill(from: stream) {
            case .bytes: return nil
            case .end, .failed: return .ended
            case .wouldBlock: break
            }
            if mustClose, !begun { return .ended }
            let events = await wakeup.wait(for: .downstreamReadable | .deadline | .notice)
            if events.contains(.deadline), !events.contains(.downstreamReadable) {
                if begun { return refuse(.timedOut) }
                return mayRest && beginRest() ? .resting : .ended
            }
        }
    }

    /// False: the time is over.
    private func beginRest() -> Bool {
        let left = limits.idleTimeout - limits.timeBeforeRest
        guard left > 0 else { return false }
        isResting = true
        wakeup.setDeadline(after: left)
        return true
    }

    /// After `resting`: calls `resume`, once, when `nextRequest` has something to do again.
    func rest(_ resume: @escaping () -> Void) { wakeup.rest(until: [.downstreamReadable, .deadline, .notice], resume) }

    /// With what was read of the head.
    private func refuse(_ fault: HeadRefusal) -> RequestArrival {
        parser.exchange(&head)
        return .refused(fault)
    }

    private func begin() -> RequestArrival {
        parser.exchange(&head)
        usedInput = head.length
        incoming = IncomingBody(head.framing)
        mustContinue = head.expectsContinue
        startAnswer()
        return .request
    }

    /// Ends the exchange in hand; what a client sent ahead stays for the next. False when the connection must end.
    func finish() async -> Bool {
        guard state == .complete, await flush() == .sent else { return false }
        input.consume(usedInput)
        usedInput = 0
        hasServed = true
        // What the next connection needs for its request now, and this one perhaps never: kept, it would be what thousands of idle
        // connections weigh.
        head = RequestHead()
        parser.reset()
        output.reset(keepingAtMost: 0)
        return !mustClose && !hasUnreadBody
    }

    /// Closes our side and reads on for a while, so that a client which is still sending gets to read the answer: bytes that
    /// arrive at a closed socket would reset it (RFC 9112 §9.6).
    func linger() async {
        guard !isBroken, !stream.sawHangup else { return }
        stream.flush()
        guard await flush() == .sent else { return }
        stream.shutdownWriting()
        wakeup.setDeadline(after: Self.lingerTime)
        defer { wakeup.clearDeadline() }
        while true {
            switch stream.read(into: loop.scratch) {
            case .bytes(let count):
                // One that sends as fast as it is read must not hold up the others, nor stay beyond its time.
                loop.moved(count)
                if loop.hasMovedEnough { await loop.nextTurn() }
                if wakeup.events.contains(.deadline) { return }
            case .end, .failed: return
            case .wouldBlock:
                if await wakeup.wait(for: .downstreamReadable | .deadline).contains(.deadline) { return }
            }
        }
    }

    private static let lingerTime: Int64 = 2_000_000_000

    // MARK: Body

    package var hasUnreadBody: Bool { !incoming.isComplete }

    /// The announced length is over the limit: nothing of the body need be read.
    package var bodyIsTooLarge: Bool { (incoming.left ?? 0) > limits.bodyBytes }

    package func makeBody() -> RequestBody {
        RequestBody(expected: incoming.left ?? 0, room: rooms?.room(expected: incoming.left))
    }

    /// Appends the next piece of the body, waiting for it if need be; `body` is the one from `makeBody`.
    package func receive(into body: RequestBody) async -> BodyArrival {
        if bodyIsTooLarge { return .tooLarge }
        do throws(HTTPParseError) {
            if let arrived = try takeBuffered(into: body) { return arrived }
            sendContinue()
            wakeup.setDeadline(after: limits.bodyTimeout)
            defer { wakeup.clearDeadline() }
            var mark = body.count
            while true {
                if let refused = await waitForTurn(body) { return refused }
                let before = body.count, result = try readBody(into: body)
                body.room?.wakeFirst()
                switch result {
                case .end, .failed: return .clientGone
                case .bytes(let count):
                    if before > 0 { loop.moved(count) }
                    if incoming.isComplete || body.count > before { return arrival(body) }
                    // Framing only. The end may have come with it, of which nothing more is heard.
                    continue
                case .wouldBlock: break
                }
                let events = await wakeup.wait(for: .downstreamReadable | .deadline | .notice)
                if isStopping { return .clientGone }
                if events.contains(.deadline), !events.contains(.downstreamReadable) {
                    if body.count - mark < Self.bodyProgress { return .timedOut }
                    mark = body.count
                    wakeup.setDeadline(after: limits.bodyTimeout)
                }
            }
        } catch {
            return .refused(error)
        }
    }

    /// What is large gives way to others, and waits for room.
    private func waitForTurn(_ body: RequestBody) async -> BodyArrival? {
        guard stream.mayHaveBytes else { return nil }
        if body.count > 0, loop.hasMovedEnough { await loop.nextTurn() }
        let piece = min(incoming.left ?? Self.bodyPiece, Self.bodyPiece)
        guard let room = body.room, let rooms, !room.admits(body.number, piece) else { return nil }
        defer { wakeup.setDeadline(after: limits.bodyTimeout) }
        if let refused = await room.wait(body.number, piece, wakeup, timeout: rooms.timeout) {
            room.wakeFirst()
            return refused
        }
        // Those that were let in at once go on in turn.
        if loop.hasMovedEnough { await loop.nextTurn() }
        return nil
    }

    private func arrival(_ body: RequestBody) -> BodyArrival {
        if body.count > limits.bodyBytes { return .tooLarge }
        guard incoming.isComplete else { return .more }
        body.seal()
        return .complete
    }

    /// What came together with the head.
    private func takeBuffered(into body: RequestBody) throws(HTTPParseError) -> BodyArrival? {
        if incoming.isComplete { return arrival(body) }
        guard usedInput < input.count else { return nil }
        let used = try incoming.consume(UnsafeRawBufferPointer(rebasing: input.bytes[usedInput...]), into: body)
        usedInput += used
        return body.count > 0 || incoming.isComplete ? arrival(body) : nil
    }

    /// A known length is read straight into the body; chunks by way of the loop's scratch.
    private func readBody(into body: RequestBody) throws(HTTPParseError) -> ReadResult {
        if let left = incoming.left {
            let result = stream.read(into: body.room(min(left, Self.bodyPiece)))
            if case .bytes(let count) = result {
                body.arrived(count)
                incoming.arrived(count)
            }
            return result
        }
        let result = stream.read(into: loop.scratch)
        if case .bytes(let count) = result {
            let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
            let used = try incoming.consume(bytes, into: body)
            input.append(UnsafeRawBufferPointer(rebasing: bytes[used...]))
        }
        return result
    }

    private func sendContinue() {
        guard mustContinue else { return }
        mustContinue = false
        Self.continueLine.withUTF8Buffer { _ = transmit(Pieces(UnsafeRawBufferPointer($0))) }
    }

    private static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    /// A body that brings less in one period of the limit is given up, bytes.
    private static let bodyProgress = 64 * 1024
    /// The most that one step reads, bytes.
    private static let bodyPiece = 128 * 1024
}

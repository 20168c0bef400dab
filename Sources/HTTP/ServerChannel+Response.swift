import Transport
import Wire

/// How an answer's body is delimited.
package enum ResponseFraming: Equatable {
    /// No body at all: 204, 304, or the answer to HEAD.
    case none
    case length(Int64)
    case chunked
    /// The end of the connection: for HTTP/1.0 clients, when the length is not known.
    case untilClose
}

enum ResponseState {
    case notStarted
    /// The head is being written to `output`; nothing has gone.
    case head
    case body
    case complete
}

/// What became of bytes given to a client.
package enum SendState {
    case sent
    /// The client does not read: call `flush`, and bring nothing new before.
    case pending
    /// The connection is broken.
    case failed
}

extension ServerChannel {
    /// The answer has begun on the wire: no other answer can be given.
    package var answerHasBegun: Bool { bytesSent > 0 || state == .complete }

    package var answerIsComplete: Bool { state == .complete }

    /// Takes back an answer whose head was written but of which nothing has gone out.
    package func withdrawAnswer() {
        precondition(!answerHasBegun, "an answer that has begun cannot be taken back")
        startAnswer()
    }

    /// The client closed its side, or the connection broke.
    package var clientIsGone: Bool { stream.sawHangup || isBroken }

    /// The same when a request has been read. The end of a connection that came with its only request, as when a client gave up while
    /// it waited to be accepted, is seen here, before the loop hears of it.
    package var clientHasLeft: Bool { clientIsGone || !hasServed && stream.hasEndedNow }

    func startAnswer() {
        state = .notStarted
        framing = .none
        bytesSent = 0
        status = 0
        output.reset()
    }

    /// Prepares an answer to what is not a request; the connection ends with it.
    func startRefusal() {
        startAnswer()
        mustClose = true
    }

    // MARK: Head

    /// Begins an answer; its fields follow by `field`, and `beginBody` ends the head. Nothing goes out yet.
    package func beginResponse(status: Int) {
        precondition(!answerHasBegun, "a second answer to one request")
        state = .head
        self.status = status
        output.reset()
        output.append("HTTP/1.1 ")
        output.append(decimal: Int64(status))
        output.append(" ")
        output.append(StatusReason.of(status))
        output.append("\r\n")
    }

    package func field(_ name: StaticString, _ value: String) {
        output.append(name)
        output.append(": ")
        output.append(string: value)
        output.append("\r\n")
    }

    package func field(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
    }

    package func field(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
    }

    /// Ends the head. A body of unknown length is chunked, or delimited by the end of the connection for HTTP/1.0.
    package func beginBody(length: Int64?) {
        precondition(state == .head, "a body without a head")
        let bodiless = head.method == .head || status == 204 || status == 304
        if let length {
            if status != 204 {
                output.append("content-length: ")
                output.append(decimal: length)
                output.append("\r\n")
            }
            framing = bodiless ? .none : .length(length)
        } else if bodiless {
            framing = .none
        } else if head.minorVersion == 0 {
            framing = .untilClose
            mustClose = true
        } else {
            output.append("transfer-encoding: chunked\r\n")
            framing = .chunked
        }
        if mustClose || !head.keepAlive || hasUnreadBody {
            mustClose = true
            output.append("connection: close\r\n")
        } else if head.minorVersion == 0 {
            output.append("connection: keep-alive\r\n")
        }
        output.append("\r\n")
        state = .body
    }

    // MARK: Body

    /// Sends a piece of the body, which may lie in two places, together with the head if that has not gone. `isLast` ends the
    /// answer; a body with a length must have exactly that many bytes.
    package func send(
        _ data: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer = none, isLast: Bool
    ) -> SendState {
        precondition(state == .body, "a body outside of an answer")
        tap?(data)
        if more.count > 0 { tap?(more) }
        var body = (data, more), tail = Self.none
        switch framing {
        case .none: body = (Self.none, Self.none)
        case .untilClose, .length: break
        case .chunked:
            let count = data.count + more.count
            if count > 0 {
                output.append(hex: UInt64(count))
                output.append("\r\n")
            }
            tail = Self.chunkTail(hasData: count > 0, isLast: isLast)
        }
        if isLast { state = .complete }
        let result = output.withBytes { head in
            let pieces = Pieces(head, body.0, body.1, tail)
            bytesSent += pieces.count
            return transmit(pieces)
        }
        output.reset()
        return result
    }

    /// No bytes.
    package static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private static func chunkTail(hasData: Bool, isLast: Bool) -> UnsafeRawBufferPointer {
        let text: StaticString =
            switch (hasData, isLast) {
            case (true, true): "\r\n0\r\n\r\n"
            case (true, false): "\r\n"
            case (false, true): "0\r\n\r\n"
            case (false, false): ""
            }
        // A static string's bytes live as long as the process.
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// A whole answer in one piece.
    package func respond(_ body: UnsafeRawBufferPointer) -> SendState {
        beginBody(length: Int64(body.count))
        return send(body, isLast: true)
    }

    /// Ends the connection in the middle of the answer, so that the client sees that it is not whole.
    package func abandonAnswer() {
        state = .complete
        mustClose = true
    }

    /// Asks whoever serves the exchange in hand to end it now, with a word to the client: it wakes as if the client had gone.
    package func stop() {
        isStopping = true
        mustClose = true
        wakeup.signal(.downstreamHangup | .notice)
    }

    /// Breaks the connection off, whatever it is doing: its task finds it closed by the client.
    package func abort() {
        isBroken = true
        mustClose = true
        stream.shutdownWriting()
        wakeup.signal(.downstreamHangup | .downstreamReadable | .downstreamWritable | .deadline | .notice)
    }

    // MARK: Sending

    func transmit(_ pieces: Pieces) -> SendState {
        guard !isBroken else { return .failed }
        guard unsent.isEmpty else {
            unsent.append(pieces)
            return .pending
        }
        var left = pieces
        while left.count > 0 {
            switch stream.write(left) {
            case .bytes(let count):
                left.removeFirst(count)
            case .wouldBlock:
                unsent.append(left)
                return .pending
            case .failed:
                isBroken = true
                return .failed
            }
        }
        return .sent
    }

    package var hasUnsent: Bool { !unsent.isEmpty }

    /// Offers what is unsent to the kernel once more.
    package func flushNow() -> SendState {
        guard !isBroken else { return .failed }
        switch unsent.flush(to: stream) {
        case .bytes: return stream.hasLeftover ? .pending : .sent
        case .wouldBlock: return .pending
        case .failed:
            isBroken = true
            return .failed
        }
    }

    /// Waits until all has gone, or the client takes nothing for the idle time-out, or is gone.
    package func flush() async -> SendState {
        defer { wakeup.clearDeadline() }
        while true {
            let state = flushNow()
            guard state == .pending else { return state }
            wakeup.setDeadline(after: limits.idleTimeout)
            let events = await wakeup.wait(for: .downstreamWritable | .deadline)
            if events == .deadline {
                isBroken = true
                return .failed
            }
        }
    }
}

import Transport

/// An HTTP/2 session over its stream of bytes; confined to its loop.
///
/// `@unchecked Sendable`: it is made and used on one loop's thread only, which the stream under it asserts; it crosses
/// isolation only inside the client pinned to that loop.
final class HTTP2Connection: @unchecked Sendable {
    private let stream: ByteStream
    private let session: HTTP2Session
    private let loop: EventLoop
    private var unsent = UnsentBytes()
    private var hasFailed = false

    /// Throws `.notSpoken` for an encrypted stream on which the server did not choose `h2` (RFC 9113 §3.3).
    init(stream: ByteStream, loop: EventLoop, maximumAnswer: Int) throws(HTTP2Fault) {
        self.stream = stream
        self.loop = loop
        if stream.isEncrypted, stream.chosenProtocol != "h2" {
            stream.close()
            throw .notSpoken
        }
        do throws(HTTP2Fault) {
            session = try HTTP2Session(maximumAnswer: maximumAnswer)
        } catch {
            stream.close()
            throw error
        }
    }

    /// Sends a request and waits for its whole answer until `deadline` (monotonic nanoseconds). Whatever it throws but
    /// `.http2(.refused)` and `.http2(.reset)`, the connection is of no use afterwards.
    func exchange(
        _ fields: [(name: String, value: String)], secrets: [(name: String, value: String)], body: [UInt8],
        until deadline: Int64
    ) async throws(ClientFault) -> HTTP2Answer {
        let wakeup = Wakeup(loop: loop)
        stream.attach(wakeup, as: .upstream)
        let id = try http2 { () throws(HTTP2Fault) in try session.begin(fields, secrets: secrets, body: body) }
        wakeup.setDeadline(after: max(0, deadline - monotonicNanoseconds()))
        defer { wakeup.clearDeadline() }
        while true {
            let isBlocked = try flush()
            let hasRead = try fill()
            if let answer = try http2({ () throws(HTTP2Fault) in try session.takeAnswer(id) }) {
                _ = try? flush()
                return answer
            }
            let wanted: WakeEvents = isBlocked ? .upstreamReadable | .upstreamWritable : .upstreamReadable
            // A server that sends without end, and nothing of the answer, is out of time all the same.
            let isOver = monotonicNanoseconds() >= deadline
            if hasRead, !isOver { continue }
            let events = isOver ? [] : await wakeup.wait(for: wanted.union(.deadline))
            if events.isDisjoint(with: wanted) {
                session.cancel(id)
                _ = try? flush()
                throw fail(.timedOut)
            }
        }
    }

    /// Until the next request the connection answers what the server asks by itself.
    func rest() {
        stream.detach { [weak self] in self?.attend() }
    }

    /// Takes what came meanwhile: a PING, new settings, or the end.
    private func attend() {
        do throws(ClientFault) {
            repeat { _ = try flush() } while try fill()
            if !session.takesRequests { close() }
        } catch {
            close()
        }
    }

    /// Whether another request may be sent on it, by what has come until now.
    var isFit: Bool {
        guard stream.isOpen, !hasFailed else { return false }
        attend()
        return stream.isOpen && !hasFailed && !stream.sawHangup
    }

    func close() {
        if stream.isOpen, !hasFailed {
            session.terminate()
            _ = try? flush()
        }
        hasFailed = true
        stream.close()
    }

    // MARK: Bytes

    /// Hands over what is to be sent; true when the kernel takes no more for now.
    private func flush() throws(ClientFault) -> Bool {
        while true {
            switch unsent.flush(to: stream) {
            case .wouldBlock: return true
            case .failed(let error): throw fail(ClientFault(error))
            case .bytes: break
            }
            while unsent.count < Self.portion,
                let piece = try http2({ () throws(HTTP2Fault) in try session.nextOutput() })
            {
                unsent.append(Pieces(piece))
            }
            if unsent.isEmpty { return false }
        }
    }

    private static let portion = 128 * 1024

    /// Reads once; false when there is nothing for now.
    private func fill() throws(ClientFault) -> Bool {
        switch stream.read(into: loop.scratch) {
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
            try http2 { () throws(HTTP2Fault) in try session.receive(bytes) }
            return true
        case .wouldBlock: return false
        case .end: throw fail(.transport(.closed))
        case .failed(let error): throw fail(ClientFault(error))
        }
    }

    private func http2<Result>(_ body: () throws(HTTP2Fault) -> Result) throws(ClientFault) -> Result {
        do throws(HTTP2Fault) {
            return try body()
        } catch {
            switch error {
            case .refused, .reset, .tooLarge: throw .http2(error)
            case .notSpoken, .broken: throw fail(.http2(error))
            }
        }
    }

    private func fail(_ fault: ClientFault) -> ClientFault {
        hasFailed = true
        return fault
    }
}

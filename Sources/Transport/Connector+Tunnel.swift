import Wire

extension Connector {
    private static let maximumAnswerBytes = 16 * 1024

    /// Asks the proxy at the other end of `socket` for a tunnel to the endpoint, and waits for its answer.
    ///
    /// Throws `.proxy` when it gives none, `.proxyFault` when its answer makes no sense.
    func tunnel(
        by proxy: ProxyEndpoint, _ socket: Socket, _ wakeup: Wakeup, _ abort: WakeEvents
    ) async throws(TransportError) {
        // One piece of memory that stays in place over the waits: the request goes out of it, the answer comes into it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumAnswerBytes, alignment: 16)
        defer { memory.deallocate() }
        let request = proxy.request(to: endpoint.authority)
        guard request.count <= memory.count else { throw .proxyFault(reason: "the request to it is too long") }
        memory.copyBytes(from: request)
        try await send(UnsafeRawBufferPointer(rebasing: memory[..<request.count]), socket, wakeup, abort)
        try await receiveTunnel(into: memory, socket, wakeup, abort)
    }

    private func send(
        _ request: UnsafeRawBufferPointer, _ socket: Socket, _ wakeup: Wakeup, _ abort: WakeEvents
    ) async throws(TransportError) {
        var left = Pieces(request)
        while left.count > 0 {
            switch socket.writeNow(left) {
            case .bytes(let count): left.removeFirst(count)
            case .wouldBlock: try await park(wakeup, [.upstreamWritable], abort)
            case .failed(let error): throw .proxyFault(reason: error.sentence)
            }
        }
    }

    private func receiveTunnel(
        into memory: UnsafeMutableRawBufferPointer, _ socket: Socket, _ wakeup: Wakeup, _ abort: WakeEvents
    ) async throws(TransportError) {
        // Refused long before the memory is full.
        var parser = ResponseHeadParser(maximumHeadBytes: memory.count / 2)
        var count = 0
        while true {
            if try hasTunnel(&parser, memory, &count) { return }
            switch socket.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[count...])) {
            case .bytes(let more): count += more
            case .wouldBlock: try await park(wakeup, [.upstreamReadable], abort)
            case .end: throw .proxyFault(reason: "it closed the connection without an answer")
            case .failed(let error): throw .proxyFault(reason: error.sentence)
            }
        }
    }

    /// Whether what has come is a whole answer that grants the tunnel; informational answers are passed over.
    private func hasTunnel(
        _ parser: inout ResponseHeadParser, _ memory: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) throws(TransportError) -> Bool {
        while count > 0 {
            do throws(HTTPParseError) {
                let bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
                guard try parser.parse(bytes, forMethod: .other) else { return false }
            } catch {
                throw .proxyFault(reason: "its answer is not HTTP: \(error.sentence)")
            }
            let head = parser.head
            if head.isInterim {
                count -= head.length
                memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[head.length..<head.length + count]))
                parser.reset()
                continue
            }
            guard (200..<300).contains(head.status) else { throw .proxy(status: head.status) }
            // The other end speaks only when spoken to: what follows the answer is not its.
            guard count == head.length else { throw .proxyFault(reason: "it sent more than its answer") }
            return true
        }
        return false
    }
}

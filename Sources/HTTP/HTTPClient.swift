import Transport
import Wire

/// A whole answer.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// The first value of `retry-after`, if there is one.
    package let retryAfter: String?
    package let body: [UInt8]
}

/// Sends whole requests to one server and reads whole answers, for what is not on the way of a client's request; pinned to a
/// loop. Answers are bounded.
package actor HTTPClient {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let connector: Connector
    private let host: String
    private var idle: ClientConnection?
    private let maximumAnswer: Int

    /// `maximumAnswer`: bytes of an answer's body that are read at most.
    package init(endpoint: Endpoint, loop: EventLoop, resolver: Resolver, maximumAnswer: Int = 1024 * 1024) {
        self.loop = loop
        self.maximumAnswer = maximumAnswer
        host = endpoint.authority
        connector = Connector(endpoint: endpoint, loop: loop, resolver: resolver)
    }

    /// `timeout`: nanoseconds in all, connecting included.
    package func post(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> HTTPAnswer {
        try await send("POST", path: path, fields: fields, body: body, timeout: timeout)
    }

    /// See `post`.
    package func get(path: String, timeout: Int64) async throws(ClientFault) -> HTTPAnswer {
        try await send("GET", path: path, fields: [], body: [], timeout: timeout)
    }

    /// See `post`.
    package func send(
        _ method: String, path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> HTTPAnswer {
        let wakeup = Wakeup(loop: loop)
        // A server that drips its answer makes progress all the time: what ends the whole is a timer of its own.
        wakeup.setTick(after: timeout)
        defer { wakeup.clearTick() }
        let request = Self.request(method, path: path, host: host, fields: fields, length: body.count)
        if let reused = takeIdle() {
            do throws(ClientFault) {
                return try await exchange(reused, wakeup, request, body, timeout)
            } catch .transport(.closed) where reused.bytesReceived == 0 {
                // It was closed in the moment of reuse: once more, on a fresh one.
            }
        }
        let stream: ByteStream
        do throws(TransportError) {
            stream = try await connector.connect(wakeup, timeout: timeout, abort: .tick)
        } catch {
            throw error == .cancelled ? .timedOut : ClientFault(error)
        }
        return try await exchange(ClientConnection(stream: stream, loop: loop), wakeup, request, body, timeout)
    }

    /// Closes the idle connection, if there is one.
    package func close() { takeIdle()?.close() }

    private func takeIdle() -> ClientConnection? {
        defer { idle = nil }
        guard let idle, idle.isFit else {
            self.idle?.close()
            return nil
        }
        return idle
    }

    /// One is kept: of requests at the same time, the connection that came free last.
    private func keep(_ connection: ClientConnection) {
        idle?.close()
        idle = connection
    }

    private static func request(
        _ method: String, path: String, host: String, fields: [(String, String)], length: Int
    ) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nhost: \(host)\r\ncontent-length: \(length)\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8)
    }

    private func exchange(
        _ connection: ClientConnection, _ wakeup: Wakeup, _ request: [UInt8], _ body: [UInt8], _ timeout: Int64
    ) async throws(ClientFault) -> HTTPAnswer {
        connection.begin(wakeup)
        // One piece of memory that stays in place over the waits.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count + body.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: request)
        UnsafeMutableRawBufferPointer(rebasing: bytes[request.count...]).copyBytes(from: body)
        do throws(ClientFault) {
            try await connection.send(Pieces(UnsafeRawBufferPointer(bytes)), timeout: timeout, abort: .tick)
            try await connection.receiveHead(timeout: timeout, abort: .tick)
            let answer = try await receiveAnswer(connection, timeout)
            if connection.end(whenIdleEnds: {}) { keep(connection) }
            return answer
        } catch {
            connection.close()
            if case .cancelled = error { throw .timedOut }
            throw error
        }
    }

    private func receiveAnswer(
        _ connection: ClientConnection, _ timeout: Int64
    ) async throws(ClientFault) -> HTTPAnswer {
        let status = connection.head.status
        let retryAfter = connection.head.value(.retryAfter).map {
            String(decoding: connection.headBytes($0), as: UTF8.self)
        }
        connection.headIsUsed()
        let body = try await connection.readAll(limit: maximumAnswer, timeout: timeout, abort: .tick)
        return HTTPAnswer(status: status, retryAfter: retryAfter, body: body)
    }
}

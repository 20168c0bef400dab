import Transport

/// Sends whole requests to one server over HTTP/2 and reads whole answers, one after the other; pinned to a loop. Without TLS
/// the server must be known to speak it (RFC 9113 §3.3, prior knowledge); with TLS the endpoint's context must offer `h2`.
package actor HTTP2Client {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let connector: Connector
    private let scheme: String
    private let authority: String
    private let maximumAnswer: Int
    private var idle: HTTP2Connection?

    /// `maximumAnswer`: bytes of an answer's body that are read at most.
    package init(endpoint: Endpoint, loop: EventLoop, resolver: Resolver, maximumAnswer: Int) {
        self.loop = loop
        self.maximumAnswer = maximumAnswer
        scheme = endpoint.tls == nil ? "http" : "https"
        authority = endpoint.authority
        connector = Connector(endpoint: endpoint, loop: loop, resolver: resolver)
    }

    /// Sends a POST and returns its whole answer, trailers included, within `timeout` nanoseconds in all, connecting included.
    /// Names of fields in lower case; values of `secrets` are kept out of the header compression's memory.
    package func post(
        path: String, fields: [(name: String, value: String)], secrets: [(name: String, value: String)], body: [UInt8],
        timeout: Int64
    ) async throws(ClientFault) -> HTTP2Answer {
        let deadline = monotonicNanoseconds() &+ timeout
        let all =
            [(":method", "POST"), (":scheme", scheme), (":authority", authority), (":path", path)]
            .map { (name: $0.0, value: $0.1) } + fields
        if let reused = takeIdle() {
            do throws(ClientFault) {
                return try await exchange(reused, all, secrets, body, deadline)
            } catch .transport(.closed), .http2(.refused) {
                // It was closed in the moment of reuse, or takes no more: once more, on a fresh one.
            }
        }
        return try await exchange(try await connect(deadline), all, secrets, body, deadline)
    }

    private func connect(_ deadline: Int64) async throws(ClientFault) -> HTTP2Connection {
        let stream: ByteStream
        do throws(TransportError) {
            let left = max(0, deadline - monotonicNanoseconds())
            stream = try await connector.connect(Wakeup(loop: loop), timeout: left, abort: [])
        } catch {
            throw ClientFault(error)
        }
        do throws(HTTP2Fault) {
            return try HTTP2Connection(stream: stream, loop: loop, maximumAnswer: maximumAnswer)
        } catch {
            throw .http2(error)
        }
    }

    private func exchange(
        _ connection: HTTP2Connection, _ fields: [(name: String, value: String)],
        _ secrets: [(name: String, value: String)], _ body: [UInt8], _ deadline: Int64
    ) async throws(ClientFault) -> HTTP2Answer {
        do throws(ClientFault) {
            let answer = try await connection.exchange(fields, secrets: secrets, body: body, until: deadline)
            keep(connection)
            return answer
        } catch {
            if case .http2(.reset) = error { keep(connection) } else { connection.close() }
            throw error
        }
    }

    private func keep(_ connection: HTTP2Connection) {
        guard connection.isFit, idle == nil else { return connection.close() }
        connection.rest()
        idle = connection
    }

    private func takeIdle() -> HTTP2Connection? {
        defer { idle = nil }
        guard let idle, idle.isFit else {
            self.idle?.close()
            return nil
        }
        return idle
    }

    /// Ends the idle connection, if there is one.
    package func close() { takeIdle()?.close() }
}

import LoopSupport
import Synchronization
import Testing
import Transport
import Wire

@testable import HTTP

@Suite struct ClientTests {
    /// What a client makes of an answer that comes in `pieces`: status, body, and whether the connection can be used again.
    private func exchange(
        _ host: LoopHost, _ pieces: [[UInt8]], closes: Bool = false, timeout: Int64 = 2_000_000_000
    ) async throws -> (status: Int, body: String, reusable: Bool, fault: String?) {
        let address = try await startScript(on: host, pieces: pieces, closes: closes)
        return try await host.run { host in
            let (stream, wakeup) = try await host.connect(address)
            let connection = ClientConnection(stream: stream, loop: host.loop)
            connection.begin(wakeup)
            var body: [UInt8] = []
            do throws(ClientFault) {
                let request = Array("GET / HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count, alignment: 1)
                defer { memory.deallocate() }
                memory.copyBytes(from: request)
                try await connection.send(Pieces(UnsafeRawBufferPointer(memory)), timeout: timeout, abort: [])
                try await connection.receiveHead(timeout: timeout, abort: [])
                let status = connection.head.status
                connection.headIsUsed()
                while true {
                    switch connection.readBody() {
                    case .data(let bytes, let isLast):
                        body.append(contentsOf: bytes)
                        guard isLast else { continue }
                        let reusable = connection.end(whenIdleEnds: {})
                        connection.close()
                        return (status, String(decoding: body, as: UTF8.self), reusable, nil)
                    case .failed(let fault): throw fault
                    case .wouldBlock: _ = await wakeup.wait(for: .upstreamReadable)
                    }
                }
            } catch {
                connection.close()
                return (0, String(decoding: body, as: UTF8.self), false, error.sentence)
            }
        }
    }

    @Test(
        "An answer may come cut anywhere",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world",
        ])
    func cuts(answer: String) async throws {
        let host = try LoopHost.started()
        let bytes = Array(answer.utf8)
        for cut in 1..<bytes.count {
            let got = try await exchange(host, [Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(got.status == 200 && got.body == "hello world" && got.reusable, "cut at \(cut): \(got)")
        }
    }

    @Test("A body without a length ends with the connection")
    func untilClose() async throws {
        let host = try LoopHost.started()
        let got = try await exchange(host, [Array("HTTP/1.1 200 OK\r\n\r\nhello".utf8)], closes: true)
        #expect(got.body == "hello")
        #expect(!got.reusable)
    }

    @Test(
        "An answer that is not whole is a fault that says so",
        arguments: [
            ("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello", "ended before"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "ended before"),
            ("HTTP/1.1 200 O", "ended before"), ("", "closed the connection"), ("SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
        ])
    func faults(answer: String, sentence: String) async throws {
        let host = try LoopHost.started()
        let got = try await exchange(host, [Array(answer.utf8)], closes: true)
        #expect(got.fault?.contains(sentence) == true, "\(got)")
        #expect(!got.reusable)
    }

    @Test(
        "Informational answers without end, and a change of the protocol, are faults; a few of the first are passed over",
        arguments: [
            (Array(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 32).joined(), nil),
            (Array(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 33).joined(), "Informational"),
            ("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n", "Informational"),
        ])
    func interims(before: String, sentence: String?) async throws {
        let host = try LoopHost.started()
        let answer = before + "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        let got = try await exchange(host, [Array(answer.utf8)])
        if let sentence {
            #expect(got.fault?.contains(sentence) == true, "\(got)")
        } else {
            #expect(got.body == "ok" && got.reusable, "\(got)")
        }
    }

    @Test("A request is sent to its end although informational answers come meanwhile, however they are cut")
    func interimsWhileSending() async throws {
        let host = try LoopHost.started(), length = 16_000_000
        let address = try await startServer(on: host, handler: HintingHandler())
        try await host.run { host in
            let (stream, wakeup) = try await host.connect(address)
            let connection = ClientConnection(stream: stream, loop: host.loop)
            defer { connection.close() }
            connection.begin(wakeup)
            let head = Array("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: \(length)\r\n\r\n".utf8)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: head.count + length, alignment: 1)
            defer { memory.deallocate() }
            memory.initializeMemory(as: UInt8.self, repeating: 0x61)
            memory.copyBytes(from: head)
            try await connection.send(Pieces(UnsafeRawBufferPointer(memory)), timeout: 2_000_000_000, abort: [])
            try await connection.receiveHead(timeout: 2_000_000_000, abort: [])
            #expect(connection.head.status == 200)
            connection.headIsUsed()
            let body = try await connection.readAll(limit: 100, timeout: 2_000_000_000, abort: [])
            #expect(String(decoding: body, as: UTF8.self) == "\(length)")
            #expect(connection.end(whenIdleEnds: {}))
        }
    }

    @Test("Bytes behind the end of an answer spoil the connection for another")
    func excess() async throws {
        let host = try LoopHost.started()
        let got = try await exchange(host, [Array("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1".utf8)])
        #expect(got.body == "ok")
        #expect(!got.reusable)
    }

    @Test("Of a large answer little is read at a time once the turn has moved enough", arguments: [false, true])
    func turns(isBusy: Bool) async throws {
        let host = try LoopHost.started(), length = 300_000
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\n" + String(repeating: "x", count: length)
        let address = try await startScript(on: host, pieces: [Array(answer.utf8)], closes: false)
        let pieces = try await host.run { host in
            let (stream, wakeup) = try await host.connect(address)
            let connection = ClientConnection(stream: stream, loop: host.loop)
            defer { connection.close() }
            connection.begin(wakeup)
            let request = Array("GET / HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: request.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: request)
            try await connection.send(Pieces(UnsafeRawBufferPointer(memory)), timeout: 2_000_000_000, abort: [])
            try await connection.receiveHead(timeout: 2_000_000_000, abort: [])
            connection.headIsUsed()
            var pieces: [Int] = []
            while true {
                if isBusy { host.loop.moved(EventLoop.turnBytes) }
                switch connection.readBody() {
                case .data(let bytes, let isLast):
                    pieces.append(bytes.count)
                    if isLast { return pieces }
                case .failed(let fault): throw fault
                case .wouldBlock: _ = await wakeup.wait(for: .upstreamReadable)
                }
            }
        }
        #expect(pieces.reduce(0, +) == length)
        #expect((pieces.max() ?? 0 <= EventLoop.littleBytes) == isBusy, "\(pieces)")
    }

    @Test("What follows a head that fills its buffer is told with it, then the end", arguments: [40_000, 50_000])
    func readAhead(announced: Int) async throws {
        let host = try LoopHost.started(), length = 40_000
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: \(announced)\r\n\r\n" + String(repeating: "x", count: length)
        let address = try await startScript(on: host, pieces: [Array(answer.utf8)], closes: true)
        try await host.run { host in
            let (stream, wakeup) = try await host.connect(address)
            let connection = ClientConnection(stream: stream, loop: host.loop)
            defer { connection.close() }
            connection.begin(wakeup)
            let request: StaticString = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
            let bytes = UnsafeRawBufferPointer(start: request.utf8Start, count: request.utf8CodeUnitCount)
            try await connection.send(Pieces(bytes), timeout: 2_000_000_000, abort: [])
            // Then all is there, and the end.
            while !stream.sawHangup { await host.loop.nextTurn() }
            try await connection.receiveHead(timeout: 2_000_000_000, abort: [])
            connection.headIsUsed()
            guard case .data(let bytes, let isLast) = connection.readBody() else {
                Issue.record("no data")
                return
            }
            #expect(bytes.count == length && isLast == (announced == length))
            guard !isLast else { return }
            guard case .failed(.cut) = connection.readBody() else {
                Issue.record("a body that is not whole is cut")
                return
            }
        }
    }

    @Test("A server that says nothing runs into the time-out")
    func silence() async throws {
        let host = try LoopHost.started()
        let got = try await exchange(host, [], timeout: 20_000_000)
        #expect(got.fault == "nothing came in the time allowed")
    }

    @Test("The whole-request client posts, and posts again on the same connection")
    func post() async throws {
        let host = try LoopHost.started()
        let address = try await startServer(on: host)
        let client = HTTPClient(
            endpoint: Endpoint(host: "127.0.0.1", port: address.port, tls: nil), loop: host.loop, resolver: Resolver())
        for index in 0..<3 {
            let answer = try await Task(executorPreference: host.loop) {
                try await client.post(
                    path: "/p", fields: [("content-type", "text/plain")], body: Array("n\(index)".utf8),
                    timeout: 2_000_000_000)
            }.value
            #expect(answer.status == 200)
            #expect(String(decoding: answer.body, as: UTF8.self) == "/p n\(index)")
        }
    }

    @Test("Of connections for requests at the same time the whole-request client keeps one, and closes the others")
    func postsAtOnce() async throws {
        let host = try LoopHost.started(), server = EchoHandler()
        let address = try await startServer(on: host, handler: server)
        let client = HTTPClient(
            endpoint: Endpoint(host: "127.0.0.1", port: address.port, tls: nil), loop: host.loop, resolver: Resolver())
        // Begun in one turn of the loop, so that none is done before the others begin.
        let statuses = try await host.run { _ in
            async let first = client.post(path: "/p", fields: [], body: [1], timeout: 5_000_000_000)
            async let second = client.post(path: "/p", fields: [], body: [2], timeout: 5_000_000_000)
            async let third = client.post(path: "/p", fields: [], body: [3], timeout: 5_000_000_000)
            return try await [first, second, third].map(\.status)
        }
        #expect(statuses == [200, 200, 200])
        // The server hears of what was closed in the turns to come; a further request goes over the one that was kept.
        for _ in 0..<1_000 where server.ends.withLock({ $0 }) < 2 {
            let status = try await client.post(path: "/p", fields: [], body: [], timeout: 2_000_000_000).status
            #expect(status == 200)
        }
        #expect(server.ends.withLock { $0 } == 2)
        await client.close()
    }
}

import Testing

@testable import HTTP

@Suite struct HTTP2SessionTests {
    private let request = [(":method", "POST"), (":scheme", "http"), (":authority", "h:1"), (":path", "/a")]
        .map { (name: $0.0, value: $0.1) }

    /// What the session wants to send now.
    private func sent(_ session: HTTP2Session) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try session.nextOutput() { bytes += piece }
        return bytes
    }

    private func feed(_ session: HTTP2Session, _ frames: [HTTP2Frame], cutAt: Int? = nil) throws {
        let bytes = frames.flatMap(\.bytes)
        let cut = cutAt ?? bytes.count
        for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty {
            try receive(Array(part), session)
        }
    }

    private func receive(_ bytes: [UInt8], _ session: HTTP2Session) throws {
        var fault: HTTP2Fault?
        bytes.withUnsafeBytes { bytes in
            do throws(HTTP2Fault) { try session.receive(bytes) } catch { fault = error }
        }
        if let fault { throw fault }
    }

    private func began(
        body: [UInt8] = [1, 2, 3], maximum: Int = 1000
    ) throws -> (session: HTTP2Session, stream: Int32, output: [UInt8]) {
        let session = try HTTP2Session(maximumAnswer: maximum)
        let stream = try session.begin(request, secrets: [("authorization", "secret")], body: body)
        return (session, stream, try sent(session))
    }

    private let answer = [
        HTTP2Frame.settings, .headers([(":status", "103"), ("link", "x")]),
        .headers([(":status", "200"), ("content-type", "application/grpc")]), .data([7, 8]),
        HTTP2Frame(kind: .ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]), .data([9]), .window(10, stream: 0),
        .headers([("grpc-status", "0"), ("grpc-message", "fine")], ends: true),
    ]

    @Test("A request is a preface, settings, its head and its body")
    func sendsRequest() throws {
        let frames = HTTP2Frame.all(in: try began().output)
        #expect(frames.map(\.kind) == [.settings, .headers, .data])
        #expect(frames.last == .data([1, 2, 3], ends: true))
        // ENABLE_PUSH = 0
        #expect(frames.first?.payload.starts(with: [0, 2, 0, 0, 0, 0]) == true)
    }

    @Test("An answer is the same wherever its bytes are cut")
    func cutAnywhere() throws {
        for cut in 0...answer.flatMap(\.bytes).count {
            let (session, stream, _) = try began()
            try feed(session, answer, cutAt: cut)
            let whole = try #require(try session.takeAnswer(stream))
            #expect(whole.status == 200 && whole.body == [7, 8, 9])
            #expect(whole.value("content-type") == "application/grpc" && whole.value("link") == nil)
            #expect(whole.value("grpc-status") == "0" && whole.trailers.count == 2)
            let replies = HTTP2Frame.all(in: try sent(session))
            #expect(replies.contains(HTTP2Frame(kind: .settings, flags: HTTP2Frame.acknowledgement)))
            let echo = HTTP2Frame(kind: .ping, flags: HTTP2Frame.acknowledgement, payload: [1, 2, 3, 4, 5, 6, 7, 8])
            #expect(replies.contains(echo) && session.takesRequests)
        }
    }

    @Test("No answer is taken before its end, and an answer without a body has its trailers in the head")
    func completeness() throws {
        let (session, stream, _) = try began()
        try feed(session, Array(answer.dropLast()))
        #expect(try session.takeAnswer(stream) == nil)
        let (other, only, _) = try began()
        try feed(other, [.settings, .headers([(":status", "200"), ("grpc-status", "14")], ends: true)])
        #expect(try other.takeAnswer(only)?.value("grpc-status") == "14")
    }

    @Test("A body larger than the server's window waits for more of it, and arrives whole")
    func flowControl() throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let (session, stream, output) = try began(body: body)
        var frames = HTTP2Frame.all(in: output)
        func arrived() -> [UInt8] { frames.filter { $0.kind == .data }.flatMap(\.payload) }
        #expect(arrived().count == 65_535)
        try feed(session, [.settings, .window(50_000, stream: 0)])
        frames += HTTP2Frame.all(in: try sent(session))
        #expect(arrived().count == 65_535, "the stream's own window is closed")
        try feed(session, [.window(200_000, stream: 1)])
        frames += HTTP2Frame.all(in: try sent(session))
        #expect(arrived().count == 115_535)
        try feed(session, [.window(200_000, stream: 0)])
        frames += HTTP2Frame.all(in: try sent(session))
        #expect(arrived() == body && frames.last?.flags == HTTP2Frame.endStream)
        try feed(session, [.headers([(":status", "200")], ends: true)])
        #expect(try session.takeAnswer(stream)?.status == 200)
    }

    @Test("A server that answers before it has the whole body is sent no more of it")
    func earlyAnswer() throws {
        let (session, stream, _) = try began(body: [UInt8](repeating: 1, count: 100_000))
        try feed(session, [.settings, .headers([(":status", "413")], ends: true)])
        #expect(try session.takeAnswer(stream)?.status == 413)
        let frames = HTTP2Frame.all(in: try sent(session))
        #expect(frames.contains(.reset(0)) && !frames.contains { $0.kind == .data })
    }

    @Test("Windows for the answer are opened again as it is read")
    func opensWindows() throws {
        let (session, stream, _) = try began(maximum: 1_000_000)
        try feed(session, [.settings, .headers([(":status", "200")])])
        var opened = 0
        for _ in 0..<20 {
            try feed(session, [.data([UInt8](repeating: 5, count: 16_000))])
            opened += HTTP2Frame.all(in: try sent(session)).count { $0.kind == .windowUpdate }
        }
        try feed(session, [.data([], ends: true)])
        #expect(try session.takeAnswer(stream)?.body.count == 320_000 && opened > 5)
    }

    @Test("An answer above the bound is refused, and its stream ended")
    func tooLarge() throws {
        let (session, stream, _) = try began(maximum: 10)
        try feed(session, [.settings, .headers([(":status", "200")]), .data([UInt8](repeating: 5, count: 11))])
        #expect(throws: HTTP2Fault.tooLarge) { try session.takeAnswer(stream) }
        #expect(HTTP2Frame.all(in: try sent(session)).contains(.reset(8)) && session.takesRequests)
    }

    @Test("A head without end is refused")
    func endlessHead() throws {
        let (session, stream, _) = try began()
        let fields = (0..<60).map { ("x-\($0)", String(repeating: "v", count: 120)) }
        try feed(session, [.settings])
        for _ in 0..<10 { try feed(session, [.headers([(":status", "103")] + fields)]) }
        #expect(throws: HTTP2Fault.tooLarge) { try session.takeAnswer(stream) }
    }

    @Test("A stream that the server resets fails with the code", arguments: [1, 2, 8, 11] as [UInt32])
    func reset(code: UInt32) throws {
        let (session, stream, _) = try began()
        try feed(session, [.settings, .headers([(":status", "200")]), .reset(code)])
        #expect(throws: HTTP2Fault.reset(code: code)) { try session.takeAnswer(stream) }
        #expect(session.takesRequests)
        let (refused, other, _) = try began()
        try feed(refused, [.settings, .reset(7)])
        #expect(throws: HTTP2Fault.refused) { try refused.takeAnswer(other) }
    }

    @Test("GOAWAY lets the request end that it covers, and refuses the one it does not")
    func goAway() throws {
        let (session, stream, _) = try began()
        try feed(session, [.settings, .goAway(last: 1)])
        #expect(!session.takesRequests)
        #expect(try session.takeAnswer(stream) == nil)
        try feed(session, [.headers([(":status", "200")], ends: true)])
        #expect(try session.takeAnswer(stream)?.status == 200)
        let (other, later, _) = try began()
        try? feed(other, [.settings, .goAway(last: 0)])
        #expect(throws: HTTP2Fault.refused) { try other.takeAnswer(later) }
        #expect(!other.takesRequests)
    }

    @Test(
        "What is no HTTP/2 ends the connection",
        arguments: [
            Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array("SSH-2.0-OpenSSH_9.2\r\nmore than nine".utf8),
            HTTP2Frame.data([1]).bytes, HTTP2Frame(kind: .ping, payload: [1]).bytes,
        ])
    func nonsense(bytes: [UInt8]) throws {
        for cut in 0...bytes.count {
            let (session, _, _) = try began()
            #expect(throws: HTTP2Fault.notSpoken) {
                for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty { try receive(Array(part), session) }
                _ = try sent(session)
            }
        }
    }

    @Test("A server that breaks the protocol later is told so, and the connection is of no use")
    func brokenLater() throws {
        let (session, _, _) = try began()
        try feed(session, [.settings, .data([1], stream: 2)])
        var output: [UInt8] = []
        let fault = #expect(throws: HTTP2Fault.self) {
            while let piece = try session.nextOutput() { output += piece }
        }
        #expect(fault != .notSpoken && HTTP2Frame.all(in: output).contains { $0.kind == .goAway })
    }

    @Test("A flood of PINGs that are not read ends the connection instead of filling memory")
    func flood() throws {
        let (session, _, _) = try began()
        try feed(session, [.settings])
        let pings = [HTTP2Frame](repeating: HTTP2Frame(kind: .ping, payload: [0, 0, 0, 0, 0, 0, 0, 0]), count: 2000)
        #expect(throws: HTTP2Fault.self) { try feed(session, pings) }
    }

    @Test("Several requests share a connection, and one that nobody waits for is ended")
    func several() throws {
        let (session, first, _) = try began()
        let second = try session.begin(request, body: [4])
        #expect(first == 1 && second == 3)
        _ = try sent(session)
        session.cancel(first)
        #expect(HTTP2Frame.all(in: try sent(session)).contains(.reset(8)))
        try feed(session, [.settings, .headers([(":status", "204")], stream: 3, ends: true)])
        #expect(try session.takeAnswer(second)?.status == 204)
        session.terminate()
        #expect(HTTP2Frame.all(in: try sent(session)).contains { $0.kind == .goAway })
        #expect(!session.takesRequests)
    }
}

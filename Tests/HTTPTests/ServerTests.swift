import LoopSupport
import Synchronization
import Testing
import Transport
import Wire

@testable import HTTP

@Suite struct ServerTests {
    private func converse(
        _ pieces: [String], limits: HTTPLimits = HTTPLimits(), patience: Int64 = 10_000_000_000,
        answersBetween: Bool = false
    ) async throws -> (text: String, closed: Bool) {
        let host = try LoopHost.started()
        let address = try await startServer(on: host, limits: limits)
        return try await host.run { host in
            try await host.converse(address, pieces, patience: patience, answersBetween: answersBetween)
        }
    }

    private func statuses(_ text: String) -> [String] {
        text.split(separator: "HTTP/1.1 ").filter { $0.prefix(3).allSatisfy(\.isNumber) }.map { String($0.prefix(3)) }
    }

    @Test("Requests sent ahead are answered in order on one connection that stays open")
    func pipelining() async throws {
        let get = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n", last = "GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        let post = "POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
        let answer = try await converse([get + post + last])
        #expect(statuses(answer.text) == ["200", "200", "200"])
        let bodies = answer.text.split(separator: "\r\n").filter { $0.contains("/a ") || $0.contains("/b ") }
        #expect(bodies.map { $0.prefix(8) } == ["/a HTTP/", "/b hello", "/a "])
        #expect(answer.closed)
    }

    @Test("A chunked request may come cut anywhere, and trailers are passed over")
    func chunkedRequest() async throws {
        let host = try LoopHost.started()
        let address = try await startServer(on: host)
        let request =
            "POST /c HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nt: v\r\n\r\n"
        let expected = try await host.run { host in
            try await host.converse(address, [request]).text
        }
        #expect(expected.contains("/c hello world"))
        for cut in 1..<request.utf8.count {
            let index = request.utf8.index(request.startIndex, offsetBy: cut)
            let pieces = [String(request[..<index]), String(request[index...])]
            let answer = try await host.run { host in try await host.converse(address, pieces) }
            #expect(answer.text == expected, "cut at \(cut)")
        }
    }

    @Test("A client that leaves in the middle of a chunked request is noticed at once, wherever it leaves")
    func cutShort() async throws {
        let host = try LoopHost.started()
        let address = try await startServer(on: host)
        let head = "POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
            body = "5;x=y\r\nhello\r\n0\r\nt: v\r\n\r"
        for cut in 1..<body.utf8.count {
            for last in Set([1, 2, body.utf8.count - cut]) where cut + last <= body.utf8.count {
                let first = String(decoding: Array(body.utf8)[..<cut], as: UTF8.self)
                let second = String(decoding: Array(body.utf8)[cut..<cut + last], as: UTF8.self)
                let answer = try await host.run { host in
                    try await host.converse(address, [head + first, second], patience: 5_000_000_000, hangsUp: true)
                }
                #expect(answer.closed && answer.text.isEmpty, "cut at \(cut), then \(last)")
            }
        }
    }

    @Test("100-continue comes before the body, and only when the body is waited for")
    func expectContinue() async throws {
        let head =
            "POST /e HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"
        let apart = try await converse([head, "abc"], answersBetween: true)
        #expect(statuses(apart.text) == ["100", "200"])
        let together = try await converse([head + "abc"])
        #expect(statuses(together.text) == ["200"])
    }

    @Test("HEAD has the length and no body; HTTP/1.0 ends with the connection")
    func oldAndBodiless() async throws {
        let head = try await converse(["HEAD /h HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"])
        #expect(head.text.contains("content-length: 3\r\n"))
        #expect(head.text.hasSuffix("\r\n\r\n"))
        let old = try await converse(["GET /chunked HTTP/1.0\r\n\r\n"])
        #expect(!old.text.contains("transfer-encoding"))
        #expect(old.text.hasSuffix("\r\n\r\n/chunked "))
        #expect(old.closed)
    }

    @Test("A body of unknown length is chunked")
    func chunkedAnswer() async throws {
        let answer = try await converse(["GET /chunked HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"])
        #expect(answer.text.contains("transfer-encoding: chunked"))
        #expect(answer.text.hasSuffix("1\r\nd\r\n1\r\n \r\n0\r\n\r\n"))
    }

    @Test(
        "What is not HTTP is refused with 400 and the connection closed",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nhost : x\r\n\r\n", "GET / HTTP/1.1\nhost: x\n\n",
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c: d\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        ])
    func refusals(request: String) async throws {
        let answer = try await converse([request])
        #expect(statuses(answer.text) == ["400"])
        #expect(answer.text.contains("connection: close"))
        #expect(answer.closed)
    }

    @Test("A slow head and a slow body run into their limits, a body that is too large is refused unread")
    func limits() async throws {
        var limits = HTTPLimits()
        limits.headerTimeout = 20_000_000
        limits.bodyTimeout = 20_000_000
        limits.bodyBytes = 1_000
        let head = try await converse(["GET / HT"], limits: limits)
        #expect(statuses(head.text) == ["408"])
        let body = try await converse(
            ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab"], limits: limits)
        #expect(statuses(body.text) == ["408"])
        let large = try await converse(
            ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\nab"], limits: limits)
        #expect(statuses(large.text) == ["413"])
        let chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        let piece = "200\r\n" + String(repeating: "a", count: 512) + "\r\n"
        let growing = try await converse([chunked + piece + piece], limits: limits)
        #expect(statuses(growing.text) == ["413"])
    }

    @Test("An idle connection is closed without a word")
    func idle() async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = 20_000_000
        limits.headerTimeout = 20_000_000
        let silent = try await converse([], limits: limits)
        #expect(silent.text.isEmpty)
        #expect(silent.closed)
        let resting = try await converse(
            ["GET / HTTP/1.1\r\nhost: x\r\n\r\n"], limits: limits)
        #expect(statuses(resting.text) == ["200"])
        #expect(resting.closed)
    }

    @Test(
        "A connection without a request gives up its task, takes the next request all the same, and ends when its time is over"
    )
    func resting() async throws {
        var limits = HTTPLimits()
        limits.timeBeforeRest = 10_000_000
        limits.idleTimeout = 300_000_000
        let handler = EchoHandler(), host = try LoopHost.started()
        let address = try await startServer(on: host, limits: limits, handler: handler)
        let get = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
        // An empty piece: only the wait.
        let answer = try await host.run { host in
            try await host.converse(address, [get, "", get, "", get], patience: 50_000_000, answersBetween: true)
        }
        #expect(statuses(answer.text) == ["200", "200", "200"])
        let end = try await host.run { host in try await host.converse(address, [get]) }
        #expect(end.closed)
        #expect(handler.rests.withLock { $0 } >= 3)
    }

    @Test("A client that reads slowly gets all of a large answer")
    func backPressure() async throws {
        let answer = try await converse(
            ["GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"])
        #expect(answer.text.utf8.filter { $0 == 0x61 }.count >= 1_000_000)
        #expect(answer.closed)
    }
}

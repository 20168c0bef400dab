import Testing
import Transport
import Wire

@testable import HTTP
@testable import Telemetry

@Suite struct GRPCTests {
    private let second: Int64 = 1_000_000_000

    private func answer(
        status: Int = 200, type: String? = "application/grpc", body: [UInt8] = [],
        _ trailers: [(name: String, value: String)]
    ) -> HTTP2Answer {
        var answer = HTTP2Answer()
        answer.status = status
        if let type { answer.fields.append(("content-type", type)) }
        answer.body = body
        answer.trailers = trailers
        return answer
    }

    /// `google.rpc.Status` with details by hand, in the order and with the other fields that servers send.
    private func details(seconds: Int64?, nanoseconds: Int64 = 0, type: String = "google.rpc.RetryInfo") -> String {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        func varint(_ number: UInt8, _ value: Int64) -> [UInt8] {
            var bytes = [number << 3], rest = UInt64(bitPattern: value)
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }
        let duration = (seconds.map { varint(1, $0) } ?? []) + (nanoseconds == 0 ? [] : varint(2, nanoseconds))
        let other = field(3, field(1, Array("type.googleapis.com/google.rpc.Help".utf8)) + field(2, [1, 2]))
        let detail = field(3, field(1, Array("type.googleapis.com/\(type)".utf8)) + field(2, field(1, duration)))
        var text = ByteWriter()
        (varint(1, 8) + field(2, Array("slow down".utf8)) + other + detail).withUnsafeBytes {
            Base64.encode($0, to: &text)
        }
        return text.text
    }

    @Test("A message is framed with its length, and read back")
    func framing() {
        let message = [UInt8](repeating: 9, count: 70_000)
        let framed = GRPCMessage.framed(message, isCompressed: true)
        #expect(framed.prefix(5) == [1, 0, 1, 0x11, 0x70] && framed.count == 70_005)
        #expect(GRPCMessage.framed([], isCompressed: false) == [0, 0, 0, 0, 0])
        let plain = GRPCMessage.framed([1, 2, 3], isCompressed: false)
        for cut in 0..<plain.count {
            #expect(GRPCMessage.only(in: Array(plain.prefix(cut)), encoding: nil, limit: 10) == nil)
        }
        #expect(GRPCMessage.only(in: plain, encoding: nil, limit: 10) == [1, 2, 3])
        #expect(GRPCMessage.only(in: plain + [0], encoding: nil, limit: 10) == nil)
        #expect(GRPCMessage.only(in: [2, 0, 0, 0, 0], encoding: nil, limit: 10) == nil)
    }

    @Test("A packed answer is unpacked, but not without bound")
    func packedAnswer() throws {
        let packed = GRPCMessage.framed(try #require(gzip([5, 6, 7])), isCompressed: true)
        #expect(GRPCMessage.only(in: packed, encoding: "gzip", limit: 10) == [5, 6, 7])
        #expect(GRPCMessage.only(in: packed, encoding: "zstd", limit: 10) == nil)
        let bomb = GRPCMessage.framed(try #require(gzip([UInt8](repeating: 0, count: 1_000_000))), isCompressed: true)
        #expect(GRPCMessage.only(in: bomb, encoding: "gzip", limit: 999_999) == nil)
        #expect(GRPCMessage.only(in: bomb, encoding: "gzip", limit: 1_000_000)?.count == 1_000_000)
    }

    @Test("Which codes may be tried again", arguments: 0...17)
    func codes(code: Int) {
        let status = GRPCStatus(answer([("grpc-status", "\(code)"), ("grpc-message", "a%20b%3A %C3%A9")]))
        #expect(status.code == code && status.message == "a b: é")
        let reply = status.reply(message: [1]).reply
        switch code {
        case 0: #expect(reply == .status(200, retryAfter: nil))
        case 1, 4, 10, 11, 14, 15: #expect(reply == .busy("grpc_\(status.name.lowercased())", retryAfter: nil))
        default: #expect(reply == .refused("grpc_\(status.name.lowercased())"))
        }
    }

    @Test(
        "A message that is too large for the server is to be cut, by the words of every implementation",
        arguments: [
            (8, "grpc: received message larger than max (5242880 vs. 4194304)"),
            (8, "CLIENT: Received message larger than max (5242880 vs. 4194304)"),
            (8, "gRPC message exceeds maximum size 4194304: 5242880"),
            (8, "Received message exceeds the maximum configured message size."),
            (11, "Error, decoded message length too large: found 5242880 bytes, the limit is: 4194304 bytes"),
        ])
    func tooLarge(code: Int, words: String) {
        let name = code == 8 ? "grpc_resource_exhausted" : "grpc_out_of_range"
        #expect(GRPCStatus(code: code, message: words).reply(message: []).reply == .tooLarge(name))
        let busy = GRPCStatus(code: code, message: words, retryAfter: second).reply(message: []).reply
        #expect(busy == .busy(name, retryAfter: second))
        #expect(GRPCStatus(code: 14, message: words).meaning == .retryable)
        #expect(GRPCStatus(code: 8, message: "too many requests").meaning == .permanent)
    }

    @Test("RetryInfo says after what time, and lets RESOURCE_EXHAUSTED be tried again")
    func retryInfo() {
        let full = "grpc_resource_exhausted"
        func reply(_ code: Int, _ details: String) -> ExportStateMachine.Reply {
            GRPCStatus(answer([("grpc-status", "\(code)"), ("grpc-status-details-bin", details)])).reply(message: [])
                .reply
        }
        #expect(reply(8, details(seconds: 3)) == .busy(full, retryAfter: 3 * second))
        #expect(
            reply(14, details(seconds: 1, nanoseconds: 500_000_000))
                == .busy("grpc_unavailable", retryAfter: second * 3 / 2))
        #expect(reply(8, details(seconds: nil)) == .busy(full, retryAfter: 0))
        #expect(reply(8, details(seconds: -5)) == .busy(full, retryAfter: 0))
        #expect(reply(8, details(seconds: .max)) == .busy(full, retryAfter: 86_400 * second))
        #expect(reply(3, details(seconds: 3)) == .refused("grpc_invalid_argument"))
        #expect(reply(8, details(seconds: 3, type: "google.rpc.Other")) == .refused("grpc_resource_exhausted"))
        let unpadded = String(details(seconds: 3).prefix { $0 != "=" })
        #expect(reply(8, unpadded) == .busy(full, retryAfter: 3 * second))
    }

    @Test("Details that are cut or changed anywhere do no harm")
    func badDetails() {
        let text = details(seconds: 3, nanoseconds: 7)
        var letters = text.prefix { $0 != "=" }
        while !letters.isEmpty {
            letters.removeLast()
            _ = GRPCStatus(answer([("grpc-status", "8"), ("grpc-status-details-bin", String(letters))]))
        }
        for index in text.utf8.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: "z")
            let status = GRPCStatus(answer([("grpc-status", "8"), ("grpc-status-details-bin", changed)]))
            #expect(status.code == 8)
        }
    }

    @Test("Answers of others than the collector count by their HTTP status")
    func proxies() {
        for (status, name) in [
            (400, "INTERNAL"), (401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED"), (404, "UNIMPLEMENTED"),
            (429, "UNAVAILABLE"), (502, "UNAVAILABLE"), (503, "UNAVAILABLE"), (504, "UNAVAILABLE"), (418, "UNKNOWN"),
        ] { #expect(GRPCStatus(answer(status: status, type: "text/html", [])).name == name) }
        #expect(GRPCStatus(answer(type: "text/html", [])).name == "UNKNOWN")
        #expect(GRPCStatus(answer([])).name == "UNKNOWN")
        #expect(GRPCStatus(answer([("grpc-status", "none")])).name == "UNKNOWN")
    }

    @Test("A stream that ends without a status is no verdict, unless we broke the protocol")
    func resets() {
        for code in [0, 2, 7, 8, 11, 12] as [UInt32] { #expect(GRPCStatus(HTTP2Fault.reset(code: code)) == nil) }
        for code in [1, 3, 4, 6, 9] as [UInt32] {
            #expect(GRPCStatus(HTTP2Fault.reset(code: code))?.meaning == .permanent)
        }
        #expect(GRPCStatus(HTTP2Fault.tooLarge)?.name == "RESOURCE_EXHAUSTED")
        #expect(GRPCStatus(HTTP2Fault.notSpoken) == nil && GRPCStatus(HTTP2Fault.refused) == nil)
    }

    @Test("The head of a call has what gRPC wants, and of the configured headers what may be said")
    func head() {
        let given = [
            ("X-Api-Key", "k"), ("content-type", "application/x-protobuf"), ("user-agent", "tollgate/1"),
            ("content-encoding", "gzip"), ("Grpc-Timeout", "1S"), ("te", "x"), (":path", "/x"), ("host", "h"),
        ]
        let call = GRPCCall(fields: given, timeout: 10 * second)
        #expect(call.isCompressed && call.metadata.map(\.name) == ["x-api-key"])
        let fields = Dictionary(call.fields.map { ($0.name, $0.value) }) { first, _ in first + "twice" }
        #expect(
            fields == [
                "te": "trailers", "grpc-timeout": "10000m", "content-type": "application/grpc", "grpc-encoding": "gzip",
                "grpc-accept-encoding": "identity,gzip", "user-agent": "tollgate/1",
            ])
        #expect(!GRPCCall(fields: [], timeout: 1).isCompressed)
        #expect(GRPCCall.text(of: 1) == "1m" && GRPCCall.text(of: 86_400 * second) == "86400000m")
        #expect(GRPCCall.text(of: 200_000 * second) == "200000S")
    }
}

import HTTP
import Transport

/// Carries exports as unary calls (OTLP/gRPC): the same message as over HTTP/1.1, in another envelope.
final class GRPCTransport: OTLPTransport {
    private let client: HTTP2Client

    /// The endpoint's TLS context must offer `h2`.
    init(endpoint: Endpoint, loop: EventLoop, resolver: Resolver) {
        client = HTTP2Client(
            endpoint: endpoint, loop: loop, resolver: resolver, maximumAnswer: Self.maximumAnswer)
    }

    /// What a client reads of an answer at most (OTLP specification).
    static let maximumAnswer = 4 * 1024 * 1024

    func export(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> CollectorReply {
        let call = GRPCCall(fields: fields, timeout: timeout)
        do throws(ClientFault) {
            let answer = try await client.post(
                path: path, fields: call.fields, secrets: call.metadata,
                body: GRPCMessage.framed(body, isCompressed: call.isCompressed), timeout: timeout)
            let status = GRPCStatus(answer)
            let encoding = answer.value("grpc-encoding")
            let message = GRPCMessage.only(in: answer.body, encoding: encoding, limit: Self.maximumAnswer)
            return status.reply(message: message ?? [])
        } catch .http2(let fault) {
            guard let status = GRPCStatus(fault) else { throw .http2(fault) }
            return status.reply(message: [])
        }
    }

    func close() async { await client.close() }
}

/// The head of a call, made from what an export over HTTP/1.1 would say.
struct GRPCCall {
    private(set) var fields: [(name: String, value: String)]
    /// The configured headers, in lower case; they may be secrets.
    private(set) var metadata: [(name: String, value: String)] = []
    private(set) var isCompressed = false

    init(fields given: [(String, String)], timeout: Int64) {
        fields = [
            ("te", "trailers"), ("grpc-timeout", Self.text(of: timeout)), ("content-type", "application/grpc"),
            ("grpc-accept-encoding", "identity,gzip"),
        ]
        for (name, value) in given {
            switch name.lowercased() {
            case "content-encoding" where value == "gzip":
                isCompressed = true
                fields.append(("grpc-encoding", "gzip"))
            case "user-agent": fields.append(("user-agent", value))
            case "content-type", "content-encoding", "host", "te", "connection": continue
            case let name where name.hasPrefix("grpc-") || name.hasPrefix(":"): continue
            case let name: metadata.append((name, value))
            }
        }
    }

    /// Eight digits at most, and a unit (gRPC over HTTP/2, Timeout).
    static func text(of nanoseconds: Int64) -> String {
        let milliseconds = max(1, nanoseconds / 1_000_000)
        return milliseconds <= 99_999_999 ? "\(milliseconds)m" : "\(min(milliseconds / 1000, 99_999_999))S"
    }
}

extension GRPCStatus {
    /// What a fault of HTTP/2 stands for, if it is an answer to the call at all (gRPC over HTTP/2, Errors). A stream that was
    /// cut short by a failure on the way is none, as there was no word about the export itself.
    init?(_ fault: HTTP2Fault) {
        switch fault {
        case .tooLarge: self.init(code: 8, message: fault.sentence)
        // PROTOCOL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, FRAME_SIZE_ERROR, COMPRESSION_ERROR
        case .reset(code: 1), .reset(code: 3), .reset(code: 4), .reset(code: 6), .reset(code: 9):
            self.init(code: 13, message: fault.sentence)
        default: return nil
        }
    }

    func reply(message answer: [UInt8]) -> CollectorReply {
        let reason = "grpc_\(name.lowercased())", words = "\(name) \(message)"
        return switch meaning {
        case .delivered: CollectorReply(.status(200, retryAfter: nil), body: answer)
        case .retryable: CollectorReply(.busy(reason, retryAfter: retryAfter), words: words)
        case .tooLarge: CollectorReply(.tooLarge(reason), words: words)
        case .permanent: CollectorReply(.refused(reason), words: words)
        }
    }
}

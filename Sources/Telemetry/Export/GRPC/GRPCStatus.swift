import HTTP
import Wire

/// How a call ended (gRPC status codes), and what the server asks for.
struct GRPCStatus: Equatable {
    /// 0...16 by the standard; other numbers are kept as they came.
    let code: Int
    /// The server's words, without secrets of ours; at most 256 characters.
    let message: String
    /// Nanoseconds that the server asks to be left alone, if it does (`google.rpc.RetryInfo`).
    let retryAfter: Int64?

    init(code: Int, message: String = "", retryAfter: Int64? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The status of a complete answer: of its trailers, else by the HTTP status of whatever stands in between.
    init(_ answer: HTTP2Answer) {
        let isCall = answer.value("content-type")?.hasPrefix("application/grpc") == true
        guard answer.status == 200, isCall || answer.value("grpc-status") != nil else {
            self.init(code: Self.code(ofHTTP: answer.status), message: "HTTP status \(answer.status), no gRPC")
            return
        }
        guard let code = answer.value("grpc-status").flatMap(Int.init) else {
            self.init(code: Self.unknown, message: "the answer has no grpc-status")
            return
        }
        let words = PercentEncoding.decode(Substring(answer.value("grpc-message") ?? ""))
        let details = answer.value("grpc-status-details-bin").flatMap(Self.decoded)
        self.init(
            code: code, message: String(words.prefix(256)), retryAfter: details.flatMap(RetryInfo.nanoseconds))
    }

    static let ok = 0
    static let unknown = 2
    static let unauthenticated = 16

    /// The standard's name of the code.
    var name: String { Self.names.indices.contains(code) ? Self.names[code] : Self.names[Self.unknown] }

    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    /// What a code means for an export.
    enum Meaning {
        case delivered, retryable, tooLarge, permanent
    }

    /// OTLP specification, OTLP/gRPC response: CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS
    /// may be tried again, RESOURCE_EXHAUSTED only when the server says after what time.
    ///
    /// What a server says of a message that is larger than it reads is RESOURCE_EXHAUSTED in most implementations, OUT_OF_RANGE in
    /// some, and never true of the same message later: it is cut, as after a 413.
    var meaning: Meaning {
        switch code {
        case 0: .delivered
        case _ where retryAfter == nil && saysTooLarge: .tooLarge
        case 1, 4, 10, 11, 14, 15: .retryable
        case 8: retryAfter == nil ? .permanent : .retryable
        default: .permanent
        }
    }

    /// No code of its own says so. The words are those of grpc-go, grpc-core, grpc-java, grpc-dotnet and tonic.
    private var saysTooLarge: Bool {
        let words = message.lowercased()
        return (code == 8 || code == 11) && words.contains("message")
            && ["larger than max", "exceeds maximum", "exceeds the maximum", "too large"].contains {
                words.contains($0)
            }
    }

    /// gRPC, HTTP to gRPC status code mapping: for answers of proxies, and of servers that are none.
    private static func code(ofHTTP status: Int) -> Int {
        switch status {
        case 400: 13
        case 401: 16
        case 403: 7
        case 404: 12
        case 429, 502, 503, 504: 14
        default: unknown
        }
    }

    /// Binary metadata: base64, padded or not.
    private static func decoded(_ text: String) -> [UInt8]? {
        var letters = Array(text.utf8)
        while letters.last == UInt8(ascii: "=") { letters.removeLast() }
        for index in letters.indices {
            if letters[index] == UInt8(ascii: "+") { letters[index] = UInt8(ascii: "-") }
            if letters[index] == UInt8(ascii: "/") { letters[index] = UInt8(ascii: "_") }
        }
        return letters.withUnsafeBytes { Base64.decodedForURL($0) }
    }
}

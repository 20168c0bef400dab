import Governance
import HTTP
import Ledger
import Providers
import Sessions
import Telemetry
import Transport
import Wire

/// What a path stands for.
enum RequestRoute: Equatable {
    case messages
    case countTokens
    /// Bedrock's and Vertex's own forms of the two.
    case native(NativeRoute)
    case models
    /// `/v1/models/{id}`: where the id stands in the head.
    case model(Range<Int>)
    /// What a caller has spent of his budgets, as Claude Code shows it.
    case usage
    /// What a caller spends, for a status line.
    case me
    /// A client's own telemetry.
    case telemetry(Signal)
    case hello
    case page
    case health
    case readiness
    /// Figures for Prometheus.
    case metrics

    /// The pattern for `http.route`.
    var pattern: StaticString {
        switch self {
        case .messages: "/v1/messages"
        case .countTokens: "/v1/messages/count_tokens"
        case .native(let route): route.pattern
        case .models: "/v1/models"
        case .model: "/v1/models/{id}"
        case .usage: "/api/oauth/usage"
        case .me: "/v1/me"
        case .telemetry(.metrics): "/v1/metrics"
        case .telemetry(.logs): "/v1/logs"
        case .telemetry(.spans): "/v1/traces"
        case .hello: "/api/hello"
        case .page: "/"
        case .health: "/healthz"
        case .readiness: "/readyz"
        case .metrics: "/metrics"
        }
    }

    /// The methods it takes, as `allow` names them.
    private var allowed: StaticString {
        switch self {
        case .messages, .countTokens, .native, .telemetry: "POST"
        default: "GET, HEAD"
        }
    }

    /// The route of a request. Throws 404 for an unknown path.
    static func of(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) throws(Refusal) -> RequestRoute {
        let path = bytes.slice(head.path)
        guard let route = find(path, at: head.path) else {
            throw .unknownPath(String(decoding: path.prefix(200), as: UTF8.self))
        }
        return route
    }

    /// Throws 405 for a method that it does not take.
    func check(_ method: HTTPMethod) throws(Refusal) {
        let isRight = takesPost ? method == .post : method == .get || method == .head
        guard isRight else { throw .wrongMethod(allow: allowed) }
    }

    private var takesPost: Bool {
        switch self {
        case .messages, .countTokens, .native, .telemetry: true
        default: false
        }
    }

    private static func find(_ path: UnsafeRawBufferPointer, at range: Range<Int>) -> RequestRoute? {
        if path.equals("/v1/messages") { return .messages }
        if path.equals("/v1/messages/count_tokens") { return .countTokens }
        if path.equals("/v1/models") { return .models }
        if path.equals("/v1/metrics") { return .telemetry(.metrics) }
        if path.equals("/v1/logs") { return .telemetry(.logs) }
        if path.equals("/v1/traces") { return .telemetry(.spans) }
        if path.equals("/healthz") { return .health }
        if path.equals("/readyz") { return .readiness }
        if path.equals("/metrics") { return .metrics }
        if path.equals("/api/hello") { return .hello }
        if path.equals("/api/oauth/usage") { return .usage }
        if path.equals("/v1/me") { return .me }
        if path.equals("/") || path.isEmpty { return .page }
        if let route = NativeRoute(path, at: range.lowerBound) { return .native(route) }
        // The name that other gateways have for the same.
        if path.starts(with: "/anthropic/v1/") {
            let prefix = Self.anthropicPrefix
            return find(path.slice(prefix..<path.count), at: range.lowerBound + prefix..<range.upperBound)
        }
        let models: StaticString = "/v1/models/"
        let length = models.utf8CodeUnitCount
        guard path.count > length, path.starts(with: models) else { return nil }
        return .model(range.lowerBound + length..<range.upperBound)
    }
}

extension RequestRoute {
    /// Bytes of `/anthropic`.
    static let anthropicPrefix = 10
}

extension LoopWorker {
    /// accept: the whole body in one allocation; its JSON is checked while it arrives.
    func accept(_ exchange: Exchange) async throws(Refusal) -> MessagesBody {
        let channel = exchange.channel
        if let encoding = exchange.facts.contentEncoding, !exchange.text(encoding).equalsIgnoringCase("identity") {
            throw .encodedBody
        }
        if channel.bodyIsTooLarge { throw .bodyTooLarge(limit: channel.limits.bodyBytes) }
        let body = channel.makeBody()
        exchange.body = body
        let scan = MessagesBody()
        while true {
            switch await channel.receive(into: body) {
            case .more:
                try read(scan, body, exchange)
            case .complete:
                try finish(scan, body, exchange)
                return scan
            case .refused(let error): throw .malformedHTTP(status: error.status, error.sentence)
            case .tooLarge: throw .bodyTooLarge(limit: channel.limits.bodyBytes)
            case .timedOut: throw .bodyTimedOut
            case .noRoom: throw .noBodyRoom
            case .clientGone: throw .clientGone
            }
        }
    }

    // What follows is not part of `accept`, whose frame each connection has while its body comes.

    @inline(never)
    private func read(_ scan: MessagesBody, _ body: RequestBody, _ exchange: Exchange) throws(Refusal) {
        do throws(JSONError) {
            bodies.now = loop.now
            try scan.consume(body.bytes, &bodies, caller: exchange.caller)
        } catch {
            throw .malformedJSON(error)
        }
    }

    @inline(never)
    private func finish(_ scan: MessagesBody, _ body: RequestBody, _ exchange: Exchange) throws(Refusal) {
        try read(scan, body, exchange)
        exchange.bodyBytes = body.count
        do throws(MessagesBody.Fault) {
            try scan.finish(body.bytes, namesModel: !exchange.isNative)
            if telemetry.records { exchange.parameters = RequestParameters(scan.members, in: body.bytes) }
        } catch {
            switch error {
            case .notJSON(let error): throw .malformedJSON(error)
            case .missing(let name): throw .invalidMember(name, "Field required")
            case .wrongType(let name, let expected): throw .invalidMember(name, "must be \(expected)")
            case .duplicate(let name): throw .invalidMember(name, "stands in the body twice; send it once")
            }
        }
    }
}

extension Exchange {
    /// Who it is, as a number.
    fileprivate var caller: UInt64 {
        var hasher = Hasher()
        hasher.combine(principal?.keyID)
        hasher.combine(principal?.user)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

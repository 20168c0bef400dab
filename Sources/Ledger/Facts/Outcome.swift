/// How a request, or one attempt of it, ended. Stored in the database by its `name`.
package enum Outcome: UInt8, Sendable, CaseIterable {
    /// The whole answer was received.
    case ok = 0
    /// The upstream answered with an error status or an `error` event.
    case upstreamError = 1
    /// No connection to the upstream could be made.
    case unreachable = 2
    /// The client hung up first; what was used until then is charged.
    case clientGone = 3
    /// The upstream ended the stream before its end.
    case cut = 4
    /// The upstream kept silent too long.
    case timeout = 5
    /// The upstream's bytes were not HTTP, or not what was asked for.
    case malformed = 6
    /// Tollgate ended before the request did: at the end of a drain, or killed.
    case interrupted = 7
    /// A fault of Tollgate's own.
    case gatewayError = 8

    /// The text form of the `outcome` column.
    package var name: StaticString {
        switch self {
        case .ok: "ok"
        case .upstreamError: "upstream_error"
        case .unreachable: "unreachable"
        case .clientGone: "client_gone"
        case .cut: "cut"
        case .timeout: "timeout"
        case .malformed: "malformed"
        case .interrupted: "interrupted"
        case .gatewayError: "gateway_error"
        }
    }

    /// Whether reports count it as an error: everything but success and a client that changed its mind.
    package var isError: Bool {
        switch self {
        case .ok, .clientGone: false
        case .upstreamError, .unreachable, .cut, .timeout, .malformed, .interrupted, .gatewayError: true
        }
    }
}

/// What was asked of the upstream. Stored in the database by its `name`.
package enum Operation: UInt8, Sendable, CaseIterable {
    /// `POST /v1/messages`.
    case messages = 0
    /// `POST /v1/messages/count_tokens`: dispatched, never charged.
    case countTokens = 1

    /// The text form of the `operation` column.
    package var name: StaticString {
        switch self {
        case .messages: "messages"
        case .countTokens: "count_tokens"
        }
    }
}

import Wire

/// An error that Tollgate makes itself. The statuses and types are chosen by what Claude Code does with them: with
/// `x-should-retry: false` it shows the message at once instead of repeating the request for minutes.
package struct Refusal: Error, Sendable {
    package let status: Int
    /// `error.type` of Anthropic's envelope; also the value of `error.type` in telemetry.
    package let type: StaticString
    package let message: String
    /// `x-should-retry: false`.
    package let isFinal: Bool
    /// Seconds for `retry-after`.
    package var retryAfter: Int?
    /// For `allow`, of a 405.
    package var allow: StaticString?
    /// Further header fields.
    package var fields: [(name: StaticString, value: String)] = []
    /// The rule that refused; empty: none did.
    package var rule = ""

    init(_ status: Int, _ type: StaticString, _ message: String, isFinal: Bool = true) {
        self.status = status
        self.type = type
        self.message = message
        self.isFinal = isFinal
    }

    /// Anthropic's error envelope.
    package func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.value("error")
        writer.key("error")
        writer.beginObject()
        writer.key("type")
        writer.value(type)
        writer.member("message", message)
        writer.endObject()
        writer.member("request_id", requestID)
        writer.endObject()
        return writer.array
    }

    /// The same as the last event of a stream that had begun.
    package func event(requestID: String) -> [UInt8] {
        var output = ByteWriter()
        body(requestID: requestID).withUnsafeBytes { SSEWriter.append(event: "error", data: $0, to: &output) }
        return output.array
    }
}

extension Refusal {
    // MARK: The request

    package static func malformedHTTP(status: Int, _ sentence: StaticString) -> Refusal {
        let type: StaticString =
            status == 408 ? "timeout_error" : status == 413 ? "request_too_large" : "invalid_request_error"
        return Refusal(status, type, "\(sentence)", isFinal: status != 408)
    }

    package static func malformedJSON(_ error: JSONError) -> Refusal {
        Refusal(400, "invalid_request_error", "The body is not valid JSON at byte \(error.offset): \(error.sentence)")
    }

    package static func invalidMember(_ name: StaticString, _ problem: String) -> Refusal {
        Refusal(400, "invalid_request_error", "\(name): \(problem)")
    }

    /// A member by its path, such as `messages.3.content.0.text`.
    package static func invalid(_ path: String, _ problem: String) -> Refusal {
        Refusal(400, "invalid_request_error", "\(path): \(problem)")
    }

    package static func invalidHeader(_ sentence: String) -> Refusal {
        Refusal(400, "invalid_request_error", sentence)
    }

    package static let encodedBody = Refusal(
        415, "invalid_request_error", "The body must come without Content-Encoding; send it as plain JSON.")

    package static func bodyTooLarge(limit: Int) -> Refusal {
        Refusal(
            413, "request_too_large",
            "The body is larger than the limit of \(limit) bytes; send less, or raise limits.body_bytes.")
    }

    package static let bodyTimedOut = Refusal(
        408, "timeout_error", "The body did not arrive in time; send it without pauses.", isFinal: false)

    package static func unknownPath(_ path: String) -> Refusal {
        Refusal(
            404, "not_found_error",
            "There is nothing at \(CredentialForm.isKnown(path) ? "this path" : path). Tollgate serves /v1/messages, /v1/messages/count_tokens and /v1/models."
        )
    }

    package static func wrongMethod(allow: StaticString) -> Refusal {
        var refusal = Refusal(405, "invalid_request_error", "This path takes only \(allow).")
        refusal.allow = allow
        return refusal
    }

    // MARK: Who

    package static let missingCredential = Refusal(
        401, "authentication_error",
        "This gateway needs a key: send it as `Authorization: Bearer KEY` or `x-api-key: KEY` (ANTHROPIC_AUTH_TOKEN in Claude Code)."
    )

    package static let unknownCredential = Refusal(
        401, "authentication_error",
        "The key is not known to this gateway. Check ANTHROPIC_AUTH_TOKEN, or ask for a new key.")

    package static func expiredCredential(since: String) -> Refusal {
        Refusal(401, "authentication_error", "The key expired at \(since). Ask for a new one.")
    }

    package static let revokedCredential = Refusal(
        401, "authentication_error", "The key was revoked. Ask for a new one.")

    /// `sentence` says what is wrong with it, and holds nothing of it.
    package static func refusedToken(_ sentence: String) -> Refusal {
        Refusal(401, "authentication_error", sentence)
    }

    package static let noTokenKeys = Refusal(
        500, "api_error",
        "The gateway could not load the keys of the token's issuer; try again, or let its operator look.",
        isFinal: false)

    package static let unknownCertificate = Refusal(
        401, "authentication_error",
        "The client certificate stands for nobody that this gateway knows. Send a key, or ask for an entry in credentials.client_certificates."
    )

    package static func expiredCertificate(since: String) -> Refusal {
        Refusal(
            401, "authentication_error",
            "The client certificate of this connection expired at \(since). Get a new one and connect again.")
    }

    // MARK: Where to

    package static func unroutedModel(_ name: String) -> Refusal {
        Refusal(404, "not_found_error", "model: \(name) is not routed by this gateway. GET /v1/models lists what is.")
    }

    /// The targets of a virtual model are all for other callers.
    package static func noTargetForCaller(_ name: String) -> Refusal {
        Refusal(
            404, "not_found_error", "model: \(name) has no target for you here. GET /v1/models lists what is routed.")
    }

    /// The account has no key of its own, and the client brought no login.
    package static let needsLogin = Refusal(
        401, "authentication_error",
        "This gateway has no provider key for the model: sign in to Claude Code with `/login` and send the gateway's key as x-tollgate-api-key."
    )

    // MARK: Our and the upstream's faults

    package static func unavailable(_ account: String, _ reason: String) -> Refusal {
        Refusal(529, "overloaded_error", "No upstream could serve the request: \(account): \(reason)", isFinal: false)
    }

    package static func noCredential(_ account: String) -> Refusal {
        Refusal(
            500, "api_error", "The gateway has no credential for \(account) at the moment; its operator has to look.",
            isFinal: false)
    }

    package static func accountIsFull(_ account: String) -> Refusal {
        var refusal = Refusal(
            529, "overloaded_error",
            "\(account) has as many requests as its max_concurrent_requests allows; try again in a moment.",
            isFinal: false)
        refusal.retryAfter = 1
        return refusal
    }

    package static func countsNoTokens(_ model: String) -> Refusal {
        Refusal(404, "not_found_error", "The provider of \(model) does not count tokens; estimate them.")
    }

    /// A stream that had begun could not be brought to its end.
    package static func streamBroken(_ account: String, _ reason: String) -> Refusal {
        Refusal(529, "overloaded_error", "The upstream's answer broke off: \(account): \(reason)", isFinal: false)
    }

    package static let stopping = Refusal.overloaded("The gateway is being restarted; try again.", retryAfter: 1)

    package static let ledgerBehind = Refusal.overloaded(
        "The gateway's ledger cannot take the request now; try again in a moment.", retryAfter: 1)

    package static let tooManyConnections = Refusal.overloaded(manyConnections, retryAfter: 1)

    /// For exporters of telemetry, which try again after a 503 and give up after what they do not know.
    package static let tooManyExporters = Refusal.overloaded(manyConnections, status: 503, retryAfter: 1)

    private static let manyConnections =
        "The gateway has as many connections as limits.connections allows; try again in a moment."

    package static let noBodyRoom = Refusal.overloaded(
        "The gateway holds as many request bodies as limits.body_room allows; try again in a moment.", retryAfter: 5)

    private static func overloaded(_ sentence: String, status: Int = 529, retryAfter: Int) -> Refusal {
        var refusal = Refusal(status, "overloaded_error", sentence, isFinal: false)
        refusal.retryAfter = retryAfter
        return refusal
    }

    package static let fault = Refusal(
        500, "api_error", "The gateway failed to answer; the request id leads to the cause.", isFinal: false)
}

extension Refusal {
    /// The client went away before it could be told anything; nobody sees this one.
    package static let clientGone = Refusal(499, "client_gone", "The client went away.")
}

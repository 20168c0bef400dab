/// The header names that Tollgate acts on; every other name is `other` and passes as it is.
///
/// Cases that stand for a family of names (a prefix) say so; `canonical` is empty for them.
package enum FieldName: UInt8, Sendable, CaseIterable {
    case other

    // Framing and connection management, RFC 9110 and 9112.
    case host, contentLength, transferEncoding, connection, keepAlive, proxyConnection, te, trailer, upgrade, expect
    case http2Settings, via, forwarded
    case proxyAuthorization, proxyAuthenticate, proxyAuthenticationInfo

    // Content and negotiation.
    case date, server, contentType, contentEncoding, acceptEncoding, accept, userAgent, location, cacheControl, etag
    case ifNoneMatch, retryAfter, allow
    /// `retry-after-ms`, which Anthropic's SDKs prefer over `retry-after`.
    case retryAfterMilliseconds

    // Credentials.
    case authorization, wwwAuthenticate, xAPIKey, cookie, setCookie

    // Identity of a request and of its trace.
    case requestID, xRequestID, xClientRequestID, idempotencyKey
    /// `x-amzn-requestid`, `x-amzn-errortype`.
    case amznRequestID, amznErrorType
    case traceparent, tracestate, traceresponse, baggage
    case xForwardedFor, xForwardedProto, xForwardedHost, xRealIP

    // Anthropic's own.
    case anthropicVersion, anthropicBeta, anthropicOrganizationID, anthropicWorkspaceID, anthropicUserProfileID
    /// `anthropic-dangerous-direct-browser-access`.
    case anthropicDirectBrowserAccess
    /// `x-anthropic-additional-protection`.
    case anthropicAdditionalProtection
    /// Every name that tells an account's quota: prefixes `anthropic-ratelimit-`, `anthropic-fast-`,
    /// `anthropic-priority-`.
    case anthropicRateLimit
    /// Any further name with the prefix `anthropic-`.
    case anthropicOther
    case xShouldRetry
    /// Prefix `x-stainless-`: the SDK's description of itself.
    case xStainless

    // Claude Code's own.
    case xApp, xClientApp
    case claudeCodeSessionID, claudeCodeAgentID, claudeCodeParentAgentID
    case claudeCodeRequestClass, claudeCodeAgentType, claudeCodePromptID, claudeCodeCompaction
    case claudeCodeContextCompacted, claudeCodeAuxiliaryType
    /// `x-claude-code-prev-tool-durations`: `Bash=742;Read=9`, milliseconds.
    case claudeCodeToolDurations
    /// `x-claude-code-managed-settings-checksum`; sensitive.
    case claudeCodeSettingsChecksum
    /// `x-claude-1p-request-class`.
    case claudeFirstPartyRequestClass
    /// Any further name with the prefix `x-claude-code-`.
    case claudeCodeOther

    // Tollgate's own; each also under TrueFoundry's prefix `x-tfy-`.
    case tollgateAPIKey, tollgateMetadata, tollgateLoggingConfig, tollgateAnthropicBeta, tollgateFidelity
    /// Any further name with the prefix `x-tollgate-` or `x-tfy-`.
    case tollgateOther

    /// `content_length`, `transfer_encoding`: to servers that take `_` for `-` (CGI, WSGI) they frame the message. Here they mean
    /// nothing, and they go no further.
    case framingLookalike

    /// Recognises a name, whatever its case. HOT: one hash, one comparison; prefixes only for what is not listed.
    package static func recognise(_ bytes: UnsafeRawBufferPointer) -> FieldName {
        FieldTable.shared.find(bytes) ?? family(bytes)
    }

    /// The family a name that is not listed belongs to.
    private static func family(_ name: UnsafeRawBufferPointer) -> FieldName {
        guard name.count > 6 else { return .other }
        switch name[0] | 0x20 {
        case UInt8(ascii: "a"):
            guard name.startsIgnoringCase("anthropic-") else { return .other }
            let quota =
                name.startsIgnoringCase("anthropic-ratelimit-") || name.startsIgnoringCase("anthropic-fast-")
                || name.startsIgnoringCase("anthropic-priority-")
            return quota ? .anthropicRateLimit : .anthropicOther
        case UInt8(ascii: "x"):
            if name.startsIgnoringCase("x-stainless-") { return .xStainless }
            if name.startsIgnoringCase("x-claude-code-") { return .claudeCodeOther }
            if name.startsIgnoringCase("x-tollgate-") || name.startsIgnoringCase("x-tfy-") { return .tollgateOther }
            return .other
        case UInt8(ascii: "c"), UInt8(ascii: "t"):
            let frames = name.equalsIgnoringCase("content_length") || name.equalsIgnoringCase("transfer_encoding")
            return frames ? .framingLookalike : .other
        default:
            return .other
        }
    }

    /// Belongs to one connection and is never forwarded (RFC 9110 §7.6.1). Names that a message's own `Connection`
    /// nominates come on top: `RequestHead.isHopByHop`.
    package var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade, .http2Settings,
            .proxyAuthorization, .proxyAuthenticate, .proxyAuthenticationInfo, .framingLookalike:
            true
        default: false
        }
    }
}

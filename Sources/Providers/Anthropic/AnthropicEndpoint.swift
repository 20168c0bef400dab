import Wire

/// What of a request goes to the Anthropic Messages API, and what of its answer comes back. Everything that is not named here
/// passes as it is, so that what Anthropic adds tomorrow works today. Fields of the connection never pass; those that a message's
/// own `Connection` nominates are told by `RequestHead.isHopByHop`.
package enum AnthropicEndpoint {
    /// Whether a field of the client's request is forwarded.
    ///
    /// - Parameter passesThrough: the client's own `Authorization` is what authenticates upstream.
    package static func forwards(requestField name: FieldName, passesThrough: Bool) -> Bool {
        switch name {
        case .authorization:
            return passesThrough
        case .xAPIKey, .cookie, .tollgateAPIKey, .tollgateMetadata, .tollgateLoggingConfig, .tollgateAnthropicBeta,
            .tollgateFidelity, .tollgateOther:
            return false
        case .host, .contentLength, .expect:
            return false
        case .acceptEncoding:
            // An encoded answer could not be metered on the way without decoding it.
            return false
        case .traceparent, .tracestate, .baggage:
            return false
        case .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP, .forwarded, .via:
            return false
        default:
            return !name.isHopByHop
        }
    }

    /// Whether a field that has no meaning here carries a credential, by its name: those of a client are for nobody else.
    package static func carriesCredential(otherField name: UnsafeRawBufferPointer) -> Bool {
        let endings: [StaticString] = ["-key", "-token", "-secret", "-authorization"]
        return endings.contains { end in
            let length = end.utf8CodeUnitCount
            return name.count > length && name.slice(name.count - length..<name.count).equalsIgnoringCase(end)
        }
    }

    /// Appends a client's query, `?` before it, without the parameters that carry credentials.
    package static func append(query: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        var mark: StaticString = "?"
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let parameter = UnsafeRawBufferPointer(rebasing: parameter)
            let name = parameter.slice(0..<(parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.count))
            if carriesCredential(parameter: name) { continue }
            output.append(mark)
            output.append(parameter)
            mark = "&"
        }
    }

    private static func carriesCredential(parameter name: UnsafeRawBufferPointer) -> Bool {
        let names: [StaticString] = [
            "key", "api_key", "apikey", "api-key", "x-api-key", "token", "access_token", "auth_token", "auth", "secret",
        ]
        return names.contains { name.equalsIgnoringCase($0) }
    }

    /// Whether a field of the client's request is forwarded to Claude in a cloud, where it says something: what describes the
    /// developer's machine is nobody's business there, and the version stands in the body of Vertex.
    package static func forwards(requestField name: FieldName, to platform: ClaudePlatform) -> Bool {
        switch name {
        case .contentType, .accept, .userAgent: true
        case .anthropicVersion: platform != .vertex && platform != .bedrock
        default: false
        }
    }

    /// Whether a field of the upstream's answer goes to the client.
    ///
    /// - Parameter passesThrough: the account is the client's own, so are its limits.
    package static func returns(responseField name: FieldName, passesThrough: Bool) -> Bool {
        switch name {
        case .contentLength, .requestID, .traceresponse, .setCookie:
            return false
        case .anthropicRateLimit, .anthropicOrganizationID, .anthropicWorkspaceID, .anthropicUserProfileID:
            return passesThrough
        default:
            return !name.isHopByHop
        }
    }
}

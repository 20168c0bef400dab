import Configuration
import HTTP
import Providers
import Transport
import Upstream
import Wire

/// Writes the heads of requests to upstreams.
struct UpstreamRequest {
    let exchange: Exchange
    let account: UpstreamAccount
    let credential: UpstreamCredential
    let trace: TraceContext

    /// To one that speaks the client's dialect: the client's own fields, but for those of the connection, of credentials and of
    /// Tollgate, and those that the body's edits replaced.
    ///
    /// `path`: `nil` for the client's own. `betas`: what is left of the client's `anthropic-beta`; `nil`: it goes as it came.
    func writeForwarded(path: String?, betas: String?, contentLength: Int, into output: inout ByteWriter) {
        let head = exchange.channel.head, bytes = exchange.channel.headBytes
        output.append("POST ")
        output.append(string: account.prefix)
        if let path {
            output.append(string: path)
        } else {
            output.append(bytes.slice(exchange.path))
            if !head.query.isEmpty { AnthropicEndpoint.append(query: bytes.slice(head.query), to: &output) }
        }
        output.append(" HTTP/1.1\r\nhost: ")
        output.append(string: account.authority)
        output.append("\r\n")
        let edits = exchange.routed?.edits
        for field in head.fields
        where forwards(field.name) && !head.isHopByHop(field, in: bytes) {
            let name = bytes.slice(field.nameRange)
            if let edits, edits.replaces(name) { continue }
            if field.name == .other, AnthropicEndpoint.carriesCredential(otherField: name) { continue }
            output.append(bytes.slice(field.nameRange))
            output.append(": ")
            output.append(bytes.slice(field.valueRange))
            output.append("\r\n")
        }
        if let betas = betas ?? editedBetas, !betas.isEmpty { write("anthropic-beta", betas, into: &output) }
        if !exchange.passesThrough { writeCredential(into: &output) }
        writeEnd(contentLength: contentLength, into: &output)
    }

    /// To Anthropic itself, where a virtual model changes them; `nil`: they go as they came.
    private var editedBetas: String? {
        guard let routed = exchange.routed, routed.door.platform == .anthropic, routed.edits?.changesBetas == true
        else { return nil }
        return exchange.betas.joined(separator: ",")
    }

    private func forwards(_ name: FieldName) -> Bool {
        let platform = exchange.routed?.door.platform ?? .anthropic
        return platform == .anthropic
            ? AnthropicEndpoint.forwards(requestField: name, passesThrough: exchange.passesThrough)
            : AnthropicEndpoint.forwards(requestField: name, to: platform)
    }

    /// To one of another dialect: nothing of the client's head concerns it.
    func writeOwn(path: String, accept: StaticString, body: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        output.append("POST ")
        output.append(string: account.prefix)
        output.append(string: path)
        output.append(" HTTP/1.1\r\nhost: ")
        output.append(string: account.authority)
        output.append("\r\ncontent-type: application/json\r\naccept: ")
        output.append(accept)
        output.append("\r\nuser-agent: tollgate/")
        output.append(string: Version.current)
        output.append("\r\n")
        if case .aws(let keys) = credential {
            sign(keys, path: path, accept: accept, body, into: &output)
        } else {
            writeCredential(into: &output)
        }
        writeEnd(contentLength: body.count, into: &output)
    }

    private func writeCredential(into output: inout ByteWriter) {
        guard case .field(let name, let value) = credential else { return }
        output.append(name)
        output.append(": ")
        value.withBytes { output.append($0) }
        output.append("\r\n")
    }

    /// Signature Version 4, anew for each attempt: it holds for a few minutes.
    private func sign(
        _ keys: AWSCredentials, path: String, accept: StaticString, _ body: UnsafeRawBufferPointer,
        into output: inout ByteWriter
    ) {
        let headers = [
            (name: "host", value: account.authority), (name: "content-type", value: "application/json"),
            (name: "accept", value: "\(accept)"),
        ]
        let fields = SigV4.sign(
            method: "POST", path: account.prefix + path, query: "", headers: headers,
            bodySHA256Hex: Hex.encode(SHA256Digest(of: body).bytes), credentials: keys,
            region: account.setting.region ?? "", service: "bedrock", date: wallClockNanoseconds(),
            digests: .openSSL)
        for field in fields {
            output.append(string: field.name)
            output.append(": ")
            output.append(string: field.value)
            output.append("\r\n")
        }
    }

    private func write(_ name: StaticString, _ value: String, into output: inout ByteWriter) {
        output.append(name)
        output.append(": ")
        output.append(string: value)
        output.append("\r\n")
    }

    private func write(_ fields: [(name: String, value: Secret)], into output: inout ByteWriter) {
        for field in fields {
            output.append(string: field.name)
            output.append(": ")
            field.value.withBytes { output.append($0) }
            output.append("\r\n")
        }
    }

    private func writeEnd(contentLength: Int, into output: inout ByteWriter) {
        write(account.setting.headers, into: &output)
        if let edits = exchange.routed?.edits { write(edits.setFields, into: &output) }
        output.append("accept-encoding: identity\r\ncontent-length: ")
        output.append(decimal: contentLength)
        output.append("\r\n")
        if account.setting.getsTraceContext { writeTraceContext(into: &output) }
        output.append("\r\n")
    }

    /// Our attempt's span is the parent of what happens there. The client's `tracestate`, all lines of it, goes with its trace and with no
    /// other; its baggage, which may hold anything, goes nowhere.
    private func writeTraceContext(into output: inout ByteWriter) {
        output.append("traceparent: ")
        trace.append(to: &output)
        output.append("\r\n")
        guard exchange.trace.clientParent != nil else { return }
        for state in exchange.channel.head.values(.tracestate) {
            output.append("tracestate: ")
            output.append(exchange.text(state))
            output.append("\r\n")
        }
    }
}

import Configuration
import HTTP
import Providers
import Wire

/// Writes the heads of requests to upstreams.
enum UpstreamRequest {
    /// To one that speaks the client's dialect: the client's own fields, but for those of the connection, of credentials and of
    /// Tollgate.
    static func writeHead(
        _ exchange: Exchange, _ account: UpstreamAccount, contentLength: Int, trace: TraceContext,
        into output: inout ByteWriter
    ) {
        let head = exchange.channel.head, bytes = exchange.channel.headBytes
        output.append("POST ")
        output.append(string: account.prefix)
        output.append(bytes.slice(head.path))
        if !head.query.isEmpty {
            output.append("?")
            output.append(bytes.slice(head.query))
        }
        output.append(" HTTP/1.1\r\nhost: ")
        output.append(string: account.authority)
        output.append("\r\n")
        for field in head.fields
        where AnthropicEndpoint.forwards(requestField: field.name, passesThrough: exchange.passesThrough)
            && !head.isHopByHop(field, in: bytes)
        {
            output.append(bytes.slice(field.nameRange))
            output.append(": ")
            output.append(bytes.slice(field.valueRange))
            output.append("\r\n")
        }
        if !exchange.passesThrough { writeKey(account, into: &output) }
        writeEnd(account, contentLength: contentLength, trace: trace, into: &output)
    }

    /// To one of another dialect: nothing of the client's head concerns it.
    static func writeHead(
        path: String, _ account: UpstreamAccount, contentLength: Int, trace: TraceContext,
        into output: inout ByteWriter
    ) {
        output.append("POST ")
        output.append(string: account.prefix)
        output.append(string: path)
        output.append(" HTTP/1.1\r\nhost: ")
        output.append(string: account.authority)
        output.append("\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: tollgate/")
        output.append(string: Version.current)
        output.append("\r\n")
        writeKey(account, into: &output)
        writeEnd(account, contentLength: contentLength, trace: trace, into: &output)
    }

    private static func writeKey(_ account: UpstreamAccount, into output: inout ByteWriter) {
        guard let key = account.apiKey else { return }
        let header = account.setting.keyField.header
        output.append(header.name)
        output.append(": ")
        output.append(header.prefix)
        key.withBytes { output.append($0) }
        output.append("\r\n")
    }

    private static func writeEnd(
        _ account: UpstreamAccount, contentLength: Int, trace: TraceContext, into output: inout ByteWriter
    ) {
        for header in account.setting.headers {
            output.append(string: header.name)
            output.append(": ")
            header.value.withBytes { output.append($0) }
            output.append("\r\n")
        }
        output.append("accept-encoding: identity\r\ncontent-length: ")
        output.append(decimal: contentLength)
        output.append("\r\ntraceparent: ")
        trace.append(to: &output)
        output.append("\r\n\r\n")
    }
}

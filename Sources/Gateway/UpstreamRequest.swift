import Configuration
import HTTP
import Providers
import Wire

/// Writes the head of a request to the Anthropic Messages API: the client's own fields, but for those of the connection, of
/// credentials and of Tollgate.
enum UpstreamRequest {
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
        if !exchange.passesThrough, let key = account.apiKey {
            output.append("x-api-key: ")
            key.withBytes { output.append($0) }
            output.append("\r\n")
        }
        output.append("accept-encoding: identity\r\ncontent-length: ")
        output.append(decimal: contentLength)
        output.append("\r\ntraceparent: ")
        trace.append(to: &output)
        output.append("\r\n\r\n")
    }
}

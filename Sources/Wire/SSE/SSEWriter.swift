/// Writes events of an event stream (WHATWG HTML §9.2.6).
package enum SSEWriter {
    /// Appends one event. `data` may have several lines (LF); each becomes a `data` field.
    package static func append(event name: StaticString, data: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        if name.utf8CodeUnitCount > 0 {
            output.append("event: ")
            output.append(name)
            output.append("\n")
        }
        var start = 0
        while let end = data.firstIndex(of: Ascii.lineFeed, in: start..<data.count) {
            appendLine(data.slice(start..<end), to: &output)
            start = end + 1
        }
        appendLine(data.slice(start..<data.count), to: &output)
        output.append("\n")
    }

    /// Appends one event with a literal as its data, which must be one line.
    package static func append(event name: StaticString, data: StaticString, to output: inout ByteWriter) {
        append(event: name, data: data.bytes, to: &output)
    }

    /// Appends one event whose data is what `data` holds.
    package static func append(event name: StaticString, data: borrowing ByteWriter, to output: inout ByteWriter) {
        data.withBytes { append(event: name, data: $0, to: &output) }
    }

    /// Anthropic's keep-alive event.
    package static let ping: StaticString = "event: ping\ndata: {\"type\": \"ping\"}\n\n"

    /// Appends Anthropic's keep-alive event.
    package static func appendPing(to output: inout ByteWriter) { output.append(ping) }

    private static func appendLine(_ line: UnsafeRawBufferPointer, to output: inout ByteWriter) {
        output.append("data: ")
        output.append(line)
        output.append("\n")
    }
}

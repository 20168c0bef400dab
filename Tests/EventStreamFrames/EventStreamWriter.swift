import Wire

/// Writes frames of `application/vnd.amazon.eventstream`; see `EventStreamParser` for their form.
package enum EventStreamWriter {
    /// Appends one frame. Headers are strings; names have 1...255 bytes, values at most 65,535.
    package static func append(
        headers: [(name: StaticString, value: String)], payload: UnsafeRawBufferPointer, to output: inout ByteWriter
    ) {
        let start = output.count
        for _ in 0..<12 { output.append(byte: 0) }
        for (name, value) in headers { append(name, value, to: &output) }
        let headersLength = output.count - start - 12
        output.append(payload)
        let length = output.count - start + 4
        precondition(length <= UInt32.max, "a frame's length has four bytes")
        output.patch(UInt32(length).bigEndian, at: start)
        output.patch(UInt32(headersLength).bigEndian, at: start + 4)
        let preludeCheck = CRC32.of(output.bytes.slice(start..<start + 8))
        output.patch(preludeCheck.bigEndian, at: start + 8)
        append(bigEndian: CRC32.of(output.bytes.slice(start..<output.count)), to: &output)
    }

    private static func append(_ name: StaticString, _ value: String, to output: inout ByteWriter) {
        precondition((1...255).contains(name.utf8CodeUnitCount) && value.utf8.count <= UInt16.max)
        output.append(byte: UInt8(name.utf8CodeUnitCount))
        output.append(name)
        output.append(byte: 7)
        append(bigEndian: UInt16(value.utf8.count), to: &output)
        output.append(string: value)
    }

    private static func append(bigEndian value: some FixedWidthInteger, to output: inout ByteWriter) {
        withUnsafeBytes(of: value.bigEndian) { output.append($0) }
    }
}

import COTLP
import Wire

/// Recorded spans as an OTLP export request.
struct SpanEncoder {
    let resource: [(name: String, value: String)]
    let version: String
    /// How many characters (Unicode scalars) of a text value are sent; nil: all.
    var lengthLimit: Int?

    /// The bytes of an `ExportTraceServiceRequest` (protobuf).
    func encode(_ batches: [RecordBatch]) -> [UInt8] {
        guard let builder = OTLPBuilder(resource: resource, version: version) else { return [] }
        for batch in batches {
            batch.bytes.withUnsafeBytes { bytes in
                var reader = RecordReader(bytes, lengthLimit: lengthLimit)
                while !reader.isAtEnd { reader.readSpan(into: builder) }
            }
        }
        return builder.pack()
    }
}

extension RecordReader {
    fileprivate mutating func readSpan(into builder: OTLPBuilder) {
        let end = position + Int(number(UInt32.self))
        let kind = number(UInt8.self), status = number(UInt8.self)
        let high = number(UInt64.self), low = number(UInt64.self), span = number(UInt64.self),
            parent = number(UInt64.self)
        let from = number(Int64.self), to = number(Int64.self)
        let name = text()
        guard let start = name.baseAddress else { return }
        var attributes = tg_otlp_span(
            builder.handle, high, low, span, parent, start, name.count, Int32(kind),
            status & SpanRecorder.remoteParent != 0, from, to, Int32(status & ~SpanRecorder.remoteParent))
        while position < end {
            switch bytes[position] {
            case SpanRecorder.eventMark: attributes = readEvent(into: builder)
            case SpanRecorder.linkMark: attributes = readLink(into: builder)
            default: readAttribute(into: attributes)
            }
        }
    }

    private mutating func readEvent(into builder: OTLPBuilder) -> OpaquePointer {
        position += 1
        let time = number(Int64.self), name = text()
        guard let start = name.baseAddress else { preconditionFailure("an event without a name in a span record") }
        return tg_otlp_event(builder.handle, start, name.count, time)
    }

    private mutating func readLink(into builder: OTLPBuilder) -> OpaquePointer {
        position += 1
        let high = number(UInt64.self), low = number(UInt64.self), span = number(UInt64.self)
        return tg_otlp_link(builder.handle, high, low, span)
    }

    private mutating func readAttribute(into attributes: OpaquePointer) {
        let raw = number(UInt8.self)
        if raw == SpanRecorder.namedKey {
            let key = text()
            return readValue(into: attributes, key.baseAddress, key.count)
        }
        guard let key = AttributeKey(rawValue: raw) else {
            preconditionFailure("an unknown attribute in a span record")
        }
        readValue(into: attributes, UnsafeRawPointer(key.name.utf8Start), key.name.utf8CodeUnitCount)
    }

    private mutating func readValue(into attributes: OpaquePointer, _ key: UnsafeRawPointer?, _ length: Int) {
        guard let key else { return }
        switch SpanRecorder.Value(rawValue: number(UInt8.self)) {
        case .text: withUTF8(text()) { tg_otlp_string(attributes, key, length, $0.baseAddress, $0.count) }
        case .list: withUTF8(text()) { tg_otlp_string_list(attributes, key, length, $0.baseAddress, $0.count) }
        case .integer: tg_otlp_int(attributes, key, length, number(Int64.self))
        case .double: tg_otlp_double(attributes, key, length, Double(bitPattern: number(UInt64.self)))
        case .yes: tg_otlp_bool(attributes, key, length, true)
        case nil: preconditionFailure("an unknown value in a span record")
        }
    }
}

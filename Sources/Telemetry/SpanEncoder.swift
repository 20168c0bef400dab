import COTLP
import Wire

/// Recorded spans as an OTLP export request.
struct SpanEncoder {
    let resource: [(name: String, value: String)]
    let version: String
    /// How many characters (Unicode scalars) of a text value are sent; nil: all.
    var lengthLimit: Int?

    /// The bytes of an `ExportTraceServiceRequest` (protobuf).
    func encode(_ batches: [SpanBatch]) -> [UInt8] {
        guard let builder = OTLPBuilder(metrics: false, resource: resource, version: version) else { return [] }
        for batch in batches {
            batch.bytes.withUnsafeBytes { bytes in
                var reader = RecordReader(bytes, lengthLimit: lengthLimit)
                while !reader.isAtEnd { reader.readSpan(into: builder) }
            }
        }
        return builder.pack()
    }
}

/// Owns one builder of COTLP.
final class OTLPBuilder {
    let handle: OpaquePointer

    init?(metrics: Bool, resource: [(name: String, value: String)], version: String) {
        guard let handle = tg_otlp_create(metrics) else { return nil }
        self.handle = handle
        let attributes = tg_otlp_resource(handle)
        for (name, value) in resource { Self.add(attributes, name, value) }
        tg_otlp_scope(
            handle, "tollgate", 8, version, version.utf8.count, Self.schemaURL, Self.schemaURL.utf8.count)
    }

    /// The conventions that the names of `AttributeKey` and `Instrument` follow; newer GenAI metrics stand beside the old.
    private static let schemaURL = "https://opentelemetry.io/schemas/1.41.0"

    deinit { tg_otlp_free(handle) }

    static func add(_ attributes: OpaquePointer, _ name: String, _ value: String) {
        tg_otlp_string(attributes, name, name.utf8.count, value, value.utf8.count)
    }

    func pack() -> [UInt8] {
        let size = tg_otlp_size(handle)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            if let base = buffer.baseAddress { tg_otlp_pack(handle, base) }
            count = size
        }
    }
}

/// Reads what `SpanRecorder` wrote. The bytes are our own, so a fault in them is a broken invariant and traps.
private struct RecordReader {
    private let bytes: UnsafeRawBufferPointer
    private let lengthLimit: Int
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer, lengthLimit: Int?) {
        self.bytes = bytes
        self.lengthLimit = lengthLimit ?? .max
    }

    var isAtEnd: Bool { position == bytes.count }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return bytes.loadUnaligned(fromByteOffset: position, as: Number.self)
    }

    private mutating func text() -> UnsafeRawBufferPointer {
        let length = Int(number(UInt32.self))
        defer { position += length }
        return bytes.slice(position..<position + length)
    }

    mutating func readSpan(into builder: OTLPBuilder) {
        let end = position + Int(number(UInt32.self))
        let kind = number(UInt8.self), status = number(UInt8.self)
        let high = number(UInt64.self), low = number(UInt64.self), span = number(UInt64.self),
            parent = number(UInt64.self)
        let from = number(Int64.self), to = number(Int64.self)
        let name = text()
        guard let start = name.baseAddress else { return }
        var attributes = tg_otlp_span(
            builder.handle, high, low, span, parent, start, name.count, Int32(kind), from, to, Int32(status))
        while position < end {
            if bytes[position] == SpanRecorder.eventMark {
                attributes = readEvent(into: builder)
            } else {
                readAttribute(into: attributes)
            }
        }
    }

    private mutating func readEvent(into builder: OTLPBuilder) -> OpaquePointer {
        position += 1
        let time = number(Int64.self), name = text()
        guard let start = name.baseAddress else { preconditionFailure("an event without a name in a span record") }
        return tg_otlp_event(builder.handle, start, name.count, time)
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

    /// Cut to the limit. Header values may hold any bytes, but a protobuf string that is not UTF-8 would cost the whole
    /// batch.
    private func withUTF8(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            return body(UnsafeRawBufferPointer(rebasing: bytes.prefix(lengthLimit)))
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.unicodeScalars.count > lengthLimit { text = String(text.unicodeScalars.prefix(lengthLimit)) }
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

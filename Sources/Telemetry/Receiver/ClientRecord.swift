import Wire

/// What one log record of a client says of where it belongs.
package struct ClientRecord: Sendable, Equatable {
    /// `event.name`, without `claude_code.` in front.
    package var event = ""
    /// `request_id`: the `request-id` of the answer that it is about.
    package var requestID = ""
    package var session = ""
    package var prompt = ""
    /// The trace that it says it belongs to. Claude Code names one even where it sends no spans.
    package var trace: TraceID?
    /// Unix nanoseconds; 0: it does not say.
    package var at: Int64 = 0
    /// `success` of a tool's result.
    package var isSuccess = true

    /// It tells of a request to a model.
    var isOfModel: Bool { event.hasPrefix("api_") }

    /// Reads a `LogRecord`.
    init(_ bytes: UnsafeRawBufferPointer) throws(OTLPFault) {
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            switch (field.number, field.type) {
            case (1, .fixed64): at = Int64(bitPattern: field.value)
            case (6, .length): try read(ClientAttribute(field.bytes))
            case (9, .length): trace = TraceID(bytes: field.bytes)
            case (12, .length) where event.isEmpty: event = Self.eventName(field.bytes)
            default: continue
            }
        }
    }

    private mutating func read(_ attribute: ClientAttribute) throws(OTLPFault) {
        guard attribute.key.count <= 16 else { return }
        if attribute.key.equals("event.name") { event = Self.eventName(try attribute.text()) }
        if attribute.key.equals("request_id") { requestID = Self.short(try attribute.text()) }
        if attribute.key.equals("session.id") { session = Self.short(try attribute.text()) }
        if attribute.key.equals("prompt.id") { prompt = Self.short(try attribute.text()) }
        if attribute.key.equals("success") { isSuccess = try attribute.isTrue() }
    }

    private static func eventName(_ bytes: UnsafeRawBufferPointer) -> String {
        let name = short(bytes)
        return name.hasPrefix("claude_code.") ? String(name.dropFirst(12)) : name
    }

    private static func short(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(128), as: UTF8.self)
    }
}

/// A `KeyValue` where it stands.
struct ClientAttribute {
    private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The `AnyValue`.
    private(set) var value = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ bytes: UnsafeRawBufferPointer) throws(OTLPFault) {
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            guard field.number <= 2 else { continue }
            guard field.type == .length else { throw .malformed }
            if field.number == 1 { key = field.bytes } else { value = field.bytes }
        }
    }

    /// Its text; empty for any other value.
    func text() throws(OTLPFault) -> UnsafeRawBufferPointer {
        var fields = ProtobufFields(value)
        var text = UnsafeRawBufferPointer(start: nil, count: 0)
        while let field = try fields.next() { text = field.number == 1 && field.type == .length ? field.bytes : text }
        return text
    }

    /// `true`, as a truth value or in words.
    func isTrue() throws(OTLPFault) -> Bool {
        var fields = ProtobufFields(value)
        var isTrue = false
        while let field = try fields.next() {
            isTrue = field.number == 2 && field.value == 1 || field.number == 1 && field.bytes.equals("true")
        }
        return isTrue
    }
}

extension TraceID {
    /// Nil unless these are 16 bytes that are not all zero.
    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

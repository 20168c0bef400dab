import Wire

/// Spans of one loop as they are recorded: one after the other in one buffer, without an object for each. HOT.
///
/// A record: its length (UInt32), kind, status, eight 64-bit numbers, the name, then attributes until its end: a key (0xFF: a
/// key of its own follows as a text, 0xFE: an event begins, 0xFD: a link), a type, and the value. All numbers in host order.
package struct SpanRecorder: ~Copyable {
    private var bytes = ByteWriter()
    private var start = 0
    package private(set) var count = 0

    enum Value: UInt8 {
        case text, list, integer, double, yes
    }
    static let namedKey: UInt8 = 0xFF
    /// In place of a key: an event of the span begins, and what follows are its attributes.
    static let eventMark: UInt8 = 0xFE

    /// In place of a key: a link to another span begins, and what follows are its attributes.
    static let linkMark: UInt8 = 0xFD
    /// Of the status: the parent is a span of another process.
    static let remoteParent: UInt8 = 0x80

    package init() {}

    package var size: Int { bytes.count }

    /// Begins a span; its attributes follow, then events and links, then `end`. Times in Unix nanoseconds.
    ///
    /// `parentIsRemote`: the parent is a span of another process, such as the client's.
    package mutating func begin(
        _ kind: SpanKind, trace: TraceID, span: SpanID, parent: SpanID?, parentIsRemote: Bool = false,
        from begin: Int64, to end: Int64, isError: Bool,
        name: StaticString, _ nameEnd: String = ""
    ) {
        start = bytes.count
        number(UInt32(0))
        bytes.append(byte: kind.rawValue)
        bytes.append(byte: (isError ? 2 : 0) | (parentIsRemote ? Self.remoteParent : 0))
        number(trace.high)
        number(trace.low)
        number(span.value)
        number(parent?.value ?? 0)
        number(begin)
        number(end)
        number(UInt32(name.utf8CodeUnitCount + nameEnd.utf8.count))
        bytes.append(name)
        bytes.append(string: nameEnd)
    }

    package mutating func text(_ key: AttributeKey, _ value: UnsafeRawBufferPointer) {
        guard value.count > 0 else { return }
        bytes.append(key.rawValue, Value.text.rawValue, counted: value)
    }

    package mutating func text(_ key: AttributeKey, _ value: String) {
        guard !value.isEmpty else { return }
        bytes.append(key.rawValue, Value.text.rawValue, counted: value)
    }

    package mutating func text(_ key: AttributeKey, _ value: StaticString) {
        text(key, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    /// A key that is not ours, such as a metadata tag: `prefix` and name together.
    package mutating func text(prefix: StaticString, _ name: String, _ value: String) {
        bytes.append(byte: Self.namedKey)
        number(UInt32(prefix.utf8CodeUnitCount + name.utf8.count))
        bytes.append(prefix)
        bytes.append(string: name)
        bytes.append(byte: Value.text.rawValue)
        number(UInt32(value.utf8.count))
        bytes.append(string: value)
    }

    /// A list of one string.
    package mutating func list(_ key: AttributeKey, _ value: String) {
        guard !value.isEmpty else { return }
        bytes.append(key.rawValue, Value.list.rawValue, counted: value)
    }

    package mutating func integer(_ key: AttributeKey, _ value: Int64) {
        bytes.append(key.rawValue, Value.integer.rawValue, word: UInt64(bitPattern: value))
    }

    package mutating func double(_ key: AttributeKey, _ value: Double) {
        bytes.append(key.rawValue, Value.double.rawValue, word: value.bitPattern)
    }

    package mutating func yes(_ key: AttributeKey) {
        bytes.append(byte: key.rawValue)
        bytes.append(byte: Value.yes.rawValue)
    }

    /// Begins an event of the span; the attributes that follow are its own. After the span's attributes.
    package mutating func event(_ name: StaticString, at time: Int64) {
        bytes.append(byte: Self.eventMark)
        number(time)
        number(UInt32(name.utf8CodeUnitCount))
        bytes.append(name)
    }

    /// Begins a link to another span; the attributes that follow are its own. After the span's attributes.
    package mutating func link(trace: TraceID, span: SpanID) {
        bytes.append(byte: Self.linkMark)
        number(trace.high)
        number(trace.low)
        number(span.value)
    }

    package mutating func end() {
        bytes.patch(UInt32(bytes.count - start), at: start)
        count += 1
    }

    /// Gives what was recorded away and begins anew; the memory is kept.
    package mutating func take() -> RecordBatch {
        let batch = RecordBatch(bytes: bytes.array, count: count)
        bytes.reset()
        count = 0
        return batch
    }

    private mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value) { bytes.append($0) }
    }
}

import Wire

/// Events as they are recorded: one after the other in one buffer, without an object for each.
///
/// A record: its length (UInt32), the severity, five 64-bit numbers, name, body, then attributes until its end: a key, a type and
/// the value. All numbers in host order.
struct LogRecorder: ~Copyable {
    private var bytes = ByteWriter()
    private(set) var count = 0
    var size: Int { bytes.count }
    /// Of the event at hand. With the bound on records it bounds the memory.
    private var longestText = 0

    enum Value: UInt8 {
        case text, integer, yes, no
    }

    /// `observed`: Unix nanoseconds.
    mutating func record(_ event: TelemetryEvent, observedAt observed: Int64) {
        longestText = event.longestText
        let start = bytes.count
        number(UInt32(0))
        bytes.append(byte: UInt8(event.severity.rawValue))
        number(event.trace?.high ?? 0)
        number(event.trace?.low ?? 0)
        number(event.span?.value ?? 0)
        number(event.time)
        number(observed)
        text(event.name)
        text(event.body)
        for attribute in event.attributes {
            text(attribute.name)
            switch attribute.value {
            case .text(let value):
                bytes.append(byte: Value.text.rawValue)
                text(value)
            case .integer(let value):
                bytes.append(byte: Value.integer.rawValue)
                number(value)
            case .boolean(let value): bytes.append(byte: (value ? Value.yes : .no).rawValue)
            }
        }
        bytes.patch(UInt32(bytes.count - start), at: start)
        count += 1
    }

    /// Gives what was recorded away and begins anew; nil when there is nothing.
    mutating func take() -> RecordBatch? {
        guard count > 0 else { return nil }
        let batch = RecordBatch(bytes: bytes.array, count: count)
        bytes.reset(keepingAtMost: 64 * 1024)
        count = 0
        return batch
    }

    private mutating func text(_ value: String) {
        guard value.utf8.count > longestText else {
            number(UInt32(value.utf8.count))
            return bytes.append(string: value)
        }
        var size = 0
        let limit = longestText
        let cut = value.unicodeScalars.prefix { scalar in
            size += UTF8.width(scalar)
            return size <= limit
        }
        text(String(cut))
    }

    private mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value) { bytes.append($0) }
    }
}

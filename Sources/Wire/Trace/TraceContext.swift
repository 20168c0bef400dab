/// A W3C trace id: 16 bytes, never all zero.
package struct TraceID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    /// Nil when all bits are zero, which means "no trace".
    package init?(high: UInt64, low: UInt64) {
        guard high | low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// Appends 32 small hexadecimal digits.
    package func append(to output: inout ByteWriter) {
        output.append(hex: high, width: 16)
        output.append(hex: low, width: 16)
    }

    /// 32 small hexadecimal digits.
    package var text: String {
        var output = ByteWriter(capacity: 32)
        append(to: &output)
        return output.text
    }

    /// The 16 bytes in network order.
    package var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) } }
}

/// A W3C span (parent) id: 8 bytes, never all zero.
package struct SpanID: Sendable, Hashable {
    package let value: UInt64

    /// Nil for zero, which means "no span".
    package init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// Appends 16 small hexadecimal digits.
    package func append(to output: inout ByteWriter) {
        output.append(hex: value, width: 16)
    }

    /// 16 small hexadecimal digits.
    package var text: String {
        var output = ByteWriter(capacity: 16)
        append(to: &output)
        return output.text
    }

    /// The 8 bytes in network order.
    package var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
}

/// What a `traceparent` header says (W3C Trace Context §3.2; Level 2 for the random flag).
package struct TraceContext: Sendable, Hashable {
    package var traceID: TraceID
    package var spanID: SpanID
    /// Only `sampled` and `random` are ever set.
    package var flags: UInt8

    package static let sampled: UInt8 = 0x01
    /// The low seven bytes of the trace id are random.
    package static let random: UInt8 = 0x02

    package init(traceID: TraceID, spanID: SpanID, flags: UInt8) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags & (TraceContext.sampled | TraceContext.random)
    }

    package var isSampled: Bool { flags & TraceContext.sampled != 0 }

    /// Reads a header value strictly: small letters, no zero ids, version 00 of exactly 55 bytes; of a later version
    /// the first four fields count. Nil means: start a new trace and forget `tracestate`.
    package init?(parsing value: UnsafeRawBufferPointer) {
        guard value.count >= 55, value[2] == Ascii.minus, value[35] == Ascii.minus, value[52] == Ascii.minus,
            let version = Hex.lowercaseNumber(value.slice(0..<2)), version != 0xFF
        else { return nil }
        guard value.count == 55 || (version > 0 && value[55] == Ascii.minus) else { return nil }
        guard let high = Hex.lowercaseNumber(value.slice(3..<19)), let low = Hex.lowercaseNumber(value.slice(19..<35)),
            let traceID = TraceID(high: high, low: low), let span = Hex.lowercaseNumber(value.slice(36..<52)),
            let spanID = SpanID(span), let flags = Hex.lowercaseNumber(value.slice(53..<55))
        else { return nil }
        self.init(traceID: traceID, spanID: spanID, flags: UInt8(flags))
    }

    /// Appends the header value, always in version 00.
    package func append(to output: inout ByteWriter) {
        output.append("00-")
        traceID.append(to: &output)
        output.append(byte: Ascii.minus)
        spanID.append(to: &output)
        output.append(byte: Ascii.minus)
        output.append(hex: UInt64(flags), width: 2)
    }
}

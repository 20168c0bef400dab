import CScan

/// A JSON string where it stands: the bytes between its quotes. Valid as long as they are.
package struct JSONString {
    /// Between the quotes, escapes not decoded.
    package let bytes: UnsafeRawBufferPointer
    /// Whether `bytes` differ from the decoded string.
    package let hasEscapes: Bool
    /// Where `bytes` begin in the text they were read from; for messages of errors.
    let offset: Int

    /// - Parameter bytes: the inside of a string that was read without fault.
    package init(_ bytes: UnsafeRawBufferPointer, hasEscapes: Bool, offset: Int = 0) {
        self.bytes = bytes
        self.hasEscapes = hasEscapes
        self.offset = offset
    }

    /// The string whose first byte behind its opening quote stands at `start`; `nil` if it does not end or is none.
    package init?(in text: UnsafeRawBufferPointer, at start: Int) {
        guard let base = text.bindMemory(to: UInt8.self).baseAddress, start < text.count else { return nil }
        let found = tg_json_string_end(base, start, text.count)
        guard found.status == TG_JSON_STRING_OK else { return nil }
        self.init(text.slice(start..<found.end), hasEscapes: found.has_escapes != 0, offset: start)
    }

    /// The digits that stand at `start`, as if they were a string; `nil` if none does.
    package init?(number text: UnsafeRawBufferPointer, at start: Int) {
        var end = start
        while end < text.count, Ascii.isDigit(text[end]) { end += 1 }
        guard end > start, text[start] != Ascii.zero || end == start + 1 else { return nil }
        self.init(text.slice(start..<end), hasEscapes: false, offset: start)
    }

    /// A literal, which must need no escapes.
    package init(literal: StaticString) { self.init(literal.bytes, hasEscapes: false) }

    /// The string inside `quoted` (with its quotes) of `body`; looks itself whether there are escapes.
    package init(quoted: Range<Int>, in body: UnsafeRawBufferPointer) {
        let inside = quoted.lowerBound + 1..<quoted.upperBound - 1
        self.init(
            body.slice(inside), hasEscapes: body.firstIndex(of: Ascii.backslash, in: inside) != nil,
            offset: inside.lowerBound)
    }

    /// Whether the decoded string is `text`. Allocates only when there are escapes.
    package func equals(_ text: StaticString) -> Bool {
        guard hasEscapes else { return bytes.equals(text) }
        // Escapes only ever make a string longer.
        guard bytes.count > text.utf8CodeUnitCount else { return false }
        var decoded = ByteWriter(capacity: bytes.count)
        guard (try? append(to: &decoded)) != nil else { return false }
        return decoded.withBytes { $0.equals(text) }
    }

    /// Whether it ends in the escape of a high surrogate, whose low one must follow elsewhere.
    package var endsInHalfPair: Bool {
        let start = bytes.count - 6
        guard start >= 0, bytes[start] == Ascii.backslash, bytes[start + 1] == UInt8(ascii: "u") else { return false }
        guard bytes[start + 2] | 0x20 == UInt8(ascii: "d"), let digit = Hex.value(of: bytes[start + 3]),
            (8...11).contains(digit)
        else { return false }
        // An odd number of backslashes: the last one begins an escape.
        var first = start
        while first > 0, bytes[first - 1] == Ascii.backslash { first -= 1 }
        return (start - first) % 2 == 0
    }

    /// The decoded string. A half of a surrogate pair becomes U+FFFD.
    ///
    /// - Throws: `invalidEscape`, `invalidUTF8`.
    package func decoded() throws(JSONError) -> String {
        if !hasEscapes { return try string(bytes) }
        var decoded = ByteWriter(capacity: bytes.count)
        try append(to: &decoded)
        return try decoded.withBytes { bytes throws(JSONError) in try string(bytes) }
    }

    /// Appends the decoded string's bytes; whether they are UTF-8 is not looked at.
    ///
    /// - Throws: `invalidEscape`.
    package func append(to output: inout ByteWriter) throws(JSONError) {
        var position = 0
        while let backslash = bytes.firstIndex(of: Ascii.backslash, in: position..<bytes.count) {
            output.append(bytes.slice(position..<backslash))
            position = try JSONEscape.decode(bytes, at: backslash, into: &output, offset: offset)
        }
        output.append(bytes.slice(position..<bytes.count))
    }

    private func string(_ utf8: UnsafeRawBufferPointer) throws(JSONError) -> String {
        guard let text = String(validating: utf8.bindMemory(to: UInt8.self), as: UTF8.self) else {
            throw JSONError(.invalidUTF8, at: offset)
        }
        return text
    }
}

/// The escapes of RFC 8259 §7.
enum JSONEscape {
    /// Decodes the escape that begins at `start` and answers where the text goes on.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, at start: Int, into output: inout ByteWriter, offset: Int
    ) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw JSONError(.invalidEscape, at: offset + start) }
        let letter = bytes[start + 1]
        if letter == UInt8(ascii: "u") {
            guard let first = unit(bytes, at: start) else { throw JSONError(.invalidEscape, at: offset + start) }
            return appendScalar(bytes, start, first, &output)
        }
        guard let byte = short(letter) else { throw JSONError(.invalidEscape, at: offset + start) }
        output.append(byte: byte)
        return start + 2
    }

    /// How many bytes the escape at `start` has, nil when it is none.
    static func length(_ bytes: UnsafeRawBufferPointer, at start: Int, end: Int) -> Int? {
        guard start + 1 < end else { return nil }
        if bytes[start + 1] != UInt8(ascii: "u") { return short(bytes[start + 1]) == nil ? nil : 2 }
        return start + 6 <= end && unit(bytes, at: start) != nil ? 6 : nil
    }

    private static func short(_ letter: UInt8) -> UInt8? {
        switch letter {
        case Ascii.quote, Ascii.backslash, Ascii.slash: letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The UTF-16 unit of `\uXXXX` at `start`.
    private static func unit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt16? {
        guard start + 6 <= bytes.count, bytes[start] == Ascii.backslash, bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt16 = 0
        for index in start + 2..<start + 6 {
            guard let digit = Hex.value(of: bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private static func appendScalar(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ first: UInt16, _ output: inout ByteWriter
    ) -> Int {
        var next = start + 6
        var scalar = Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}"
        if (0xD800..<0xDC00).contains(first), let second = unit(bytes, at: next), (0xDC00..<0xE000).contains(second) {
            let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
            scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
            next += 6
        }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte: byte) }
        return next
    }
}

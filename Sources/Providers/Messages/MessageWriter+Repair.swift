import Wire

/// Some servers cut their tokens in the middle of a character. Clients do not read an event that is no UTF-8.
extension MessageWriter {
    /// Calls `body` with the text, in which replacement characters stand for what is no UTF-8.
    func repaired(_ bytes: UnsafeRawBufferPointer, _ body: (JSONString) -> Void) {
        var text = String(decoding: bytes, as: UTF8.self)
        text.withUTF8 { body(JSONString(UnsafeRawBufferPointer($0), hasEscapes: true)) }
    }
}

extension JSONString {
    /// Appends the string as it is escaped, in which replacement characters stand for halves of surrogate pairs: some clients refuse
    /// them, and providers the conversation that they come back in.
    func appendWithoutHalves(to output: inout ByteWriter) {
        var copied = 0, position = 0
        while let escape = bytes.firstIndex(of: UInt8(ascii: "\\"), in: position..<bytes.count) {
            position = min(escape + 2, bytes.count)
            guard let first = surrogate(at: escape) else { continue }
            if first < 0xDC00, let second = surrogate(at: escape + 6), second >= 0xDC00 {
                position = escape + 12
                continue
            }
            output.append(bytes.slice(copied..<escape))
            output.append("\u{FFFD}")
            position = escape + 6
            copied = position
        }
        output.append(bytes.slice(copied..<bytes.count))
    }

    /// The half of a pair whose escape stands at `start`.
    private func surrogate(at start: Int) -> UInt16? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for index in start + 2..<start + 6 {
            guard let digit = Hex.value(of: bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return (0xD800..<0xE000).contains(unit) ? unit : nil
    }
}

extension UnsafeRawBufferPointer {
    /// HOT: asked of every piece of an answer.
    var isUTF8: Bool {
        isASCII || (try? UTF8Span(validating: bindMemory(to: UInt8.self).span)) != nil
    }
}

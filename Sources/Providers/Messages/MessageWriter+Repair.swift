import Wire

/// Some servers cut their tokens in the middle of a character. Clients do not read an event that is no UTF-8.
extension MessageWriter {
    /// Calls `body` with the text, in which replacement characters stand for what is no UTF-8.
    func repaired(_ bytes: UnsafeRawBufferPointer, _ body: (JSONString) -> Void) {
        var text = String(decoding: bytes, as: UTF8.self)
        text.withUTF8 { body(JSONString(UnsafeRawBufferPointer($0), hasEscapes: true)) }
    }
}

extension UnsafeRawBufferPointer {
    /// HOT: asked of every piece of an answer.
    var isUTF8: Bool {
        isASCII || (try? UTF8Span(validating: bindMemory(to: UInt8.self).span)) != nil
    }
}

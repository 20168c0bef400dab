import Wire

/// Reads a provider's stream and tells a `MessageWriter` what is in it. Pure: bytes in, calls out; the bytes may be cut anywhere.
package protocol AnswerReader: AnyObject {
    /// The next bytes of the answer's body.
    func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter)

    /// The body is over. What did not end by itself ends here: rightly, or as a failure.
    func end(_ message: MessageWriter)
}

extension SSEParser {
    /// Given at the end of a stream whose last event may lack the blank line behind it (T-34). What was cut is no JSON then.
    static var lastLineEnds: UnsafeRawBufferPointer { ("\n\n" as StaticString).bytes }
}

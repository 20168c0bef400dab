import Wire

/// Reads a provider's stream and tells a `MessageWriter` what is in it. Pure: bytes in, calls out; the bytes may be cut anywhere.
package protocol AnswerReader: AnyObject {
    /// The next bytes of the answer's body.
    func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter)

    /// The body is over. What did not end by itself ends here: rightly, or as a failure.
    func end(_ message: MessageWriter)
}

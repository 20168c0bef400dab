import Wire

/// What stands between a provider's answer and the client where the two do not speak the same: bytes of the one in, bytes of the
/// Messages API out, with what they say of usage. Loop-confined.
package protocol AnswerTransform: AnyObject {
    /// Something can be told to the client: until then the answer may still become an error with a status of its own.
    var hasBegun: Bool { get }
    /// Something of an answer has come from the provider; that the client was told that we are here is none.
    var isAnswered: Bool { get }
    /// The answer is whole, or it failed.
    var hasEnded: Bool { get }
    var failure: UpstreamFailure? { get }
    var facts: MessageFacts { get }
    /// Output tokens that what was seen must have had at the least.
    var estimatedOutput: Int64 { get }

    func consume(_ bytes: UnsafeRawBufferPointer)
    /// The provider's answer is over.
    func end()
    /// Begins the answer though nothing has come yet, so that a waiting client can be told that we are here.
    func begin()
    /// Ends the answer by an error, if it has not ended.
    func fail(_ failure: UpstreamFailure)
    /// Bytes that are ready for the client.
    var readyBytes: Int { get }
    /// Gives away what is ready for the client: whole events.
    func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void)
}

/// Another dialect's stream, read and written anew.
package final class TranslatedAnswer: AnswerTransform {
    private let reader: any AnswerReader
    private let message: MessageWriter
    private var beganForClient = false

    package init(_ reader: any AnswerReader, _ message: MessageWriter) {
        self.reader = reader
        self.message = message
    }

    package var hasBegun: Bool { message.hasBegun }
    package var isAnswered: Bool { message.hasBegun && !beganForClient || message.contentBytes > 0 }
    package var hasEnded: Bool { message.hasEnded }
    package var failure: UpstreamFailure? { message.failure }
    package var facts: MessageFacts { message.facts }
    package var estimatedOutput: Int64 {
        message.contentBytes == 0 ? 0 : max(1, message.contentBytes / TokenEstimate.bytesPerToken)
    }

    package func consume(_ bytes: UnsafeRawBufferPointer) {
        guard !message.hasEnded else { return }
        reader.read(bytes, message)
        // A stop sequence was written: the rest is not wanted, and its usage will never be known.
        if message.isStopped { message.finish(.stopSequence) }
    }

    package var readyBytes: Int { message.readyBytes }
    package func end() { if !message.hasEnded { reader.end(message) } }
    package func begin() {
        if !message.hasBegun { beganForClient = true }
        message.begin()
    }

    package func fail(_ failure: UpstreamFailure) { message.fail(failure) }
    package func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) { message.takeOutput(body) }
}

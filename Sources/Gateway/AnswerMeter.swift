import Providers
import Transport
import Wire

/// Looks at an answer on its way, whichever form it has; a compressed one by way of a decompressed copy.
final class AnswerMeter {
    enum Form {
        /// Server-sent events.
        case stream
        /// One JSON object.
        case whole
    }
    let form: Form
    private var stream = MessageStreamMeter()
    private var whole = MessageBodyMeter()
    private let inflater: Inflater?
    private(set) var bytes = 0

    init(_ form: Form, isCompressed: Bool) {
        self.form = form
        inflater = isCompressed ? Inflater() : nil
    }

    func consume(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        self.bytes += bytes.count
        guard let inflater else { return look(bytes, isLast: isLast) }
        inflater.consume(bytes) { look($0, isLast: false) }
        if isLast { look(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
    }

    private func look(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        switch form {
        case .stream: stream.consume(bytes)
        case .whole: whole.consume(bytes, isLast: isLast)
        }
    }

    var facts: MessageFacts { form == .stream ? stream.facts : whole.facts }

    /// The answer says itself that it is whole: `message_stop` or an `error` event has come, or the JSON ended.
    var isWhole: Bool { form == .stream ? stream.hasEnded : whole.isRead }

    /// The stream ended by an `error` event.
    var hasErrorEvent: Bool { form == .stream && !stream.facts.errorType.isEmpty }

    /// Output tokens that what was seen must have had at the least.
    var estimatedOutput: Int64 { form == .stream ? stream.estimatedOutput : Int64(bytes) / TokenEstimate.bytesPerToken }
}

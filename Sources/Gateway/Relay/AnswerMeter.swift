import Providers
import Transport
import Wire

/// Looks at an answer on its way, whichever form it has; a compressed one by way of a decompressed copy.
final class AnswerMeter {
    enum Form {
        /// Server-sent events.
        case stream
        /// Events in AWS's frames, which go on as they are.
        case framed
        /// One JSON object.
        case whole
        /// Another dialect, metered where it is translated.
        case transformed(any AnswerTransform)
    }
    let form: Form
    private var stream = MessageStreamMeter()
    private var whole = MessageBodyMeter()
    private var frames = InvokeStream()
    private var events = ByteWriter()
    private let inflater: Inflater?
    var bytes = 0
    /// When the tools that the answer calls for could run, monotonic nanoseconds; of the others it is not known.
    private(set) var toolTimes: [Int64] = []

    init(_ form: Form, isCompressed: Bool) {
        self.form = form
        inflater = isCompressed ? Inflater() : nil
    }

    init(_ transform: any AnswerTransform) {
        form = .transformed(transform)
        inflater = nil
    }

    func consume(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        self.bytes += bytes.count
        guard let inflater else { return look(bytes, isLast: isLast) }
        inflater.consume(bytes) { look($0, isLast: false) }
        if isLast { look(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
    }

    private func look(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        switch form {
        case .stream:
            stream.consume(bytes)
            noteTools()
        case .framed:
            // What cannot be read is the client's to find out: it gets the same bytes.
            try? frames.consume(bytes, into: &events)
            stream.consume(events.bytes)
            noteTools()
            events.reset(keepingAtMost: 64 * 1024)
        case .whole: whole.consume(bytes, isLast: isLast)
        case .transformed: preconditionFailure("a transform is told by its relay")
        }
    }

    private func noteTools() {
        guard stream.wholeTools > toolTimes.count else { return }
        let now = monotonicNanoseconds()
        while toolTimes.count < stream.wholeTools { toolTimes.append(now) }
    }

    var facts: MessageFacts {
        switch form {
        case .stream, .framed: stream.facts
        case .whole: whole.facts
        case .transformed(let transform): transform.facts
        }
    }

    /// Events of a stream; `nil` where nobody counts them.
    var eventCount: Int? {
        switch form {
        case .stream, .framed: stream.eventCount
        case .whole, .transformed: nil
        }
    }

    /// Events of a stream that say what was used, and could not be read.
    var malformedEvents: Int {
        switch form {
        case .stream, .framed: stream.malformedEvents
        case .whole, .transformed: 0
        }
    }

    /// Something has come that is more than a ping or an error.
    var hasStarted: Bool {
        switch form {
        case .stream, .framed: stream.hasStarted
        case .whole: bytes > 0
        case .transformed(let transform): transform.hasBegun
        }
    }

    /// The answer says itself that it is whole: `message_stop` or an `error` event has come, or the JSON ended.
    var isWhole: Bool {
        switch form {
        case .stream, .framed: stream.hasEnded
        case .whole: whole.isRead
        case .transformed(let transform): transform.hasEnded
        }
    }

    /// An answer of the Messages API ended without its count: what the beginning of a stream says of that is none.
    var lacksAnswerCount: Bool {
        switch form {
        case .stream, .framed: stream.hasStarted && !stream.facts.reducer.hasStreamCount
        case .whole: whole.facts.reducer.lacksOutput
        case .transformed: false
        }
    }

    /// The stream ended by an `error` event, or the answer is an error whatever its status says.
    var hasErrorEvent: Bool { !facts.errorType.isEmpty }

    /// All that has come is an error that the upstream tells.
    var isRefused: Bool {
        switch form {
        case .stream, .framed: hasErrorEvent && !stream.hasStarted
        case .whole: hasErrorEvent
        case .transformed(let transform):
            hasErrorEvent && transform.failure?.isTold != false && !transform.isAnswered
        }
    }

    /// A body that should be one JSON object does not begin as a message does, whatever its status says: by its first bytes.
    func isError(_ first: UnsafeRawBufferPointer) -> Bool {
        guard case .whole = form, inflater == nil, let begin = first.first else { return false }
        return begin != UInt8(ascii: "{") || first.slice(0..<min(first.count, 256)).firstIndex(of: "\"error\"") != nil
    }

    /// Output tokens that what was seen must have had at the least.
    var estimatedOutput: Int64 {
        switch form {
        case .stream, .framed: stream.estimatedOutput
        case .whole: Int64(bytes) / TokenEstimate.bytesPerToken
        case .transformed(let transform): transform.estimatedOutput
        }
    }
}

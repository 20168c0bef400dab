import Wire

/// Looks at an event stream on its way to the client and keeps what concerns usage. Content passes it unread and uncopied.
package struct MessageStreamMeter: ~Copyable, Sendable {
    package private(set) var facts = MessageFacts()
    package private(set) var hasStarted = false
    /// `message_stop` or `error` has come: the stream is whole.
    package private(set) var hasEnded = false
    /// Events whose data is not what it should be; the stream goes on.
    package private(set) var malformedEvents = 0
    private var parser = SSEParser()

    package init() {}

    package var eventCount: Int { parser.eventCount }

    package mutating func consume(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while true {
            switch parser.next(bytes, &position, interest: .usage) {
            case .needMore: return
            case .skipped(let name):
                // Of interest, and skipped for its size.
                if SSEInterest.usage.contains(name) { malformedEvents += 1 }
                note(name)
            case .event(name: let name, data: let data): read(name, data)
            }
        }
    }

    private mutating func note(_ name: SSEName) {
        switch name {
        case .messageStart: hasStarted = true
        case .messageStop: hasEnded = true
        case .error: hasEnded = true
        default: break
        }
    }

    private mutating func read(_ name: SSEName, _ data: UnsafeRawBufferPointer) {
        note(name)
        guard name != .messageStop else { return }
        do throws(JSONError) {
            try facts.read(event: data)
        } catch {
            malformedEvents += 1
        }
    }

    /// Bytes of an event of one token that are not its text, about.
    private static let eventOverhead: Int64 = 90

    /// Output tokens that the content which passed must have had at the least: for streams that end before they say.
    package var estimatedOutput: Int64 {
        guard hasStarted else { return 0 }
        let text = Int64(parser.skippedDataBytes) - Self.eventOverhead * Int64(parser.eventCount)
        return max(1, text / TokenEstimate.bytesPerToken)
    }
}

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
    private var deltas: Int64 = 0
    private var deltaBytes: Int64 = 0
    private var skippedBefore = 0
    /// Of the tools that the answer calls for, those whose blocks have ended: they can run.
    package private(set) var wholeTools = 0
    private var toolIsOpen = false

    package init() {}

    package var eventCount: Int { parser.eventCount }

    package mutating func consume(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while true {
            switch parser.next(bytes, &position, interest: .metering) {
            case .needMore: return
            case .skipped(let name, let count): passed(name, count)
            case .event(name: let name, data: let data): read(name, data)
            }
        }
    }

    private mutating func passed(_ name: SSEName, _ count: Int) {
        if name == .contentBlockDelta {
            deltas += Int64(count)
            deltaBytes += Int64(parser.skippedDataBytes - skippedBefore)
        }
        skippedBefore = parser.skippedDataBytes
        if name == .contentBlockStop, toolIsOpen {
            toolIsOpen = false
            wholeTools = facts.tools.count
        }
        guard SSEInterest.usage.contains(name) else { return }
        // Of interest, and skipped for its size.
        malformedEvents += 1
        note(name)
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
        if name == .contentBlockStart {
            // What cannot be read is no call that anybody could answer.
            toolIsOpen = (try? facts.read(blockStart: data)) ?? false
            skippedBefore = parser.skippedDataBytes
            return
        }
        note(name)
        guard name != .messageStop else { return }
        do throws(JSONError) {
            try facts.read(event: data)
        } catch {
            malformedEvents += 1
        }
    }

    /// Bytes of a text delta's data that are not its text.
    private static let deltaOverhead: Int64 = 80

    /// Output tokens that the content which passed must have had at the least: for streams that end before they say.
    package var estimatedOutput: Int64 {
        guard hasStarted else { return 0 }
        // A delta has at least one token.
        return max(1, deltas, (deltaBytes - Self.deltaOverhead * deltas) / TokenEstimate.bytesPerToken)
    }
}

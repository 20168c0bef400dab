import Wire

/// The events of a provider's stream, one after another for as long as the answer goes on. HOT: one call for each event.
struct AnswerEvents: ~Copyable {
    private var parser: SSEParser
    private var isOver = false

    /// - Parameter maximumEventBytes: most bytes of data of one event; a larger one fails the answer.
    init(maximumEventBytes: Int) { parser = SSEParser(maximumEventBytes: maximumEventBytes) }

    /// The data of the next event, from `position` on; `nil`: the bytes are used up, or nothing more is wanted. Valid until the
    /// next call, and only as long as the bytes are.
    @inline(__always)
    mutating func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ message: MessageWriter
    ) -> UnsafeRawBufferPointer? {
        while !message.hasEnded, !message.isStopped {
            switch parser.next(bytes, &position, interest: .all) {
            case .needMore: return nil
            case .skipped: message.fail(.unreadable("an event that is too large"))
            case .event(name: _, let data): return data
            }
        }
        return nil
    }

    /// The body is over. Gives what is read as its last bytes: the last event may lack the blank line behind it (T-34).
    mutating func end() -> UnsafeRawBufferPointer {
        isOver = true
        return ("\n\n" as StaticString).bytes
    }

    /// Why an event could not be read; at the end of the body it was cut.
    func unreadable(_ what: StaticString) -> UpstreamFailure { isOver ? .cut : .unreadable(what) }
}

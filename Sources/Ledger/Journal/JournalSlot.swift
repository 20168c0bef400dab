/// The open row of one request in flight: whoever holds it must close it, once; the compiler sees to it.
///
/// Used on the thread of its journal's loop only. Dropped unclosed (a bug, or a task that was destroyed), the row is
/// closed as `interrupted` with its estimate, so that it is never lost.
package struct JournalSlot: ~Copyable {
    // Unmanaged because a type that discards itself must be made of trivial parts. Retained by `init`, released by
    // `close` and `deinit`, one of which runs.
    private let journal: Unmanaged<Journal>
    private let slot: SlotMemory
    private let index: UInt32

    init(journal: Journal, slot: SlotMemory, index: UInt32) {
        self.journal = .passRetained(journal)
        self.slot = slot
        self.index = index
    }

    deinit {
        slot.interrupt()
        journal.takeRetainedValue().close(index, slot)
    }

    /// The request's id.
    package var id: RequestID { RequestID(rawValue: slot.numbers.pointee.id) }

    /// Replaces what the request is charged with if Tollgate dies: when the first usage figures have come in, for
    /// example, or when a dearer target is tried. Always one of the two values is found after a death. HOT.
    package func revise(_ estimate: UsageEstimate) {
        slot.revise(estimate)
    }

    /// Begins an attempt, before its first byte is sent. HOT.
    ///
    /// - Returns: `false` if the request has had all the attempts that fit (`JournalLimits.attempts`): it must not
    ///   be tried again.
    package func beginAttempt(_ facts: borrowing AttemptFacts) -> Bool {
        slot.beginAttempt(facts)
    }

    /// Ends the attempt begun last. HOT.
    package func closeAttempt(_ outcome: borrowing AttemptOutcome) {
        slot.closeAttempt(outcome)
    }

    /// A text of the answer that can be noted before the end, while the buffer that holds it is at hand.
    package enum Detail: Sendable {
        case modelServed, stopReason, errorType, upstreamRequestID, rawUsage
    }

    /// Notes a text of the answer; `close` keeps it unless its outcome brings another. HOT.
    package func note(_ detail: Detail, _ value: borrowing FactText) {
        switch detail {
        case .modelServed: slot.replace(.modelServed, value)
        case .stopReason: slot.replace(.stopReason, value)
        case .errorType: slot.replace(.errorType, value)
        case .upstreamRequestID: slot.replace(.upstreamRequestID, value)
        case .rawUsage: slot.replace(.rawUsage, value)
        }
    }

    /// Closes the row and hands it to the writer. An attempt still running ends with the request. HOT.
    package consuming func close(_ outcome: borrowing RequestOutcome) {
        slot.close(outcome)
        journal.takeRetainedValue().close(index, slot)
        discard self
    }
}

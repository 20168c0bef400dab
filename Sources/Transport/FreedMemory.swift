import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for:
/// it takes milliseconds.
package struct FreedMemory {
    /// Of the process, nanoseconds, when it was looked at last.
    private var processorTime: Int64 = 0
    private var hasRested = false
    /// Bytes.
    private static let keptBusy = 24 << 20, keptAtRest = 8 << 20
    /// Of one core: below it nobody is there who needs what is kept.
    private static let restingShare = 0.01

    package init() {}

    /// To be called now and then, `nanoseconds` apart.
    package mutating func trim(after nanoseconds: Int64) {
        let now = tg_processor_nanoseconds()
        let rests = Double(now - processorTime) < Double(nanoseconds) * Self.restingShare
        processorTime = now
        // At rest once is enough.
        if !(rests && hasRested) { _ = tg_trim_freed_memory(rests ? Self.keptAtRest : Self.keptBusy) }
        hasRested = rests
    }
}

import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for:
/// it takes milliseconds.
package struct FreedMemory {
    /// Of the process, nanoseconds, when it was looked at last.
    private var processorTime: Int64 = 0
    /// How many looks in a row found next to no work.
    private var looksAtRest = 0
    /// Bytes.
    private static let keptBusy = 24 << 20, keptAtRest = 8 << 20
    /// Of one core: below it nobody is there who needs what is kept.
    private static let restingShare = 0.01
    private static let restingLooks = 5

    package init() {}

    /// To be called each second or so, `nanoseconds` apart: what is kept between two looks is unbounded.
    package mutating func trim(after nanoseconds: Int64) {
        let now = tg_processor_nanoseconds()
        let rests = Double(now - processorTime) < Double(nanoseconds) * Self.restingShare
        processorTime = now
        looksAtRest = rests ? min(looksAtRest + 1, Self.restingLooks + 1) : 0
        // At rest once is enough.
        if looksAtRest <= Self.restingLooks {
            _ = tg_trim_freed_memory(looksAtRest == Self.restingLooks ? Self.keptAtRest : Self.keptBusy)
        }
    }
}

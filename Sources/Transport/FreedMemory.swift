import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for: it
/// takes milliseconds, and who allocates meanwhile may have to wait for the heap's lock.
package struct FreedMemory {
    /// Bytes that the last trim could not give back.
    private var stuck = 0
    /// Bytes at the last look, and how many looks in a row found next to the same.
    private var seen = 0, looksAtRest = 0
    /// Bytes. What is kept is what a process grows by, from one burst to the next: less is flatter. More would spare next to nothing, as
    /// what went back a second ago comes again for a page fault.
    private static let kept = 8 << 20
    private static let slight = 1 << 20, restingLooks = 5
    /// When to look again, on the monotonic clock; nanoseconds.
    private var next: Int64 = 0
    /// Both looks and trims go through every freed piece of the heap. However many these are, they take a five hundredth of the time.
    private static let share: Int64 = 500, longestPause: Int64 = 300_000_000_000

    package init() {}

    /// To be called each second or so; what is freed between two calls is unbounded.
    package mutating func trim() {
        let began = monotonicNanoseconds()
        guard began >= next else { return }
        look()
        let end = monotonicNanoseconds()
        next = end + min(end - began, Self.longestPause / Self.share) * Self.share
    }

    private mutating func look() {
        let freed = tg_freed_memory()
        stuck = min(stuck, freed)
        looksAtRest = abs(freed - seen) < Self.slight ? min(looksAtRest, Self.restingLooks) + 1 : 0
        seen = freed
        // What was stuck while requests ran may not be any more.
        if freed - stuck >= Self.kept || looksAtRest == Self.restingLooks { giveBack() }
    }

    /// All of it, behind work that is not a request's and took much.
    package mutating func giveBack() {
        tg_trim_freed_memory()
        stuck = tg_freed_memory()
    }
}

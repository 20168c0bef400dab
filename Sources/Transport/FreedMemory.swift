import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for: it
/// takes milliseconds.
package struct FreedMemory {
    /// Bytes that the last trim could not give back.
    private var stuck = 0
    /// Bytes at the last look, and how many looks in a row found next to the same.
    private var seen = 0, looksAtRest = 0
    /// How many looks in a row found more than what is kept.
    private var looksAbove = 0
    /// Bytes. What is kept is what a process grows by, from one burst to the next: less is flatter.
    private static let kept = 8 << 20
    /// What requests free and take again many times a second comes back for a page fault each 4 KiB, which cost more than 1 us of a
    /// request of 100 KB when it went back each second. So much does not wait.
    private static let plenty = 32 << 20
    private static let slight = 1 << 20, looks = 5

    package init() {}

    /// To be called each second or so; what is freed between two calls is unbounded.
    package mutating func trim() {
        let freed = tg_freed_memory()
        stuck = min(stuck, freed)
        looksAtRest = abs(freed - seen) < Self.slight ? min(looksAtRest, Self.looks) + 1 : 0
        seen = freed
        let isMore = freed - stuck >= Self.kept
        looksAbove = isMore ? looksAbove + 1 : 0
        // What was stuck while requests ran may not be any more.
        if isMore && freed >= Self.plenty || looksAbove == Self.looks || looksAtRest == Self.looks { giveBack() }
    }

    /// All of it, behind work that is not a request's and took much.
    package mutating func giveBack() {
        tg_trim_freed_memory()
        stuck = tg_freed_memory()
        looksAbove = 0
    }
}

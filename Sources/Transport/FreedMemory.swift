import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for: it
/// takes milliseconds.
package struct FreedMemory {
    /// Bytes that the last trim could not give back.
    private var stuck = 0
    /// Bytes at the last look, and how many looks in a row found next to the same.
    private var seen = 0, looksAtRest = 0
    /// Bytes. What is kept is what a process grows by, from one burst to the next: less is flatter. More would spare next to nothing, as
    /// what went back a second ago comes again for a page fault.
    private static let kept = 8 << 20
    private static let slight = 1 << 20, restingLooks = 5

    package init() {}

    /// To be called each second or so; what is freed between two calls is unbounded.
    package mutating func trim() {
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

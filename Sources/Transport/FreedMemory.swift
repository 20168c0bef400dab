import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need. From a thread that nobody waits for: it
/// takes milliseconds.
package struct FreedMemory {
    /// Bytes that no trim can give back.
    private var stuck = 0
    /// Bytes. What is kept is what a process grows by, from one burst to the next: less is flatter. More would spare next to nothing, as
    /// what went back a second ago comes again for a page fault.
    private static let kept = 8 << 20

    package init() {}

    /// To be called each second or so; what is freed between two calls is unbounded.
    package mutating func trim() {
        let freed = tg_freed_memory()
        stuck = min(stuck, freed)
        if freed - stuck >= Self.kept { giveBack() }
    }

    /// All of it, behind work that is not a request's and took much.
    package mutating func giveBack() {
        tg_trim_freed_memory()
        stuck = tg_freed_memory()
    }
}

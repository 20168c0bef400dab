import CLinux

/// Memory that was freed and is kept for the next requests; gives back what they will not need.
package enum FreedMemory {
    /// Bytes. What is kept is what a process grows by, from one burst to the next: less is flatter. More would spare next to nothing, as
    /// what went back a second ago comes again for a page fault.
    private static let kept = 8 << 20

    /// To be called each second or so; what is freed between two calls is unbounded. From a thread that nobody waits for: it takes
    /// milliseconds.
    package static func trim() { _ = tg_trim_freed_memory(kept) }

    /// All of it, behind work that is not a request's and took much.
    package static func giveBack() { _ = tg_trim_freed_memory(0) }
}

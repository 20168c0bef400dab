import CSQLite
import Glibc
import Synchronization

/// The processor is offered to others between the small pieces of the ledger's work: a loop that has to share it waits for a row or a page
/// then, 10 µs, and not for a transaction. Left to itself Linux asks whose turn it is when a thread wakes up, gives it to the ledger's,
/// which has had less, and asks again at the next tick, up to 4 ms later.
enum SharedTurns {
    private static let areOffered = Atomic(true)

    /// Whoever is behind must not give turns away.
    static func offer(_ areOffered: Bool) { Self.areOffered.store(areOffered, ordering: .relaxed) }

    static func offer() {
        if areOffered.load(ordering: .relaxed) { sched_yield() }
    }

    /// From the first call on SQLite offers too, before each piece that it writes to a file (`xSetSystemCall`,
    /// https://sqlite.org/c3ref/vfs.html); a build that cannot do it goes on as it is.
    static func shareWrites() { _ = sharedWrites }

    private static let sharedWrites: Void = {
        Database.prepareLibrary()
        guard let system = sqlite3_vfs_find(nil), let replace = system.pointee.xSetSystemCall else { return }
        let write: @convention(c) (CInt, UnsafeRawPointer?, Int, Int) -> Int = { file, bytes, count, offset in
            SharedTurns.offer()
            return pwrite(file, bytes, count, offset)
        }
        // By the one or the other name, as the library was built; both are of 64 bits.
        for name in ["pwrite", "pwrite64"] {
            _ = replace(system, name, unsafeBitCast(write, to: sqlite3_syscall_ptr.self))
        }
    }()
}

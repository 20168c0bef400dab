import Glibc

/// Gives the memory that many resting connections no longer need back to the system.
///
/// What they free lies in pieces between what stays, and the C library keeps such pieces until it is told.
struct IdleMemory {
    private var rested = 0
    private var waits = 0

    mutating func connectionRested() { rested += 1 }

    /// Called in each period of the loop's lag timer. Takes a few milliseconds where there is much to give back: rarely, and only then.
    mutating func period() {
        waits = max(0, waits - 1)
        guard rested >= Self.many, waits == 0 else { return }
        rested = 0
        waits = Self.pause
        malloc_trim(0)
    }

    /// Connections whose memory is worth the time: some 5 MiB.
    private static let many = 256
    /// Periods between two times.
    private static let pause = 6
}

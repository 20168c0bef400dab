import Ledger
import Transport

/// Asks the ledger for new keys when a request comes with one that is not known: a key works from the moment it was issued.
/// Loop-confined, one per loop; it asks at most a hundred times a second, so that guessing keys costs the ledger little.
final class KeyLookout {
    private let writer: LedgerWriter
    private var allowance = KeyLookout.burst
    private var refilledAt: Int64 = 0
    private static let burst: Int64 = 500
    private static let refillInterval: Int64 = 10_000_000

    init(_ writer: LedgerWriter) { self.writer = writer }

    /// True if the ledger was asked; changed keys are in force then.
    func look(_ loop: EventLoop) async -> Bool {
        let refill = (loop.now - refilledAt) / Self.refillInterval
        if refill > 0 {
            allowance = min(Self.burst, allowance + refill)
            refilledAt = loop.now
        }
        guard allowance > 0 else { return false }
        allowance -= 1
        await writer.lookForKeys()
        return true
    }
}

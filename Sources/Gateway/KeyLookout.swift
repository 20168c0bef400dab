import Ledger
import Transport

/// Asks the ledger for new keys when a request comes with one that is not known: a key works from the moment it was issued.
/// Loop-confined, one per loop; it asks at most every 50 ms, so that guessing keys costs the ledger nothing.
final class KeyLookout {
    private let writer: LedgerWriter
    private var nextLook: Int64 = 0
    private static let interval: Int64 = 50_000_000

    init(_ writer: LedgerWriter) { self.writer = writer }

    /// True if the ledger was asked; changed keys are in force then.
    func look(_ loop: EventLoop) async -> Bool {
        guard loop.now >= nextLook else { return false }
        nextLook = loop.now + Self.interval
        await writer.lookForKeys()
        return true
    }
}

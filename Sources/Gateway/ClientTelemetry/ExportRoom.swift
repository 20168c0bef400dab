import Synchronization

/// Room for exports on their way to the background loop: so many bytes altogether, and for one key at most a quarter of them, so that
/// nobody's exports leave none for the others'. From any thread, nobody waits.
final class ExportRoom: Sendable {
    private final class Share: Sendable {
        let bytes = Atomic<Int>(0)
    }

    private let bytes = Atomic<Int>(0)
    private let maximum: Int
    /// By the hash of the key: two that meet in one have that share together.
    private let shares: [Share]

    init(maximum: Int = 64 * 1024 * 1024) {
        self.maximum = maximum
        shares = (0..<1_024).map { _ in Share() }
    }

    /// Takes room; what it may have instead, if there is none.
    func take(_ size: Int, for key: String) -> ClientExportRefusal? {
        let share = share(of: key)
        guard share.bytes.add(size, ordering: .relaxed).newValue <= maximum / 4 else {
            share.bytes.subtract(size, ordering: .relaxed)
            return .keyQueueFull
        }
        guard bytes.add(size, ordering: .relaxed).newValue <= maximum else {
            give(back: size, of: key)
            return .queueFull
        }
        return nil
    }

    /// Gives room back that was taken.
    func give(back size: Int, of key: String) {
        share(of: key).bytes.subtract(size, ordering: .relaxed)
        bytes.subtract(size, ordering: .relaxed)
    }

    private func share(of key: String) -> Share {
        shares[Int(UInt(bitPattern: key.hashValue) % UInt(shares.count))]
    }
}

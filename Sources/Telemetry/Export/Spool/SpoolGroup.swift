/// The spools of one destination, which share a bound. Confined to the exporter's loop.
final class SpoolGroup {
    private let maximum: Int
    private var spools: [Unowned] = []

    private struct Unowned {
        unowned let spool: Spool
    }

    /// `maximum`: bytes of all files together.
    init(maximum: Int) { self.maximum = maximum }

    func add(_ spool: Spool) { spools.append(Unowned(spool: spool)) }

    /// So large that several fit, so small that giving one up is no great loss.
    var segmentSize: Int { min(8 * 1024 * 1024, max(4 * 1024, maximum / 16)) }

    /// Bytes of one record beyond which it is cut, if it can be.
    var maximumRecord: Int { maximum / 8 }

    /// Gives up the oldest segments, whosever they are, until so many bytes fit. False when they never can.
    func makeRoom(for bytes: Int) -> Bool {
        guard bytes <= maximum else { return false }
        while spools.reduce(0, { $0 + $1.spool.size }) + bytes > maximum {
            let oldest = spools.filter { !$0.spool.isEmpty }.min { $0.spool.oldest ?? 0 < $1.spool.oldest ?? 0 }
            guard let oldest else { return false }
            oldest.spool.dropFirstSegment("spool_full")
        }
        return true
    }
}

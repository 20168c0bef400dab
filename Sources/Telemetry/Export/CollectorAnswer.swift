import COTLP

/// What a collector says to an export that it took.
struct CollectorAnswer: Equatable {
    /// Items that it refused; they must not be sent again. -1 when the answer is no OTLP.
    let rejected: Int64
    /// Its words, perhaps a warning although nothing was refused.
    let message: String

    /// Reads an `Export…ServiceResponse`; an empty one means that everything was taken.
    init(_ answer: [UInt8]) {
        (rejected, message) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
            guard let base = room.baseAddress else { return (0, "") }
            let count = tg_otlp_rejected(answer, answer.count, base, room.count)
            return (count, String(cString: base))
        }
    }
}

/// Makes the ids of one loop: unique within the ledger, rising, close to the clock.
///
/// A clock that steps back, or a restart under one, must not bring back an id that a row already has (the row would
/// be taken for a replay and dropped), so time in ids never goes back: not below the last id made, and not below the
/// newest one in the ledger at the start.
package struct RequestIDSource: Sendable {
    private let loop: Int
    private var milliseconds: Int64
    private var sequence = -1

    /// - Parameters:
    ///   - loop: 0...63, unlike that of any other source.
    ///   - floor: every id made is in a later millisecond than this one.
    init(loop: Int, after floor: RequestID) {
        precondition((0..<64).contains(loop), "ids have room for 64 loops")
        self.loop = loop
        milliseconds = (floor.rawValue >> 22) + 1
    }

    /// The next id. HOT.
    ///
    /// - Parameter now: Unix nanoseconds.
    package mutating func next(now: Int64) -> RequestID {
        let clock = now / 1_000_000 - RequestID.epochMilliseconds
        if clock > milliseconds {
            milliseconds = clock
            sequence = 0
        } else if sequence < 0xFFFF {
            sequence += 1
        } else {
            milliseconds += 1
            sequence = 0
        }
        return RequestID(milliseconds: milliseconds, loop: loop, sequence: sequence)
    }
}

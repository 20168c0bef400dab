/// Makes request ids on one loop: positive 63-bit numbers that grow with time and differ between loops and restarts.
///
/// From the top: microseconds since the Unix epoch (52 bits, enough until the year 2112), loop (6 bits), sequence within the
/// microsecond (5 bits). Time never goes back in one process, and a clock set back before a restart would have to hit the
/// same microsecond, loop and sequence to repeat an id.
struct RequestIDSource {
    private let loop: Int64
    private var microsecond: Int64 = 0
    private var sequence: Int64 = 0

    /// `loop`: 0...63.
    init(loop: Int) { self.loop = Int64(loop & 63) }

    /// `now`: Unix nanoseconds.
    mutating func next(now: Int64) -> Int64 {
        let present = now / 1_000
        if present > microsecond {
            microsecond = present
            sequence = 0
        } else if sequence == 31 {
            microsecond += 1
            sequence = 0
        } else {
            sequence += 1
        }
        return (microsecond << 11 | loop << 5 | sequence) & Int64.max
    }
}

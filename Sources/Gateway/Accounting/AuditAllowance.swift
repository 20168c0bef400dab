/// How many refusals of nobody in particular get a line of the audit: anybody who reaches the port can cause them, and the audit is
/// kept for ever. The others are counted, and the next line says how many there were. Pure.
struct AuditAllowance {
    private var second = Int64.min
    private var written = 0
    private var passedOver = 0
    /// Lines a second and loop.
    static let most = 10

    init() {}

    /// How many were passed over before this one; `nil`: this one is.
    ///
    /// - Parameter now: nanoseconds of any clock.
    mutating func take(at now: Int64) -> Int? {
        let present = now / 1_000_000_000
        if present != second { (second, written) = (present, 0) }
        guard written < Self.most else {
            passedOver += 1
            return nil
        }
        written += 1
        defer { passedOver = 0 }
        return passedOver
    }
}

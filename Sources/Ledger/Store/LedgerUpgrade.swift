/// A step of bringing an older ledger up to date.
package enum LedgerUpgrade: Sendable, Equatable, CustomStringConvertible {
    /// The database's form.
    case schema(from: Int, to: Int)
    /// Sums by day and month are made anew; told at the begin, and for each month of days.
    case sums(day: Int, of: Int)

    package var description: String {
        switch self {
        case .schema(let from, let to): "schema \(from) to \(to)"
        case .sums(let day, let count): "sums by day and month: \(day) of \(count) days"
        }
    }
}

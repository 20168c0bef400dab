/// A day of the proleptic Gregorian calendar in UTC, counted from 1970-01-01.
struct CivilDay: Hashable, Comparable, Sendable {
    static let milliseconds: Int64 = 86_400_000

    var number: Int64

    init(number: Int64) { self.number = number }

    /// The day of a moment.
    init(unixMilliseconds: Int64) {
        number = (unixMilliseconds - (unixMilliseconds % Self.milliseconds + Self.milliseconds) % Self.milliseconds)
            / Self.milliseconds
    }

    static func < (left: CivilDay, right: CivilDay) -> Bool { left.number < right.number }
}

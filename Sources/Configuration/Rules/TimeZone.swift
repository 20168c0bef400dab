/// The offsets of a place's clocks: transitions of the IANA time zone database, and the rule for the time after the last of them.
package struct TimeZone: Sendable, Equatable {
    /// `Europe/Berlin`.
    package let name: String
    /// From which moment on (Unix seconds, ascending) clocks are ahead of UTC by so many seconds.
    let transitions: [(from: Int64, offset: Int64)]
    /// Before the first transition, seconds.
    let firstOffset: Int64

    package static let utc = TimeZone(name: "UTC", transitions: [], firstOffset: 0)

    init(name: String, transitions: [(from: Int64, offset: Int64)], firstOffset: Int64) {
        self.name = name
        self.transitions = transitions
        self.firstOffset = firstOffset
    }

    package static func == (left: TimeZone, right: TimeZone) -> Bool {
        left.name == right.name && left.firstOffset == right.firstOffset
            && left.transitions.elementsEqual(right.transitions) { $0 == $1 }
    }

    /// Seconds that clocks are ahead of UTC at a moment (Unix seconds).
    package func offset(at moment: Int64) -> Int64 {
        var low = 0, high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].from <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : transitions[low - 1].offset
    }
}

/// Places of a bounded table in the order of their last use: a list through an array, so that nothing moves and nothing is allocated
/// by use. The table keeps its entries in an array of its own, at these places. Pure.
package struct RecencyOrder: Sendable {
    private struct Links {
        var newer: Int32 = -1
        var older: Int32 = -1
    }

    private var links: [Links] = []
    private var free: [Int32] = []
    private var first: Int32 = -1
    private var last: Int32 = -1

    package init() {}

    package var count: Int { links.count - free.count }

    /// The place that was used longest ago; `nil`: there is none.
    package var oldest: Int? { last >= 0 ? Int(last) : nil }

    /// A place that is used now: one that was removed, or the next behind all.
    package mutating func add() -> Int {
        let place: Int32
        if let reused = free.popLast() {
            place = reused
        } else {
            place = Int32(links.count)
            links.append(Links())
        }
        link(place)
        return Int(place)
    }

    /// The place is used now.
    package mutating func touch(_ place: Int) {
        guard place != Int(first) else { return }
        unlink(Int32(place))
        link(Int32(place))
    }

    package mutating func remove(_ place: Int) {
        unlink(Int32(place))
        free.append(Int32(place))
    }

    package mutating func removeAll() {
        links.removeAll(keepingCapacity: true)
        free.removeAll(keepingCapacity: true)
        (first, last) = (-1, -1)
    }

    private mutating func link(_ place: Int32) {
        links[Int(place)] = Links(newer: -1, older: first)
        if first >= 0 { links[Int(first)].newer = place } else { last = place }
        first = place
    }

    private mutating func unlink(_ place: Int32) {
        let (newer, older) = (links[Int(place)].newer, links[Int(place)].older)
        if newer >= 0 { links[Int(newer)].older = older } else { first = older }
        if older >= 0 { links[Int(older)].newer = newer } else { last = newer }
    }
}

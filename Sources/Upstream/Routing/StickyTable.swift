import Wire

/// Where sessions are that are not where their plan would send them: their prompt caches live there. Bounded; the one that was
/// used longest ago gives way. Loop-confined. Pure: moments are monotonic nanoseconds, passed in.
package struct StickyTable {
    private struct Entry {
        let key: RouteKey
        /// The target's hash: its place may change with a reload.
        var target: UInt64
        var expiry: Int64
        /// Until when the other loops know it.
        var toldExpiry: Int64
    }

    private var entries: [Entry] = []
    private var places: [RouteKey: Int] = [:]
    private var order = RecencyOrder()
    private let capacity: Int

    package init(capacity: Int = 65_536) { self.capacity = capacity }

    package var count: Int { places.count }

    /// Where a session is, as a target's hash.
    package mutating func find(_ key: RouteKey, at now: Int64) -> UInt64? {
        guard let place = places[key] else { return nil }
        guard entries[place].expiry > now else {
            remove(key)
            return nil
        }
        return entries[place].target
    }

    /// A session was served somewhere. True: the other loops have to be told, because it moved, or because what they know of it
    /// ends soon.
    package mutating func served(_ key: RouteKey, at target: UInt64, for time: Int64, at now: Int64) -> Bool {
        let expiry = now + time
        guard let place = places[key] else {
            insert(Entry(key: key, target: target, expiry: expiry, toldExpiry: expiry))
            return true
        }
        let moved = entries[place].target != target
        entries[place].target = target
        entries[place].expiry = expiry
        order.touch(place)
        guard moved || expiry - entries[place].toldExpiry > time / 4 else { return false }
        entries[place].toldExpiry = expiry
        return true
    }

    /// A session is where its plan sends it. True: it was elsewhere.
    @discardableResult
    package mutating func remove(_ key: RouteKey) -> Bool {
        guard let place = places.removeValue(forKey: key) else { return false }
        order.remove(place)
        return true
    }

    private mutating func insert(_ entry: Entry) {
        if order.count >= capacity, let oldest = order.oldest { remove(entries[oldest].key) }
        let place = order.add()
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[entry.key] = place
    }
}

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
        var newer: Int
        var older: Int
    }

    private var entries: [Entry] = []
    private var places: [RouteKey: Int] = [:]
    private var free: [Int] = []
    private var newest = -1
    private var oldest = -1
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
            insert(Entry(key: key, target: target, expiry: expiry, toldExpiry: expiry, newer: -1, older: newest))
            return true
        }
        let moved = entries[place].target != target
        entries[place].target = target
        entries[place].expiry = expiry
        unlink(place)
        link(place)
        guard moved || expiry - entries[place].toldExpiry > time / 4 else { return false }
        entries[place].toldExpiry = expiry
        return true
    }

    /// A session is where its plan sends it. True: it was elsewhere.
    @discardableResult
    package mutating func remove(_ key: RouteKey) -> Bool {
        guard let place = places.removeValue(forKey: key) else { return false }
        unlink(place)
        free.append(place)
        return true
    }

    private mutating func insert(_ entry: Entry) {
        if places.count >= capacity, oldest >= 0 { remove(entries[oldest].key) }
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[entry.key] = place
        link(place)
    }

    private mutating func link(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = -1
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }
}

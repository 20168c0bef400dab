import Transport

/// Who somebody was found to be, by the SHA-256 of what was shown: what costs a verification costs it once. The least recently
/// used entry gives way to a new one. Loop-confined.
package struct IdentityCache {
    private struct Entry {
        var digest: SHA256Digest
        var principal: Principal
        var until: Int64
        /// Places of the next older and the next newer entry; -1: there is none.
        var older: Int
        var newer: Int
    }

    private var places: [SHA256Digest: Int] = [:]
    private var entries: [Entry] = []
    private var oldest = -1
    private var newest = -1
    private let capacity: Int

    package static let defaultCapacity = 4_096

    package init(capacity: Int = IdentityCache.defaultCapacity) { self.capacity = max(1, capacity) }

    package var count: Int { entries.count }

    /// `now`: Unix nanoseconds. An entry that has ended is not found.
    package mutating func principal(_ digest: SHA256Digest, now: Int64) -> Principal? {
        guard let place = places[digest], now < entries[place].until else { return nil }
        touch(place)
        return entries[place].principal
    }

    package mutating func insert(_ digest: SHA256Digest, _ principal: Principal, until: Int64) {
        if let place = places[digest] {
            entries[place].principal = principal
            entries[place].until = until
            return touch(place)
        }
        let entry = Entry(digest: digest, principal: principal, until: until, older: -1, newer: -1)
        let place: Int
        if entries.count < capacity {
            place = entries.count
            entries.append(entry)
        } else {
            place = oldest
            places[entries[place].digest] = nil
            unlink(place)
            entries[place] = entry
        }
        places[digest] = place
        link(place)
    }

    /// Keys or rules have changed: everybody has to show again.
    package mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        oldest = -1
        newest = -1
    }

    private mutating func touch(_ place: Int) {
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private mutating func link(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = -1
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let older = entries[place].older, newer = entries[place].newer
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
        if newer >= 0 { entries[newer].older = older } else { newest = older }
    }
}

import Transport
import Wire

/// Who somebody was found to be, by the SHA-256 of what was shown: what costs a verification costs it once. The least recently
/// used entry gives way to a new one. Loop-confined.
package struct IdentityCache {
    private struct Entry {
        var digest: SHA256Digest
        var principal: Principal
        var until: Int64
    }

    private var places: [SHA256Digest: Int] = [:]
    private var entries: [Entry] = []
    private var order = RecencyOrder()
    private let capacity: Int

    package static let defaultCapacity = 4_096

    package init(capacity: Int = IdentityCache.defaultCapacity) { self.capacity = max(1, capacity) }

    package var count: Int { entries.count }

    /// `now`: Unix nanoseconds. An entry that has ended is not found.
    package mutating func principal(_ digest: SHA256Digest, now: Int64) -> Principal? {
        guard let place = places[digest], now < entries[place].until else { return nil }
        order.touch(place)
        return entries[place].principal
    }

    package mutating func insert(_ digest: SHA256Digest, _ principal: Principal, until: Int64) {
        let entry = Entry(digest: digest, principal: principal, until: until)
        if let place = places[digest] {
            entries[place] = entry
            return order.touch(place)
        }
        if entries.count == capacity, let oldest = order.oldest {
            places[entries[oldest].digest] = nil
            order.remove(oldest)
        }
        let place = order.add()
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[digest] = place
    }

    /// Keys or rules have changed: everybody has to show again.
    package mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        order.removeAll()
    }
}

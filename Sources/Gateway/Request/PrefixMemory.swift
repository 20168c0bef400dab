import Sessions
import Wire

/// What reading the beginnings of bodies came to. A client sends its conversation whole with each turn, so most of a body is what it
/// sent before: a reader that depends on nothing but the bytes need not read them again, and goes on where the two part.
///
/// Bodies are cut into pieces; behind each whole one the reader's state is kept under the hash of all up to there. Each caller has
/// states of his own. Bounded: what was used longest ago gives way, and what nobody used for `memory` is forgotten, so that
/// conversations that are over do not fill the table for good.
struct PrefixMemory {
    private var places: [PrefixPlace: Int] = [:]
    private var entries: [Entry] = []
    /// By a clock that only goes forward, nanoseconds: when what is looked for or kept is used.
    var now: Int64 = 0
    private var order = RecencyOrder()
    let hasher = PrefixHasher()
    private let capacity: Int

    private struct Entry {
        var place: PrefixPlace
        var reading: MessagesBody.Reading
        var usedAt: Int64
    }

    /// Reading a conversation anew that was silent for longer costs microseconds, once.
    static let memory: Int64 = 600_000_000_000

    /// A client's request has a dozen members; what has many more is not worth its memory.
    private static let mostMembers = 32

    /// - Parameter capacity: states, and so pieces, that are kept, each of at most 1.7 KB; at least 1.
    init(capacity: Int = 8_192) { self.capacity = max(1, capacity) }

    /// What reading up to there came to, where that is known.
    mutating func reading(_ place: PrefixPlace) -> MessagesBody.Reading? {
        guard let index = places[place] else { return nil }
        order.touch(index)
        entries[index].usedAt = now
        return entries[index].reading
    }

    /// A body was read up to there for the first time.
    mutating func keep(_ reading: MessagesBody.Reading, at place: PrefixPlace) {
        guard reading.memberCount <= Self.mostMembers else { return }
        if order.count == capacity { forgetOldest() }
        // Two for each that comes: they become fewer.
        for _ in 0..<2 {
            if let oldest = order.oldest, now - entries[oldest].usedAt > Self.memory { forgetOldest() }
        }
        let index = order.add(), entry = Entry(place: place, reading: reading, usedAt: now)
        if index == entries.count { entries.append(entry) } else { entries[index] = entry }
        places[place] = index
    }

    private mutating func forgetOldest() {
        guard let oldest = order.oldest else { return }
        places[entries[oldest].place] = nil
        entries[oldest].reading = MessagesBody.Reading()
        order.remove(oldest)
    }

    /// How many states are kept.
    var count: Int { order.count }
}

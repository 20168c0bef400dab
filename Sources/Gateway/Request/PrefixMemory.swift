import Sessions
import Wire

/// What reading the beginnings of bodies came to. A client sends its conversation whole with each turn, so most of a body is what it
/// sent before: a reader that depends on nothing but the bytes need not read them again, and goes on where the two part.
///
/// Bodies are cut into pieces; behind each whole one the reader's state is kept under the hash of all up to there. Each caller has
/// states of his own. Bounded: what was used longest ago gives way.
struct PrefixMemory {
    private var places: [PrefixPlace: Int] = [:]
    private var entries: [(place: PrefixPlace, reading: MessagesBody.Reading)] = []
    private var order = RecencyOrder()
    let hasher = PrefixHasher()
    private let capacity: Int

    /// A client's request has a dozen members; what has many more is not worth its memory.
    private static let mostMembers = 32

    /// - Parameter capacity: states, and so pieces, that are kept, each of at most 1.7 KB; at least 1.
    init(capacity: Int = 8_192) { self.capacity = max(1, capacity) }

    /// What reading up to there came to, where that is known.
    mutating func reading(_ place: PrefixPlace) -> MessagesBody.Reading? {
        guard let index = places[place] else { return nil }
        order.touch(index)
        return entries[index].reading
    }

    /// A body was read up to there for the first time.
    mutating func keep(_ reading: MessagesBody.Reading, at place: PrefixPlace) {
        guard reading.memberCount <= Self.mostMembers else { return }
        if order.count == capacity, let oldest = order.oldest {
            places[entries[oldest].place] = nil
            order.remove(oldest)
        }
        let index = order.add()
        if index == entries.count { entries.append((place, reading)) } else { entries[index] = (place, reading) }
        places[place] = index
    }
}

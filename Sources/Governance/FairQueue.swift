/// Who waits for a limit, in turns: the next is the first of whoever was served longest ago, so that a caller with many requests
/// does not push others back. Pure.
package struct FairQueue<Element> {
    private struct Line {
        let owner: String
        var waiting: [(ticket: UInt64, element: Element)]
    }
    /// In the order of their turns.
    private var lines: [Line] = []

    package init() {}

    package var count: Int { lines.reduce(0) { $0 + $1.waiting.count } }
    package var isEmpty: Bool { lines.isEmpty }

    package func count(where condition: (Element) -> Bool) -> Int {
        lines.reduce(0) { $0 + $1.waiting.count { condition($0.element) } }
    }

    package mutating func append(_ element: Element, owner: String, ticket: UInt64) {
        if let index = lines.firstIndex(where: { $0.owner == owner }) {
            lines[index].waiting.append((ticket, element))
        } else {
            lines.append(Line(owner: owner, waiting: [(ticket, element)]))
        }
    }

    /// Takes one out by its ticket; `nil`: it is not there any more.
    package mutating func remove(_ ticket: UInt64) -> Element? {
        for line in lines.indices {
            guard let index = lines[line].waiting.firstIndex(where: { $0.ticket == ticket }) else { continue }
            let element = lines[line].waiting.remove(at: index).element
            if lines[line].waiting.isEmpty { lines.remove(at: line) }
            return element
        }
        return nil
    }

    /// Takes the last one out of the longest line whose elements meet a condition, if that leaves more in it than an owner has who would
    /// come in its place.
    package mutating func giveUpLast(for owner: String, where condition: (Element) -> Bool) -> Element? {
        let own = lines.first { $0.owner == owner }?.waiting.count ?? 0
        let fitting = lines.indices.filter { lines[$0].waiting.first.map { condition($0.element) } ?? false }
        guard let longest = fitting.max(by: { lines[$0].waiting.count < lines[$1].waiting.count }),
            lines[longest].waiting.count > own + 1
        else { return nil }
        return lines[longest].waiting.removeLast().element
    }

    /// Offers the first of each line its turn, round after round, until nobody takes it. A line whose first does not take its
    /// turn is passed over: its others are later.
    ///
    /// - Parameter serve: true if the element was served; it is then out of the queue.
    package mutating func serve(_ serve: (Element) -> Bool) {
        var index = 0
        while index < lines.count {
            guard serve(lines[index].waiting[0].element) else {
                index += 1
                continue
            }
            var line = lines.remove(at: index)
            line.waiting.removeFirst()
            // Its turn comes again after everybody else's.
            if !line.waiting.isEmpty { lines.append(line) }
        }
    }
}

import SeededRandom
import Testing

@testable import Governance

@Suite struct FairQueueTests {
    /// Serves up to `count` of those that `takes` says yes to.
    private func serve(_ queue: inout FairQueue<String>, _ count: Int, _ takes: (String) -> Bool = { _ in true })
        -> [String]
    {
        var served: [String] = []
        queue.serve {
            guard served.count < count, takes($0) else { return false }
            served.append($0)
            return true
        }
        return served
    }

    private func queue(_ elements: [String]) -> FairQueue<String> {
        var queue = FairQueue<String>()
        for (ticket, element) in elements.enumerated() {
            queue.append(element, owner: String(element.prefix(1)), ticket: UInt64(ticket))
        }
        return queue
    }

    @Test("Each owner in turn, each owner's own in order")
    func turns() {
        var queue = queue(["a1", "a2", "a3", "a4", "b1", "b2", "c1"])
        #expect(queue.count == 7)
        #expect(serve(&queue, 9) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
        #expect(queue.isEmpty)
    }

    @Test("Turns go on where they stopped: who was served comes after all others, also those who came later")
    func goesOn() {
        var queue = queue(["a1", "a2", "b1", "b2"])
        #expect(serve(&queue, 1) == ["a1"])
        queue.append("c1", owner: "c", ticket: 10)
        #expect(serve(&queue, 1) == ["b1"])
        #expect(serve(&queue, 1) == ["a2"])
        #expect(serve(&queue, 9) == ["c1", "b2"])
    }

    @Test("Whose first cannot go is passed over with all of his, and keeps his place")
    func passesOver() {
        var queue = queue(["a1", "a2", "b1", "b2"])
        #expect(serve(&queue, 9) { $0 != "a1" } == ["b1", "b2"])
        #expect(queue.count == 2)
        queue.append("b3", owner: "b", ticket: 10)
        #expect(serve(&queue, 9) == ["a1", "b3", "a2"])
    }

    @Test("Who leaves is gone, once")
    func leaves() {
        var queue = queue(["a1", "a2", "b1"])
        #expect(queue.remove(0) == "a1")
        #expect(queue.remove(0) == nil)
        #expect(queue.remove(2) == "b1")
        #expect(queue.count == 1 && queue.count { $0 == "a2" } == 1 && queue.count { $0 == "a1" } == 0)
        #expect(serve(&queue, 9) == ["a2"])
    }

    @Test("Who has most gives up his last, for one who would not have as many with it")
    func givesUp() {
        var queue = queue(["a1", "a2", "a3", "b1", "b2"])
        let all = { (_: String) in true }
        #expect(queue.giveUpLast(for: "b", where: all) == nil, "he would have as many as who has most")
        #expect(queue.giveUpLast(for: "a", where: all) == nil)
        #expect(queue.giveUpLast(for: "c") { $0.hasPrefix("b") } == "b2", "of those that are meant")
        #expect(queue.giveUpLast(for: "c") { $0.hasPrefix("b") } == nil)
        #expect(queue.giveUpLast(for: "c", where: all) == "a3")
        #expect(queue.giveUpLast(for: "c", where: all) == "a2")
        #expect(queue.giveUpLast(for: "c", where: all) == nil)
        #expect(serve(&queue, 9) == ["a1", "b1"])
    }

    @Test("Of a full queue everybody has his part who asks for it, whoever came first", arguments: 0..<40)
    func shares(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let places = Int.random(in: 3...30, using: &generator), owners = Int.random(in: 2...6, using: &generator)
        var queue = FairQueue<Int>()
        for ticket in 0..<400 {
            // Most ask for little, one for everything.
            let owner = ticket < 300 ? (Int.random(in: 0..<20, using: &generator) == 0 ? 1 : 0) : ticket % owners
            if queue.count == places, queue.giveUpLast(for: "\(owner)", where: { _ in true }) == nil { continue }
            queue.append(owner, owner: "\(owner)", ticket: UInt64(ticket))
            #expect(queue.count <= places)
        }
        for owner in 0..<owners {
            #expect(queue.count { $0 == owner } >= places / owners, "\(owner) of \(owners), \(places) places")
        }
    }

    @Test(
        "Nobody is lost, doubled or overtaken by his own, and no owner is served twice while another waits",
        arguments: 0..<40)
    func fairness(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = FairQueue<Int>()
        var waiting: [Int: [Int]] = [:], lastTurn: [Int: Int] = [:], owners: [Int: Int] = [:]
        var turn = 0
        for ticket in 0..<500 {
            // One owner asks for much more than the others.
            let owner = Bool.random(using: &generator) ? 0 : Int.random(in: 0..<6, using: &generator)
            queue.append(ticket, owner: String(owner), ticket: UInt64(ticket))
            // Who begins to wait stands behind all that wait already.
            if waiting[owner, default: []].isEmpty {
                turn += 1
                lastTurn[owner] = turn
            }
            waiting[owner, default: []].append(ticket)
            owners[ticket] = owner
            if Int.random(in: 0..<5, using: &generator) == 0,
                let line = waiting.values.filter({ !$0.isEmpty }).min(by: { $0[0] < $1[0] }),
                let gone = line.randomElement(using: &generator), let owner = owners[gone]
            {
                #expect(queue.remove(UInt64(gone)) == gone)
                waiting[owner]?.removeAll { $0 == gone }
            }
            var left = Int.random(in: 0...2, using: &generator)
            queue.serve { element in
                guard left > 0 else { return false }
                left -= 1
                let next = waiting.filter { !$0.value.isEmpty }.min {
                    lastTurn[$0.key, default: 0] < lastTurn[$1.key, default: 0]
                }
                #expect(next?.value.first == element)
                if let owner = owners[element] {
                    waiting[owner]?.removeFirst()
                    turn += 1
                    lastTurn[owner] = turn
                }
                return true
            }
            #expect(queue.count == waiting.values.reduce(0) { $0 + $1.count })
        }
    }
}
